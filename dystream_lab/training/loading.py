"""Loading of batches: a map-style dataset from step to batch, and a `DataLoader` with one worker process.

The step selects the batch, so a resumed run loads the batches that an uninterrupted run would have loaded, and each
process of a run loads its own.
"""

from collections.abc import Iterable
from typing import TypeVar

import torch
from torch.utils.data import DataLoader, Dataset

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.training.batches import AnyBatch, conversation_batch, encoder_batch
from dystream_lab.training.config import TrainingConfig
from dystream_lab.training.processes import Processes
from dystream_ros.models.compact.config import CompactConfig

_AHEAD = 2  # batches computed ahead of the step
Item = TypeVar("Item")


class StepBatches(Dataset[AnyBatch]):
    """The batch of each step of one process.

    Of every `encoder_steps` + 1 steps the last has a batch for the whole model, the others have one for the encoder.
    """

    def __init__(
        self, clips: ConversationDataset, config: TrainingConfig, model: CompactConfig, processes: Processes
    ) -> None:
        self._clips, self._config, self._model, self._processes = clips, config, model, processes

    def __getitem__(self, step: int) -> AnyBatch:
        config = self._config
        number = step * self._processes.count + self._processes.rank
        if step % (config.encoder_steps + 1) < config.encoder_steps:
            return encoder_batch(self._clips, config, self._model, number)
        return conversation_batch(self._clips, config, self._model, number, config.batch, augment=True)


def batches(source: Dataset[Item], first: int, stop: int, workers: int = 1) -> Iterable[Item]:
    """The batches of the steps `first` to `stop` - 1, in order; each worker process computes two ahead."""
    return DataLoader(
        source,
        sampler=range(first, stop),
        batch_size=None,  # an item is a batch already
        num_workers=workers,
        prefetch_factor=_AHEAD,
        generator=torch.Generator(),  # seeds the worker, so that the generator of the training is not advanced
    )
