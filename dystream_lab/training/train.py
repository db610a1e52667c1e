"""The training loop of the compact model. It may be interrupted at any step; the same call resumes it.

A run folder has `checkpoint.safetensors` (resuming), `model.safetensors` (the averaged weights of the last checkpoint),
`step-*.safetensors` (copies to average) and `log.csv`. A resumed run ends with the same weights, to the bit, as an
uninterrupted one on the same machine.
"""

from pathlib import Path

import torch

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.training import checkpoint
from dystream_lab.training.batches import conversation_batch
from dystream_lab.training.config import TrainingConfig
from dystream_lab.training.corruption import Corruption
from dystream_lab.training.graph import write_graph_beside
from dystream_lab.training.loading import StepBatches, batches
from dystream_lab.training.loop import descend_and_save
from dystream_lab.training.loss_log import COLUMNS
from dystream_lab.training.processes import Processes
from dystream_lab.training.trainer import Trainer
from dystream_ros.models.compact import weights
from dystream_ros.models.compact.config import CompactConfig

_WEIGHTS = "model.safetensors"
_VALIDATION_CLIPS = 32

__all__ = ["TrainingConfig", "train"]


def train(
    corpus: Path,
    run: Path,
    config: TrainingConfig,
    model_config: CompactConfig,
    corruption: Corruption | None = None,
) -> Path:
    """Trains on a corpus, or resumes the run in a folder.

    Args:
        corpus: folder of the corpus.
        run: folder of the run.
        config: settings of the training.
        model_config: sizes of the model.
        corruption: of the motion history; the default when None.

    Returns:
        The path of the weights.

    Raises:
        FileNotFoundError: there is no corpus.
        ModelError: the weights to begin with do not fit.
        ValueError: the run in the folder has other settings, there is no such device, or no clip is long enough.
    """
    torch.set_num_threads(config.threads)
    processes = Processes.join(config.device)
    dataset = ConversationDataset(corpus, "train")
    # Checked here, because an error in the loader's worker process is reported with a traceback.
    dataset.require(max(config.frames, config.encoder_frames if config.encoder_steps else 0), model_config.lookahead)
    trainer = Trainer(dataset, config, model_config, corruption, processes)
    processes.take(run)
    if not checkpoint.resume(trainer, run) and config.start:
        trainer.begin_with(Path(config.start))
    loaded = batches(StepBatches(dataset, config, model_config, processes), trainer.step, config.steps)
    try:
        if processes.leads:
            descend_and_save(trainer, loaded, run, COLUMNS, _Saving(trainer, corpus, run))
        else:
            for batch in loaded:
                trainer.descend(batch)
    finally:
        processes.leave()
    if processes.leads:
        write_graph_beside(run / _WEIGHTS)
    return run / _WEIGHTS


class _Saving:
    """The averaged weights at each checkpoint, and copies of them to average."""

    def __init__(self, trainer: Trainer, corpus: Path, run: Path) -> None:
        self._trainer, self._run = trainer, run
        held_out = ConversationDataset(corpus, "valid")
        self._validation = conversation_batch(
            held_out, trainer.config, trainer.model.config, 0, _VALIDATION_CLIPS, augment=False
        )

    def keep(self, step: int) -> None:
        if step % self._trainer.config.keep_every == 0:
            weights.save(self._trainer.average.module, self._run / f"step-{step:05d}.safetensors")

    def write(self) -> None:
        weights.save(self._trainer.average.module, self._run / _WEIGHTS)

    write_missing = write

    def measure(self) -> dict[str, dict[str, float]]:
        return {"valid": self._trainer.validate(self._validation)}

    def draw(self) -> None:
        """The log alone."""
