"""Causal normalisation of the first convolution: statistics of a party's speech, tracked slowly, with a floor.

The published encoder normalises each channel of its first convolution over the whole utterance. That convolution has no
bias, so a channel's mean and variance over time follow from the waveform's mean m and autocorrelation r:
mean = m sum(w), variance = w^T R w with R_ij = r_|i-j|, with as many lags as the kernel has taps. Eleven numbers per
party are therefore tracked. They do not change in silence: statistics of silence would amplify hiss to the level of
speech.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dystream_ros.audio.resample import MEDIA_RATE

# Autocorrelation of active speech at 16 kHz, lags 0 to 9, as shares of lag 0: mean over 13 minutes of read speech.
SPEECH_AUTOCORRELATION = (1.0, 0.968, 0.932, 0.874, 0.808, 0.737, 0.654, 0.575, 0.491, 0.407)
SPEECH_LEVEL_DBFS = -26.0  # nominal active speech level of ITU-T P.56 measurements, before the first speech
PRIOR_UNITS = 1  # weight of that nominal level, in units of 20 ms of speech


@dataclass(frozen=True)
class TrackingConfig:
    """Settings of the tracking of a voice.

    Attributes:
        time_constant: seconds of speech over which they follow, 0 or more; 0 freezes them at the nominal level.
        floor_dbfs: level of speech below which they do not fall, -90 to 0; limits how much a faint voice is amplified.
    """

    time_constant: float = 5.0
    floor_dbfs: float = -45.0

    def __post_init__(self) -> None:
        if self.time_constant < 0:
            raise ValueError(f"time_constant is {self.time_constant} s; give 0 (frozen) or more")
        if not -90 <= self.floor_dbfs <= 0:
            raise ValueError(f"floor_dbfs is {self.floor_dbfs}; give -90 to 0")


class SpeechStatistics(nn.Module):
    """Mean and autocorrelation of a party's speech, and the statistics of each channel that follow from them.

    Args:
        kernel: weight of the first convolution (channels, 1, taps), up to 10 taps.
        unit: samples between two updates.
    """

    sums: Tensor  # (channels,): sum of each channel's taps
    by_lag: Tensor  # (channels, taps): contribution of each lag to the variance of each channel

    def __init__(self, kernel: Tensor, unit: int, tracking: TrackingConfig) -> None:
        super().__init__()
        self.taps = kernel.shape[-1]
        if self.taps > len(SPEECH_AUTOCORRELATION):
            raise ValueError(
                f"the first kernel has {self.taps} taps, more than the {len(SPEECH_AUTOCORRELATION)} known lags"
            )
        self.unit = unit
        self.frozen = tracking.time_constant == 0
        self.rate = 1.0 if self.frozen else min(1.0, unit / MEDIA_RATE / tracking.time_constant)
        self.floor = 10 ** (tracking.floor_dbfs / 10)
        weight = kernel.detach().float().flatten(1)  # (channels, taps)
        self.register_buffer("sums", weight.sum(1))
        products = weight[:, :, None] * weight[:, None, :]
        lag = (torch.arange(self.taps)[:, None] - torch.arange(self.taps)).abs()
        by_lag = torch.stack([products[:, lag == k].sum(1) for k in range(self.taps)], 1)
        self.register_buffer("by_lag", by_lag)

    def initial(self, batch: int) -> Tensor:
        """Moments (batch, 2 + taps) of nominal speech: mean, autocorrelation, and the count of speech units so far."""
        power = 10 ** (SPEECH_LEVEL_DBFS / 10)
        moments = power * torch.tensor((0.0, *SPEECH_AUTOCORRELATION[: self.taps], 0.0))
        return moments.to(self.sums).expand(batch, -1).clone()

    def update(self, moments: Tensor, samples: Tensor, voiced: Tensor) -> Tensor:
        """Moments after one unit.

        Args:
            moments: (B, 2 + taps).
            samples: (B, taps - 1 + unit), the unit after the samples before it.
            voiced: (B,), 1 where the party speaks, else 0; the moments of a silent party do not change.
        """
        if self.frozen:
            return moments
        lagged = samples.unfold(1, self.unit, 1).flip(1)  # (B, taps, unit): the unit, then one sample earlier, ...
        correlation = (lagged * lagged[:, :1]).mean(-1)
        observed = torch.cat((lagged[:, :1].mean(-1), correlation), 1)
        known, count = moments[:, :-1], moments[:, -1:]
        # At first the mean of all speech so far, so that a voice of another level is reached within a second.
        rate = torch.clamp(1 / (count + PRIOR_UNITS + 1), min=self.rate) * voiced[:, None]
        return torch.cat((known + rate * (observed - known), count + voiced[:, None]), 1)

    def channels(self, moments: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance (B, channels) of the first convolution over speech of these moments."""
        mean, correlation = moments[:, :1], moments[:, 1:-1]
        covariance = correlation - mean.square()
        lift = (self.floor / covariance[:, :1].clamp_min(1e-12)).clamp_min(1)
        return mean * self.sums, ((covariance * lift) @ self.by_lag.T).clamp_min(0)
