"""The room around the own channel, drawn at every step of training: reverberation, talkers elsewhere, a distant voice.

The channels of a corpus have one fixed augmentation; this adds variation of what robots hear in rooms. It does not
change the motion: the direct sound is never delayed, and talkers elsewhere do not move the lips.
"""

import numpy as np

from dystream_lab.corpus.augmentation import in_room, speaking_rms

_ROOM = 0.25  # probability
_REVERBERATION = (0.25, 1.1)  # RT60, s
_DIRECT = (-6.0, 12.0)  # dB of direct to reverberant sound
_TALKER = 0.2  # probability
_TALKER_LEVEL = (-28.0, -8.0)  # dB relative to the voice in the own channel
_TALKER_ALONE = (-60.0, -38.0)  # dBFS where the own channel has no voice
_TALKER_DIRECT = (-8.0, 4.0)  # dB of direct to reverberant sound
_SOFT = 0.12  # probability
_SOFT_LEVEL = (-60.0, -36.0)  # dBFS


def surrounded(rng: np.random.Generator, own: np.ndarray, speaks: np.ndarray) -> np.ndarray:
    """Own channels as in rooms.

    Args:
        rng: draws kinds and levels.
        own: channels float32 (B, n), 16 kHz, -1 to 1.
        speaks: bool (B,), whether the own channel has speech.

    Returns:
        float32 (B, n), -1 to 1. A row may have reverberation, the voice of another row in the background, and a level
        as of a speaker who is far from the microphone.
    """
    rows = len(own)
    result = []
    for row in range(rows):
        sound = own[row].astype(np.float64)
        if rng.random() < _ROOM:
            sound = in_room(rng, sound, _REVERBERATION, _DIRECT)
        if rows > 1 and rng.random() < _TALKER:
            talker = own[(row + rng.integers(1, rows)) % rows].astype(np.float64)
            talker = in_room(rng, np.roll(talker, rng.integers(len(talker))), _REVERBERATION, _TALKER_DIRECT)
            beside = speaking_rms(sound) if speaks[row] else 0.0
            level = 20.0 * np.log10(beside) + rng.uniform(*_TALKER_LEVEL) if beside else rng.uniform(*_TALKER_ALONE)
            sound += _at(talker, level)
        if speaks[row] and rng.random() < _SOFT:
            sound = _at(sound, rng.uniform(*_SOFT_LEVEL))
        result.append(np.clip(sound, -1.0, 1.0).astype(np.float32))
    return np.stack(result)


def _at(sound: np.ndarray, level: float) -> np.ndarray:
    """A sound whose speaking parts have an rms of `level` dBFS; silence stays."""
    rms = speaking_rms(sound)
    return sound * 10.0 ** (level / 20.0) / rms if rms else sound
