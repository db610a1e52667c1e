"""Checkpoints of a training run: everything that resuming needs, in one safetensors file."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from dystream_lab.training.state_file import (
    below,
    optimiser_tensors,
    read_state,
    refuse_former,
    restore_optimiser,
    write_state,
)

_FILE, _FORMER = "checkpoint.safetensors", "checkpoint.pt"
# Settings that may differ when a run is resumed.
_CHANGEABLE = (
    "steps", "threads", "workers", "save_every", "keep_every", "validate_every", "start", "device", "precision", "rate",
)  # fmt: skip
_REPORTED = ("rate", "precision")  # of these, what changes the result
_LOG = logging.getLogger(__name__)


class Settings(Protocol):
    """A dataclass; checkpoints hold all of its fields."""

    __dataclass_fields__: dict[str, Any]


class RunSettings(Settings, Protocol):
    """Settings of a run."""

    @property
    def steps(self) -> int:
        """Batches in all."""
        ...

    @property
    def save_every(self) -> int:
        """Steps between two checkpoints."""
        ...


class Resumable(Protocol):
    """What a checkpoint keeps of a trainer.

    Attributes:
        average: moving average of the weights; its module is one of `modules`.
        optimisers: over the parameters of the modules.
        step: steps done.
    """

    average: AveragedModel
    optimisers: list[torch.optim.Optimizer]
    step: int

    @property
    def config(self) -> RunSettings:
        """Settings of the run."""
        ...

    @property
    def sizes(self) -> Settings:
        """Sizes of the network."""
        ...

    @property
    def modules(self) -> Mapping[str, nn.Module]:
        """By name what has weights: networks, their average, a loss with weights."""
        ...


def save(trainer: Resumable, run: Path) -> None:
    """Writes the checkpoint of a run; an interrupted write leaves the previous one unchanged.

    Raises:
        OSError: it cannot be written.
    """
    tensors: dict[str, torch.Tensor] = {}
    for name, module in trainer.modules.items():
        tensors |= {f"{name}.{key}": value for key, value in module.state_dict().items()}
    for number, optimiser in enumerate(trainer.optimisers):
        tensors |= optimiser_tensors(optimiser, f"optimiser.{number}.")
    content = {"step": trainer.step, "config": asdict(trainer.config), "network": asdict(trainer.sizes)}
    write_state(run / _FILE, tensors, content)


def resume(trainer: Resumable, run: Path) -> bool:
    """Brings a trainer to the state of the checkpoint of a run; returns whether there is one.

    A learning rate that differs is accepted, with a warning: a run that diverged goes on with a lower one.

    Raises:
        ValueError: the run has other settings, or its checkpoint is damaged or of an earlier version.
    """
    path = run / _FILE
    if not path.is_file():
        refuse_former(run / _FORMER)
        return False
    tensors, content = read_state(path)
    # As JSON, which has no tuples.
    now = json.loads(json.dumps({"network": asdict(trainer.sizes), "config": asdict(trainer.config)}))
    for kind, settings in now.items():
        for name, value in settings.items():
            begun = content[kind].get(name)
            if begun != value and name not in _CHANGEABLE:
                raise ValueError(
                    f"{path} was begun with {name}={begun}, and now {name}={value} is given; "
                    "give the same settings or another --run folder"
                )
            if begun != value and name in _REPORTED:
                _LOG.warning("%s is %s from step %d on; it was %s", name, value, content["step"], begun)
    for name, module in trainer.modules.items():
        module.load_state_dict(below(tensors, f"{name}."))
    for number, optimiser in enumerate(trainer.optimisers):
        restore_optimiser(optimiser, tensors, f"optimiser.{number}.")
    trainer.step = content["step"]
    trainer.average.n_averaged.fill_(trainer.step + 1)
    return True
