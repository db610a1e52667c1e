"""A model of ours, streamed frame by frame from its own past, as on a robot."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from tqdm import tqdm

from dystream_lab.evaluation.streaming import stream
from dystream_lab.evaluation.utterance import HOP, Utterance

_BATCH = 64


class ModelRow:
    """Motion of a model that hears the recording as self and silence as other."""

    def __init__(self, name: str, model: Any, seeds: int = 3) -> None:
        self.name = name
        self.seeds = seeds
        self._model = model

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Of each recording float32 (frames, 58); its noise follows from `seed` and its place in the list."""
        # Recordings of like length together: what a batch streams past the end of a short one is thrown away.
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
