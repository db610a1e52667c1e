"""A jaw that opens with the loudness of the sound, as simple talking heads do."""

from collections.abc import Sequence

import numpy as np

from dystream_lab.evaluation.utterance import HOP, Utterance
from dystream_lab.teacher.teacher import MOTION_NAMES
from dystream_ros.face.arkit import ARKIT_INDEX

OPENING = 0.5  # of jawOpen at the voice's loudest
RANGE_DB = 30.0  # below the loudest, where the jaw is shut
_FALL_DB = 0.25  # a frame: how fast the loudest is forgotten
_QUIETEST_DB = -55.0


class LoudnessRow:
    """jawOpen from the level of 80 ms around the middle of the frame against the loudest so far."""

    name = "loudness only"
    seeds = 1

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Only jawOpen moves."""
        return [_follow(utterance) for utterance in utterances]


def _follow(utterance: Utterance) -> np.ndarray:
    motion = np.zeros((utterance.frames, len(MOTION_NAMES)), np.float32)
    padded = np.pad(utterance.samples, (HOP // 2, HOP))
    loudest = -26.0
    for frame in range(utterance.frames):
        part = padded[frame * HOP : frame * HOP + 2 * HOP]
        level = 10 * np.log10(float(np.mean(np.square(part))) + 1e-12)
        loudest = max(level, loudest - _FALL_DB, _QUIETEST_DB + RANGE_DB)
        motion[frame, ARKIT_INDEX["jawOpen"]] = OPENING * np.clip(1 + (level - loudest) / RANGE_DB, 0.0, 1.0)
    return motion
