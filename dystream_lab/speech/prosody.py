"""Pitch, loudness and spectral tilt of clean speech: a small autocorrelation pitch tracker after Boersma (1993)."""

from dataclasses import dataclass

import numpy as np

from dystream_lab.rates import CURVE_HOP, SAMPLE_RATE

_WINDOW = 640
_LOWEST, _HIGHEST = 65.0, 420.0  # Hz
_VOICED = 0.45  # smallest autocorrelation peak of a voiced frame
_TILT_PARTING, _TILT_LOWEST, _TILT_HIGHEST = 1000.0, 50.0, 5000.0  # Hz (alpha ratio of Nordenberg and Sundberg 2004)
_SPECTRUM = 2048


@dataclass(frozen=True)
class Prosody:
    """Curves at `CURVE_RATE`, each (n,).

    Attributes:
        loudness: dB, relative to the median of the voiced parts; -60 in silence.
        pitch: semitones relative to the speaker's median; 0 where unvoiced.
        voiced: whether a pitch was found.
        tilt: dB, energy from 1 to 5 kHz against that from 50 Hz to 1 kHz; it rises with the vocal effort and does not
            depend on the level. NaN where unvoiced.
    """

    loudness: np.ndarray
    pitch: np.ndarray
    voiced: np.ndarray
    tilt: np.ndarray


def track(samples: np.ndarray) -> Prosody:
    """Prosody of `samples` (n,), float, 16 kHz, clean speech of one party."""
    frames = _frames(samples)
    count, level = len(frames), levels(samples)
    loud = level > max(-55.0, level.max(initial=-90.0) - 35.0)
    hertz = np.zeros(count)
    height = np.zeros(count)
    tilt = np.full(count, np.nan)
    chosen = np.flatnonzero(loud)
    for block in np.array_split(chosen, max(1, len(chosen) // 512)):
        if len(block):
            hertz[block], height[block], tilt[block] = _pitch(frames[block])
    voiced = loud & (height > _VOICED)
    if not voiced.any():
        return Prosody(np.full(count, -60.0), np.zeros(count), voiced, np.full(count, np.nan))
    pitch = np.where(voiced, 12.0 * np.log2(np.maximum(hertz, 1.0) / np.median(hertz[voiced])), 0.0)
    voiced &= np.abs(pitch) < 14.0  # octave errors
    loudness = np.maximum(level - np.median(level[voiced]) if voiced.any() else level, -60.0)
    return Prosody(loudness, np.where(voiced, pitch, 0.0), voiced, np.where(voiced, tilt, np.nan))


def levels(samples: np.ndarray) -> np.ndarray:
    """Level in dBFS of the 40 ms around each instant 0, 10 ms, ... of `samples` (n,): (n // 160,)."""
    return 10.0 * np.log10(np.mean(np.square(_frames(samples)), axis=1) + 1e-9)


def _frames(samples: np.ndarray) -> np.ndarray:
    """Windows about each instant of `CURVE_RATE`: float32 (n // 160, 640)."""
    padded = np.pad(np.asarray(samples, np.float32), (_WINDOW // 2, _WINDOW))
    return np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::CURVE_HOP][: len(samples) // CURVE_HOP]


def median_pitch(samples: np.ndarray) -> float:
    """Median pitch in Hz of the voiced parts of `samples` (n,), clean speech at 16 kHz; 0 if nothing is voiced."""
    frames = _frames(samples)
    power = np.mean(np.square(frames), axis=1)
    loud = np.flatnonzero(power > max(1e-6, 0.03 * power.max(initial=0.0)))
    if not len(loud):
        return 0.0
    hertz, height, _ = _pitch(frames[loud])
    return float(np.median(hertz[height > _VOICED])) if np.any(height > _VOICED) else 0.0


def _pitch(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each frame (n, window): frequency in Hz, height of the best peak of the normalised autocorrelation, tilt."""
    window = np.hanning(_WINDOW).astype(np.float32)
    size = _SPECTRUM
    shape = np.fft.irfft(np.abs(np.fft.rfft(window, size)) ** 2, size)
    spectrum = np.fft.rfft((frames - frames.mean(1, keepdims=True)) * window, size)
    power = np.abs(spectrum) ** 2
    correlation = np.fft.irfft(power, size)
    shortest, longest = int(SAMPLE_RATE / _HIGHEST), int(SAMPLE_RATE / _LOWEST)
    lags = np.arange(shortest, longest)
    normalised = correlation[:, lags] / (correlation[:, :1] + 1e-9) / (shape[lags] / shape[0])
    preferred = normalised - 0.02 * np.log2(lags / shortest)  # prefers the highest pitch among equal peaks
    best = np.argmax(preferred, axis=1)
    return SAMPLE_RATE / lags[best], normalised[np.arange(len(best)), best], _tilt(power)


def _tilt(power: np.ndarray) -> np.ndarray:
    """Energy above _TILT_PARTING against that below, dB (n,), of power spectra (n, bins)."""
    bins = [round(hertz * _SPECTRUM / SAMPLE_RATE) for hertz in (_TILT_LOWEST, _TILT_PARTING, _TILT_HIGHEST)]
    below, above = power[:, bins[0] : bins[1]].sum(1), power[:, bins[1] : bins[2]].sum(1)
    return 10.0 * np.log10((above + 1e-12) / (below + 1e-12))
