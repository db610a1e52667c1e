"""A model of ours, streamed frame by frame from its own past, as on a robot."""

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from dystream_ros.engine.session import SessionBatch
from dystream_ros.models.compact.model import CompactModel
from dystream_ros.training.evaluation.utterance import Utterance

_BATCH = 32


class ModelRow:
    """Motion of a compact model that hears the recording as self and silence as other."""

    def __init__(self, name: str, model: CompactModel, seeds: int = 3) -> None:
        self.name = name
        self.seeds = seeds
        self._model = model

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Of each recording float32 (frames, 58); its noise follows from `seed` and its place in the list."""
        order = sorted(range(len(utterances)), key=lambda index: utterances[index].frames)
        made: list[np.ndarray] = [np.zeros((0, 0), np.float32)] * len(utterances)
        with tqdm(total=sum(u.frames for u in utterances), desc=self.name, unit="frame", disable=None) as bar:
            for first in range(0, len(order), _BATCH):
                chosen = order[first : first + _BATCH]
                seeds = [1_000_003 * seed + index for index in chosen]
                for index, motion in zip(chosen, self._stream([utterances[i] for i in chosen], seeds)):
                    made[index] = motion
                    bar.update(len(motion))
        return made

    def _stream(self, utterances: list[Utterance], seeds: list[int]) -> list[np.ndarray]:
        batch = SessionBatch(self._model, seeds)
        hop, lookahead = batch.hop, batch.lookahead
        frames = max(utterance.frames for utterance in utterances)
        own = np.zeros((len(utterances), lookahead + frames * hop), np.float32)
        for row, utterance in enumerate(utterances):
            samples = utterance.samples[: own.shape[1]]
            own[row, : len(samples)] = samples
        silence = np.zeros((len(utterances), hop), np.float32)
        for row, samples in enumerate(own):
            batch.prime(row, samples[:lookahead], np.zeros(lookahead, np.float32))
        motion = []
        for frame in range(frames):
            start = lookahead + frame * hop
            shown = batch.step(np.ascontiguousarray(own[:, start : start + hop]), silence)
            motion.append([np.concatenate([one.values, one.head_pose]) for one in shown])
        stacked = np.array(motion, np.float32).transpose(1, 0, 2)
        return [stacked[row, : utterance.frames] for row, utterance in enumerate(utterances)]
