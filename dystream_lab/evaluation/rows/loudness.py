"""Baseline: the jaw opens with the loudness of the sound, as in simple talking heads."""

from collections.abc import Sequence

import numpy as np

from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import HOP
from dystream_lab.teacher.teacher import MOTION_NAMES
from dystream_ros.face.arkit import ARKIT_INDEX

OPENING = 0.5  # jawOpen at the loudest level
RANGE_DB = 30.0  # below the loudest level, at which the jaw is closed
_FALL_DB = 0.25  # per frame: decay of the loudest level
_QUIETEST_DB = -55.0


class LoudnessRow:
    """jawOpen from the level of the 80 ms around the middle of a frame, relative to the loudest level so far."""

    name = "loudness only"
    seeds = 1

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Motion float32 (frames, 58) of each recording; only jawOpen moves."""
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
