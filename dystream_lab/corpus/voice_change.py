"""Voice change: pitch, formants and speaking rate changed independently, with a map of times for the phones.

Rate and pitch by overlap-add of similar segments (WSOLA, Verhelst and Roelands 1993) and resampling; formants by
warping the envelope of the short-time spectrum, smoothed in the cepstrum (as in Laroche and Dolson 1999); vocal effort
by the tilt of the spectrum and by pitch (Nordenberg and Sundberg 2004; Gramming 1988).
"""

from dataclasses import dataclass

import numpy as np
import soxr

from dystream_lab.rates import SAMPLE_RATE
from dystream_lab.speech.prosody import median_pitch

_PIECE = 480  # samples of a segment: 30 ms, more than a period of the lowest voice
_STEP = _PIECE // 2
_SEARCH = 160  # samples by which a segment may be shifted
_SPECTRUM = 512
_HOP = _SPECTRUM // 4
_SMOOTHNESS = 0.6  # of the pitch period: cepstral limit of the envelope
_LEAST, _MOST = 24, 90  # samples, range of that limit
_USUAL_PITCH = 150.0  # Hz, for a voice without a measurable pitch
_EFFORT_FROM, _EFFORT_TO = 500.0, 4000.0  # Hz, between which effort tilts the spectrum
_PITCH_OF_EFFORT = 0.3  # semitones per dB
_LARGEST = np.log(20.0)  # limit of the change of a spectral line


@dataclass(frozen=True)
class VoiceChange:
    """Factors relative to the recorded voice; equal factors are a change of playback speed.

    Attributes:
        pitch: of the fundamental frequency.
        formant: of the formant frequencies; above 1 for a shorter vocal tract.
        rate: of the speaking rate; durations are divided by it.
        effort: dB by which the spectrum is tilted, highs against lows; positive for a raised voice, negative for a soft
            one. It goes with the pitch, which is drawn with it.
    """

    pitch: float = 1.0
    formant: float = 1.0
    rate: float = 1.0
    effort: float = 0.0


UNCHANGED = VoiceChange()


def draw_change(rng: np.random.Generator) -> VoiceChange:
    """A random change for one party: none, of playback speed, or of pitch, formants and rate independently."""
    kind = rng.random()
    if kind < 0.3:
        return UNCHANGED
    if kind < 0.55:
        speed = float(rng.uniform(0.90, 1.12))
        return VoiceChange(speed, speed, speed)
    effort = float(rng.uniform(-8.0, 8.0)) if rng.random() < 0.6 else 0.0
    pitch = float(2.0 ** (np.clip(rng.uniform(-4.5, 4.5) + _PITCH_OF_EFFORT * effort, -4.9, 4.6) / 12.0))
    # Higher voices tend to have shorter vocal tracts.
    formant = float(np.clip(pitch**0.3 * rng.uniform(0.90, 1.12), 0.84, 1.2))
    return VoiceChange(pitch, formant, float(rng.uniform(0.86, 1.16)), effort)


