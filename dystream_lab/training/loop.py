"""The loop over the batches of a run in the leading process: progress, log, checkpoints."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from tqdm import tqdm

from dystream_lab.training import checkpoint
from dystream_lab.training.loss_log import open_log

CHECKPOINT = "checkpoint.pt"
BatchT = TypeVar("BatchT")
BatchIn = TypeVar("BatchIn", contravariant=True)


class Descending(checkpoint.Resumable, Protocol[BatchIn]):
    """A trainer: `training.trainer.Trainer` or `published.trainer.PublishedTrainer`."""

    def descend(self, batch: BatchIn) -> dict[str, float]:
        """One step of the optimisers; returns the losses by name."""
        ...


def descend_and_save(
    trainer: Descending[BatchT],
    batches: Iterable[BatchT],
    run: Path,
    columns: Sequence[str],
    save: Callable[[], Mapping[str, Mapping[str, float]]],
    after: Callable[[int], None] = lambda step: None,
) -> None:
    """Descends the batches; writes log and checkpoints, and shows the progress.

    Args:
        trainer: resumes at its own step.
        batches: of the remaining steps.
        run: folder of the run.
        columns: of the log.
        save: called at each checkpoint, after it and the log are written; writes the weights and returns further lines
            of the log by their split.
        after: called with the number of steps done after each, when its lines are in the log.
    """
    settings = trainer.config
    with open_log(run, columns) as log, tqdm(
        total=settings.steps, initial=trainer.step, desc="train", disable=None
    ) as bar:  # fmt: skip
        for batch in batches:
            losses = trainer.descend(batch)
            bar.update()
            bar.set_postfix({name: f"{value:.3f}" for name, value in losses.items()})
            log.write(trainer.step, "train", losses)
            log.flush()  # who watches the run reads it
            if trainer.step % settings.save_every == 0 or trainer.step == settings.steps:
                checkpoint.save(trainer, run / CHECKPOINT)
                for split, values in save().items():
                    log.write(trainer.step, split, values)
                log.flush()
            after(trainer.step)
