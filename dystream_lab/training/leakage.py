"""Leakage into the own channel, drawn at every step of training: the partner's voice, and music.

The channels of a corpus have one fixed augmentation; this adds variation. It does not change the motion.
"""

import numpy as np

from dystream_lab.corpus import noises
from dystream_lab.corpus.augmentation import echo, speaking_rms

_ECHO = 0.35  # probability
_ECHO_LEVEL = (-40.0, -12.0)  # dB relative to the partner's own channel
_MUSIC = 0.25  # probability
_MUSIC_LEVEL = (-60.0, -24.0)  # dBFS
_BELOW_VOICE = 8.0  # dB, smallest distance of each below a voice in the own channel


def leaked(rng: np.random.Generator, own: np.ndarray, partner: np.ndarray, speaks: bool) -> np.ndarray:
    """The own channel float32 (n,) with random leakage.

    Args:
        rng: draws kinds and levels.
        own, partner: channels float32 (n,), 16 kHz, -1 to 1.
        speaks: whether the own channel has speech, which then stays the loudest.
    """
    most = _decibels(own) - _BELOW_VOICE if speaks else 0.0
    sound = own.astype(np.float64)
    if rng.random() < _ECHO:
        level = _decibels(partner) + rng.uniform(*_ECHO_LEVEL)
        sound += echo(rng, partner.astype(np.float64), min(level, most))
    if rng.random() < _MUSIC:
        sound += noises.music(rng, len(sound)) * 10.0 ** (min(rng.uniform(*_MUSIC_LEVEL), most) / 20.0)
    return np.clip(sound, -1.0, 1.0).astype(np.float32)


def _decibels(sound: np.ndarray) -> float:
    return 20.0 * np.log10(speaking_rms(sound) + 1e-6)
