"""Checkpoints of a training run: everything that resuming needs, in one file."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import torch
from torch.optim.swa_utils import AveragedModel

# Settings that may differ when a run is resumed.
_CHANGEABLE = ("steps", "threads", "workers", "save_every", "keep_every", "validate_every", "start", "device")
# Names of settings in checkpoints of earlier versions.
_FORMER_NAMES = {"ear_steps": "encoder_steps", "ear_batch": "encoder_batch", "ear_frames": "encoder_frames"}


class RunSettings(Protocol):
    """Settings of a run, a dataclass; checkpoints hold all of them."""

    __dataclass_fields__: dict[str, Any]

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
        model: what is trained.
        average: moving average of its weights.
        objective: the loss, or the part of it that has weights.
        optimisers: over the parameters of model and objective.
        step: steps done.
    """

    model: Any  # a module with its sizes, a dataclass, as `config`
    average: AveragedModel
    objective: torch.nn.Module
    optimisers: list[torch.optim.Optimizer]
    step: int

    @property
    def config(self) -> RunSettings:
        """Settings of the run."""
        ...


def save(trainer: Resumable, path: Path) -> None:
    """Writes a checkpoint; an interrupted write leaves the previous file unchanged."""
    content = {
        "step": trainer.step,
        "config": asdict(trainer.config),
        "model_config": asdict(trainer.model.config),
        "model": trainer.model.state_dict(),
        "objective": trainer.objective.state_dict(),
        "averaged": trainer.average.module.state_dict(),
        "optimisers": [optimiser.state_dict() for optimiser in trainer.optimisers],
    }
    partial = path.with_suffix(".part")
    torch.save(content, partial)
    partial.replace(path)


def restore(trainer: Resumable, path: Path) -> None:
    """Brings a trainer to the state of a checkpoint of the same run.

    Raises:
        ValueError: the checkpoint was written with other settings, or by an earlier version with one optimiser.
    """
    content = torch.load(path, weights_only=True, map_location="cpu")
    if "optimisers" not in content:
        raise ValueError(
            f"{path} is a run of an earlier version; give another --run folder, and its weights as --start"
        )
    content["config"] = {_FORMER_NAMES.get(name, name): value for name, value in content["config"].items()}
    for kind, settings in (("model_config", asdict(trainer.model.config)), ("config", asdict(trainer.config))):
        for name, value in settings.items():
            if content[kind][name] != value and name not in _CHANGEABLE:
                raise ValueError(
                    f"{path} was begun with {name}={content[kind][name]}, and now {name}={value} is given; "
                    "give the same settings or another --run folder"
                )
    trainer.model.load_state_dict(content["model"])
    trainer.objective.load_state_dict(content["objective"])
    trainer.average.module.load_state_dict(content["averaged"])
    for optimiser, state in zip(trainer.optimisers, content["optimisers"], strict=True):
        optimiser.load_state_dict(state)
    trainer.step = content["step"]
    trainer.average.n_averaged.fill_(trainer.step + 1)
