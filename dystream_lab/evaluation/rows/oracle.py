"""Upper bound: the teacher's mouth of the true phones, sampled at 25 frames per second."""

from collections.abc import Sequence

import numpy as np

from dystream_lab.evaluation.sets.target import target_of
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.teacher.coarticulation import at_frames
from dystream_lab.teacher.teacher import MOTION_NAMES


class OracleRow:
    """The true phones through the teacher: the highest score that a model trained on the teacher can reach."""

    name = "oracle"
    seeds = 1

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Motion float32 (frames, 58) of each recording; only the mouth moves."""
        return [mouth_of(utterance) for utterance in utterances]


def mouth_of(utterance: Utterance) -> np.ndarray:
    """Motion float32 (frames, 58): the teacher's mouth for the recording's labels, the rest of the face at 0."""
    mouth = at_frames(target_of(utterance).curves)
    motion = np.zeros((utterance.frames, len(MOTION_NAMES)), np.float32)
    motion[:, : mouth.shape[1]] = mouth
    return motion
