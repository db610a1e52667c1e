"""What perfect knowledge of the phones would give: the teacher's own mouth, at 25 frames a second."""

from collections.abc import Sequence

import numpy as np

from dystream_lab.evaluation.measures.lips import target
from dystream_lab.evaluation.utterance import Utterance
from dystream_lab.teacher.coarticulation import at_frames
from dystream_lab.teacher.teacher import MOTION_NAMES


class OracleRow:
    """The true phones through the teacher: the most that its pupils can score."""

    name = "oracle"
    seeds = 1

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Mouths of the true phones; the rest of the face is still."""
        return [mouth_of(utterance) for utterance in utterances]


def mouth_of(utterance: Utterance) -> np.ndarray:
    """Motion float32 (frames, 58) in which only the mouth moves, as the teacher has it for the recording's labels."""
    mouth = at_frames(target(utterance).curves)
    motion = np.zeros((utterance.frames, len(MOTION_NAMES)), np.float32)
    motion[:, : mouth.shape[1]] = mouth
    return motion
