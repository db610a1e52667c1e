"""Log-mel features with a slow causal gain: the input of the audio encoders, 100 frames per second."""

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.models.compact.config import MEL_HOP

_WINDOW = 400  # 25 ms
_FFT = 512
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 7600.0
_POWER_FLOOR = 1e-10

# The gain follows the level of speech, in dBFS. The tracked level rises within syllables, falls over many seconds, and
# ignores sound far below speech: otherwise a pause would amplify hiss to the level of a voice.
_START_DB = -26.0
_FLOOR_DB = -46.0
_RISE = 1 - math.exp(-0.01 / 0.15)  # time constant 0.15 s
_FALL = 1 - math.exp(-0.01 / 5.0)  # 5 s
_SPEECH_RANGE_DB = 22.0  # sound farther below the tracked level is a pause
_DB = 10.0 / math.log(10.0)


class FeatureState(NamedTuple):
    """tail (B, 240): the last samples, which the next window covers too; level (B,): tracked level of speech, dBFS."""

    tail: torch.Tensor
    level: torch.Tensor


class LogMel(nn.Module):
    """Waveform to gain-normalised log-mel energies.

    Feature frame j covers the samples [160 (j + 1) - 400, 160 (j + 1)) and depends on no later one.
    """

    window: torch.Tensor
    filters: torch.Tensor

    def __init__(self, mels: int) -> None:
        super().__init__()
        self.mels = mels
        window = torch.hann_window(_WINDOW, periodic=True)
        self.register_buffer("window", window, persistent=False)
        self.register_buffer("filters", torch.from_numpy(mel_filters(mels)), persistent=False)
        # Power of a full-scale square wave after the window: the reference of dBFS.
        self._full_scale = float((window**2).sum()) * _FFT / 2

    def initial_state(self, batch: int) -> FeatureState:
        """State before the first sample: silence, and the usual level of speech."""
        return FeatureState(torch.zeros(batch, _WINDOW - MEL_HOP), torch.full((batch,), _START_DB))

    def forward(self, audio: torch.Tensor, state: FeatureState) -> tuple[torch.Tensor, FeatureState]:
        """Features (B, n // 160, mels) of audio (B, n), n a multiple of 160, -1 to 1."""
        audio = torch.cat([state.tail, audio], dim=1)
        frames = audio.unfold(1, _WINDOW, MEL_HOP) * self.window  # (B, T, 400)
        spectrum = torch.fft.rfft(frames, n=_FFT)
        power = spectrum.real.square() + spectrum.imag.square()  # (B, T, 257)
        energies = torch.log(power @ self.filters + _POWER_FLOOR)  # (B, T, mels)
        loudness = _DB * torch.log(power.sum(2) / self._full_scale + 1e-12)  # (B, T), dBFS
        levels, level = _track_level(loudness, state.level)
        # A voice at the tracked level is about 0 to 1 in its strong bands.
        features = (energies - levels.unsqueeze(2) / _DB - 3.0) / 3.0
        return features.clamp(-4.0, 3.0), FeatureState(audio[:, -(_WINDOW - MEL_HOP) :], level)


def _track_level(loudness: torch.Tensor, level: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Level of speech at each frame (B, T) and after the last (B,), from the loudness (B, T), both in dB."""
    levels, now = [], level
    for current in loudness.unbind(1):
        falling = torch.where(current > now - _SPEECH_RANGE_DB, _FALL, 0.0)
        rate = torch.where(current > now, _RISE, falling)
        now = (now + rate * (current - now)).clamp(min=_FLOOR_DB)
        levels.append(now)
    return torch.stack(levels, dim=1), now


def mel_filters(mels: int) -> NDArray[np.float32]:
    """Triangular filters (257, mels), float32, equally spaced on the mel scale of O'Shaughnessy (1987)."""

    edges = _mel_edges(mels)
    bins = np.arange(_FFT // 2 + 1)[:, None] * (MEDIA_RATE / _FFT)  # (257, 1) Hz
    rising = (bins - edges[:-2]) / np.maximum(edges[1:-1] - edges[:-2], MEDIA_RATE / _FFT)
    falling = (edges[2:] - bins) / np.maximum(edges[2:] - edges[1:-1], MEDIA_RATE / _FFT)
    return np.clip(np.minimum(rising, falling), 0.0, 1.0).astype(np.float32)


def mel_centres(mels: int) -> NDArray[np.float32]:
    """Frequency (mels,) of the peak of each filter, Hz, float32."""
    return _mel_edges(mels)[1:-1].astype(np.float32)


def _mel_edges(mels: int) -> NDArray[np.floating]:
    """Edges and peaks (mels + 2,) of the filters, Hz: filter k rises from edge k to k + 1 and falls to k + 2."""

    def mel(hertz: float) -> float:
        return 2595.0 * math.log10(1.0 + hertz / 700.0)

    edges = np.linspace(mel(_LOWEST_HZ), mel(_HIGHEST_HZ), mels + 2)
    return 700.0 * (10.0 ** (edges / 2595.0) - 1.0)
