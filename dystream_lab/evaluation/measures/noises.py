"""Sounds that are no speech of the face: hiss, a fan, music, and the partner's voice leaking into its channel."""

import numpy as np
from scipy.signal import butter, sosfilt

from dystream_lab.rates import SAMPLE_RATE

_CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))  # semitones: I, vi, IV, V
_ECHO_DELAY = 0.08  # s from the loudspeaker to the microphone and through both
_ECHO_BAND = 3000.0  # Hz


def at_level(sound: np.ndarray, level: float) -> np.ndarray:
    """float32 `sound` (n,) scaled to a root mean square of `level` dBFS and clipped to -1 to 1."""
    rms = np.sqrt(np.mean(np.square(sound))) + 1e-12
    return np.clip(sound * 10.0 ** (level / 20.0) / rms, -1.0, 1.0).astype(np.float32)


def hiss(rng: np.random.Generator, samples: int, level: float) -> np.ndarray:
    """White noise (samples,) of `level` dBFS, as a microphone's own."""
    return at_level(rng.standard_normal(samples), level)


def fan(rng: np.random.Generator, samples: int, level: float) -> np.ndarray:
    """Noise of falling spectrum and the hum of blades, slowly swelling: (samples,) of `level` dBFS."""
    time = np.arange(samples) / SAMPLE_RATE
    air = sosfilt(butter(1, 400.0, fs=SAMPLE_RATE, output="sos"), rng.standard_normal(samples))
    air *= 1.0 + 0.2 * np.sin(2 * np.pi * rng.uniform(0.1, 0.4) * time)
    blades = rng.uniform(90.0, 180.0)
    hum = sum(np.sin(2 * np.pi * blades * k * time + rng.uniform(0, 6.28)) / k for k in range(1, 6))
    return at_level(air / air.std() + 0.4 * hum, level)


def music(rng: np.random.Generator, samples: int, level: float) -> np.ndarray:
    """Four chords over and over, a tune, a drum on each beat and a cymbal between: (samples,) of `level` dBFS."""
    beat = int(SAMPLE_RATE * 60.0 / rng.uniform(85.0, 130.0))
    root = 110.0 * 2.0 ** (rng.integers(12) / 12.0)
    sound = np.zeros(samples + 4 * beat)
    time = np.arange(beat) / SAMPLE_RATE
    for index, start in enumerate(range(0, samples, beat)):
        chord = _CHORDS[index // 4 % len(_CHORDS)]
        melody = 12 + chord[rng.integers(3)]
        for semitone, loudness in (*((note, 0.5) for note in chord), (melody, 0.8)):
            pitch = root * 2.0 ** (semitone / 12.0)
            tone = sum(np.sin(2 * np.pi * pitch * k * time) / k**1.3 for k in range(1, 9))
            sound[start : start + beat] += loudness * tone * np.exp(-2.0 * time)
        drum = np.sin(2 * np.pi * 60.0 * time) * np.exp(-time / 0.08)
        cymbal = np.roll(rng.standard_normal(beat) * np.exp(-time / 0.03), beat // 2)
        sound[start : start + beat] += 2.0 * drum + 0.4 * cymbal
    return at_level(sound[:samples], level)


def echo(partner: np.ndarray, level: float) -> np.ndarray:
    """The partner's sound (n,) as it reaches the face's own channel: `level` dB under it, later and duller."""
    late = np.concatenate([np.zeros(int(_ECHO_DELAY * SAMPLE_RATE)), partner])[: len(partner)]
    dull = sosfilt(butter(1, _ECHO_BAND, fs=SAMPLE_RATE, output="sos"), late)
    return (dull * 10.0 ** (level / 20.0)).astype(np.float32)
