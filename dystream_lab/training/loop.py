"""The loop over the batches of a run in the leading process: progress, log, checkpoints."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from tqdm import tqdm

from dystream_lab.training import checkpoint
from dystream_lab.training.loss_log import open_log

BatchT = TypeVar("BatchT")
BatchIn = TypeVar("BatchIn", contravariant=True)


class Descending(checkpoint.Resumable, Protocol[BatchIn]):
    """A trainer, such as `training.trainer.Trainer`."""

    def descend(self, batch: BatchIn) -> dict[str, float]:
        """One step of the optimisers; returns the losses by name."""
        ...


class Saving(Protocol):
    """What a run writes beside its checkpoint and its log."""

    def keep(self, step: int) -> None:
        """Called with the number of steps done after each step, before a checkpoint is written."""
        ...

    def write(self) -> None:
        """Writes the weights; called at each checkpoint, after it."""
        ...

    def write_missing(self) -> None:
        """Writes the weights if they are not those of the checkpoint; called for a run that is complete already.

        It may have been killed between its last checkpoint and them, or they have been deleted.
        """
        ...

    def measure(self) -> Mapping[str, Mapping[str, float]]:
        """Further lines of the log by their split; called after `write`."""
        ...

    def draw(self) -> None:
        """Draws pictures; called after `measure`, when its lines are in the log."""
        ...


def descend_and_save(
    trainer: Descending[BatchT], batches: Iterable[BatchT], run: Path, columns: Sequence[str], saving: Saving
) -> None:
    """Descends the batches; writes log and checkpoints, and shows the progress.

    Args:
        trainer: resumes at its own step.
        batches: of the remaining steps.
        run: folder of the run.
        columns: of the log.
        saving: of the weights.

    Raises:
        ValueError: the log there has other columns.
    """
    settings = trainer.config
    if trainer.step >= settings.steps:
        saving.write_missing()
        return
    with open_log(run, columns) as log, tqdm(
        total=settings.steps, initial=trainer.step, desc="train", disable=None
    ) as bar:  # fmt: skip
        for batch in batches:
            losses = trainer.descend(batch)
            bar.update()
            bar.set_postfix({name: f"{value:.3f}" for name, value in losses.items()})
            log.write(trainer.step, "train", losses)
            log.flush()  # who watches the run reads it
            saving.keep(trainer.step)
            if trainer.step % settings.save_every == 0 or trainer.step == settings.steps:
                checkpoint.save(trainer, run)
                saving.write()
                for split, values in saving.measure().items():
                    log.write(trainer.step, split, values)
                log.flush()
                saving.draw()