def change_voice(samples: np.ndarray, change: VoiceChange) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`samples` (n,) at 16 kHz in the changed voice, and the map of times.

    Returns:
        The sound, float32 (about n / rate,), and matching instants (k,) in seconds of the given and the returned sound,
        both non-decreasing; times between them are interpolated linearly.
    """
    sound = np.asarray(samples, np.float32)
    before, after = np.array([0.0, len(sound)]), np.array([0.0, len(sound)])
    factor = change.pitch / change.rate
    if abs(factor - 1.0) > 1e-6:
        sound, before, after = _stretch(sound, factor)
    if change.pitch != 1.0:
        sound = soxr.resample(sound, SAMPLE_RATE * change.pitch, SAMPLE_RATE, quality="HQ").astype(np.float32)
    if abs(change.formant / change.pitch - 1.0) > 1e-6:
        sound = _warp_formants(sound, change.formant / change.pitch)
    if change.effort:
        sound = _tilted(sound, change.effort)
    return sound, before / SAMPLE_RATE, after / change.pitch / SAMPLE_RATE


def _tilted(sound: np.ndarray, decibels: float) -> np.ndarray:
    """`sound` with its spectrum tilted by `decibels` from _EFFORT_FROM to _EFFORT_TO, without a delay and as loud."""
    spectrum = np.fft.rfft(sound, len(sound) + _PIECE)
    hertz = np.fft.rfftfreq(len(sound) + _PIECE, 1.0 / SAMPLE_RATE)
    octaves = np.log2(np.clip(hertz, _EFFORT_FROM, _EFFORT_TO) / _EFFORT_FROM) / np.log2(_EFFORT_TO / _EFFORT_FROM)
    tilted = np.fft.irfft(spectrum * 10.0 ** (decibels * octaves / 20.0), len(sound) + _PIECE)[: len(sound)]
    loudness = np.sqrt(np.mean(np.square(sound)) / max(float(np.mean(np.square(tilted))), 1e-12))
    return (tilted * loudness).astype(np.float32)


def _stretch(sound: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`sound` stretched by `factor` at the same pitch, and matching sample positions in both."""
    length = round(len(sound) * factor)
    count = length // _STEP + 2
    margin = _PIECE + _SEARCH
    padded = np.pad(sound, (margin, 2 * margin + _STEP))
    energy = np.concatenate([[0.0], np.cumsum(np.square(padded, dtype=np.float64))])
    taken = np.empty(count, np.int64)
    position = margin - _STEP  # the middle of the first piece is the first sample
    for piece in range(count):
        wanted = min(margin - _STEP + round(piece * _STEP / factor), len(padded) - margin)
        if piece:
            continued = padded[position + _STEP : position + _STEP + _PIECE]
            first = max(0, wanted - _SEARCH)
            region = padded[first : wanted + _SEARCH + _PIECE]
            correlation = np.correlate(region, continued, "valid")
            starts = first + np.arange(len(correlation))
            power = energy[starts + _PIECE] - energy[starts]
            position = int(starts[np.argmax(correlation / np.sqrt(power + 1e-6))]) if continued.any() else wanted
        taken[piece] = position
    window = np.hanning(_PIECE + 1)[:-1].astype(np.float32)
    pieces = padded[taken[:, None] + np.arange(_PIECE)] * window
    made = np.zeros((count + 1) * _STEP, np.float32)
    made[:-_STEP] += pieces[:, :_STEP].ravel()
    made[_STEP:] += pieces[:, _STEP:].ravel()
    before = np.maximum.accumulate(taken + _STEP - margin).clip(0, len(sound)).astype(float)
    after = (np.arange(count) * _STEP).clip(0, length).astype(float)
    return made[_STEP : _STEP + length], before, after


def _warp_formants(sound: np.ndarray, factor: float) -> np.ndarray:
    """`sound` with its spectral envelope stretched by `factor` along frequency; pitch and times stay."""
    count = -(-(len(sound) + _SPECTRUM) // _HOP) + 1
    padded = np.pad(sound, (_SPECTRUM, (count + 4) * _HOP + _SPECTRUM - len(sound)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _SPECTRUM)[::_HOP][: count + 4]
    window = np.sqrt(np.hanning(_SPECTRUM + 1)[:-1]).astype(np.float32)
    spectra = np.fft.rfft(frames * window, axis=1)
    cepstra = np.fft.irfft(np.log(np.abs(spectra) + 1e-5), axis=1)
    period = SAMPLE_RATE / (median_pitch(sound) or _USUAL_PITCH)
    kept = int(np.clip(_SMOOTHNESS * period, _LEAST, _MOST))
    cepstra[:, kept : _SPECTRUM - kept + 1] = 0.0
    envelopes = np.fft.rfft(cepstra, axis=1).real
    lines = np.clip(np.arange(_SPECTRUM // 2 + 1) / factor, 0, _SPECTRUM // 2)
    below = np.minimum(lines.astype(int), _SPECTRUM // 2 - 1)
    share = lines - below
    warped = envelopes[:, below] * (1.0 - share) + envelopes[:, below + 1] * share
    spectra *= np.exp(np.clip(warped - envelopes, -_LARGEST, _LARGEST))
    pieces = (np.fft.irfft(spectra, axis=1) * window).astype(np.float32) / 2.0  # four windows overlap: their sum is 2
    made = np.zeros((len(pieces) + 3) * _HOP, np.float32)
    for part in range(4):
        columns = pieces[:, part * _HOP : (part + 1) * _HOP]
        made[part * _HOP : part * _HOP + columns.size] += columns.ravel()
    return made[_SPECTRUM : _SPECTRUM + len(sound)]
