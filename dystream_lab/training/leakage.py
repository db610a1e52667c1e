"""What else a microphone hears, drawn anew at every step of training: the partner's voice, and music.

The clips of a corpus have both already, each in its one way. What is added here does not move the face either.
"""

import numpy as np

from dystream_lab.corpus import noises
from dystream_lab.corpus.augmentation import echo, speaking_rms

_ECHO = 0.35  # chance
_ECHO_LEVEL = (-40.0, -12.0)  # dB against the partner's own channel
_MUSIC = 0.25
_MUSIC_LEVEL = (-60.0, -24.0)  # dBFS
_BELOW_VOICE = 8.0  # dB by which what leaks is softer than a voice in the own channel


def leaked(rng: np.random.Generator, own: np.ndarray, partner: np.ndarray, speaks: bool) -> np.ndarray:
    """An own channel (n,) with what leaks into it; `partner` (n,) is the partner's; both float32, 16 kHz, -1..1.

    `speaks`: whether the own voice is heard in it, and has to stay the loudest.
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
