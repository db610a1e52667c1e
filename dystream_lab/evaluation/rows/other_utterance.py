"""Control: the teacher's motion of another utterance of the same voice. Natural motion, unrelated to the sound."""

from collections.abc import Sequence

import numpy as np

from dystream_lab.evaluation.rows.oracle import mouth_of
from dystream_lab.evaluation.sets.utterance import Utterance


class OtherUtteranceRow:
    """Score of motion with the right statistics and the wrong words."""

    name = "other utterance"

    def __init__(self, seeds: int = 3) -> None:
        self.seeds = seeds

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Motion float32 (frames, 58) of each recording; the seed draws the other utterance.

        Its motion is repeated or cut to length. An utterance of another voice is taken where a voice has only one.

        Raises:
            ValueError: there is only one utterance.
        """
        own = [mouth_of(utterance) for utterance in utterances]
        rng = np.random.default_rng(seed)
        made = []
        for number, utterance in enumerate(utterances):
            others = [i for i, other in enumerate(utterances) if other.voice == utterance.voice and i != number]
            others = others or [i for i in range(len(utterances)) if i != number]
            if not others:
                raise ValueError("the motion of another utterance needs more than one utterance")
            motion = own[others[rng.integers(len(others))]]
            repeats = -(-utterance.frames // len(motion))
            made.append(np.concatenate([motion] * repeats)[: utterance.frames])
        return made
