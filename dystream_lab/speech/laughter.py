"""Synthetic laughter: a series of breathy calls with falling pitch.

Provine and Yong 1991: notes of about 75 ms every 210 ms, each with a strong onset; Bachorowski, Smoski and Owren 2001:
4.4 calls a second, pitch far above speech and falling through a bout; many laughs have no voice.
"""

import numpy as np
from scipy.ndimage import uniform_filter1d

from dystream_lab.rates import SAMPLE_RATE

_OVERTONES = 14


def laugh(rng: np.random.Generator, pitch: float) -> np.ndarray:
    """A laugh of 0.6 to 2.5 s, float32 (n,) at 16 kHz, of a speaker with a median pitch of `pitch` Hz."""
    calls = int(rng.integers(3, 10))
    period = 1.0 / rng.uniform(4.0, 5.6)
    length = int((calls * period + 0.15) * SAMPLE_RATE)
    time = np.arange(length) / SAMPLE_RATE
    voiced, breathy = np.zeros(length), np.zeros(length)
    for call in range(calls):
        start = 0.02 + call * period * rng.uniform(0.97, 1.03)
        x = (time - start) / (period * rng.uniform(0.38, 0.55))
        loud = 0.85**call * rng.uniform(0.8, 1.0)
        voiced = np.maximum(voiced, loud * np.where((x > 0) & (x < 1), np.sin(np.pi * np.clip(x, 0, 1) ** 0.6), 0.0))
        x = (time - start + 0.03) / (0.9 * period)
        breathy = np.maximum(breathy, loud * np.where((x > 0) & (x < 1), np.sin(np.pi * np.clip(x, 0, 1)), 0.0))
    fall = rng.uniform(2.0, 7.0) * time / time[-1]
    frequency = pitch * rng.uniform(1.25, 1.9) * 2.0 ** ((1.5 * voiced - fall) / 12.0)
    formants = np.array([650.0, 1350.0, 2600.0, 3600.0]) * rng.uniform(0.85, 1.2)
    phase = 2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE
    tone = np.zeros(length)
    for overtone in range(1, _OVERTONES + 1):
        tone += _response(overtone * frequency, formants) / overtone * np.sin(overtone * phase)
    tone *= 0.0 if rng.random() < 0.3 else 1.0
    spectrum = np.fft.rfft(rng.standard_normal(length))
    breath = np.fft.irfft(spectrum * _response(np.fft.rfftfreq(length, 1.0 / SAMPLE_RATE), formants), length)
    breath *= rng.uniform(0.15, 0.5) * (tone.std() or 1.0) / breath.std()
    sound = tone * voiced + breath * breathy
    return (sound * rng.uniform(0.04, 0.1) / np.sqrt(np.mean(sound**2))).astype(np.float32)


def envelope(samples: np.ndarray, rate: int) -> np.ndarray:
    """Loudness of `samples` (n,) at 16 kHz relative to its maximum, 0 to 1, at `rate` Hz: (n * rate // 16000,)."""
    power = uniform_filter1d(np.square(samples, dtype=np.float64), SAMPLE_RATE // 20, mode="constant")
    loud = np.sqrt(np.maximum(power, 0.0))[SAMPLE_RATE // rate // 2 :: SAMPLE_RATE // rate]
    return loud[: len(samples) * rate // SAMPLE_RATE] / (loud.max(initial=0.0) + 1e-9)


def _response(frequency: np.ndarray, formants: np.ndarray) -> np.ndarray:
    """Gain (n,) of a vocal tract with these formants, 80 to 200 Hz wide, at `frequency` (n,) Hz; 0 above 7 kHz."""
    gain = 0.02
    for number, formant in enumerate(formants):
        gain = gain + 0.6**number / (1.0 + ((frequency - formant) / (80.0 + 40.0 * number)) ** 2)
    return np.where(frequency < 7000.0, gain, 0.0)
