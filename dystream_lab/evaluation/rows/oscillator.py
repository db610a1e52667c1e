"""Lower bound: a jaw that opens and closes six times per second, independent of the sound.

A measure in which this row wins does not measure lip synchrony.
"""

from collections.abc import Sequence

import numpy as np

from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.teacher.teacher import MOTION_NAMES
from dystream_ros.face.arkit import ARKIT_INDEX

RATE_HZ = 6.0
OPENING = 0.5  # of jawOpen


class OscillatorRow:
    """jawOpen as a raised cosine of 6 Hz; all other coefficients are 0."""

    name = "6 Hz oscillator"

    def __init__(self, seeds: int = 3) -> None:
        self.seeds = seeds

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Motion float32 (frames, 58) of each recording; the seed draws the initial phase."""
        rng = np.random.default_rng(seed)
        made = []
        for utterance in utterances:
            motion = np.zeros((utterance.frames, len(MOTION_NAMES)), np.float32)
            phase = 2 * np.pi * (RATE_HZ * utterance.frame_times + rng.random())
            motion[:, ARKIT_INDEX["jawOpen"]] = OPENING * (0.5 - 0.5 * np.cos(phase))
            made.append(motion)
        return made
