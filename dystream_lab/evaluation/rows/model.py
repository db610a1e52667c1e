"""A model of ours in free running: streamed frame by frame with its own past motion, as on a robot."""

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from dystream_lab.evaluation.rows.streaming import stream
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import HOP
from dystream_ros.engine.interfaces import Model

_BATCH = 64


class ModelRow:
    """Motion of a model with the recording as self audio and silence as other audio."""

    def __init__(self, name: str, model: Model, seeds: int = 3) -> None:
        self.name = name
        self.seeds = seeds
        self._model = model

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Motion float32 (frames, 58) of each recording; its noise depends on `seed` and its place in the list."""
        # Batches of similar length: frames past the end of a short recording are computed and discarded.
        order = sorted(range(len(utterances)), key=lambda index: utterances[index].frames)
        made: dict[int, np.ndarray] = {}
        with tqdm(total=len(utterances), desc=f"{self.name}, seed {seed}", unit="utterance", disable=None) as bar:
            for first in range(0, len(order), _BATCH):
                chosen = order[first : first + _BATCH]
                own = np.zeros((len(chosen), utterances[chosen[-1]].frames * HOP), np.float32)
                for row, index in enumerate(chosen):
                    samples = utterances[index].samples[: own.shape[1]]
                    own[row, : len(samples)] = samples
                motion = stream(self._model, own, np.zeros_like(own), [1_000_003 * seed + index for index in chosen])
                made |= {index: motion[row, : utterances[index].frames] for row, index in enumerate(chosen)}
                bar.update(len(chosen))
        return [made[index] for index in range(len(utterances))]
