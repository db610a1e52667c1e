"""Checkpoints of a training of the autoencoder as safetensors: everything that resuming needs, in one file."""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from dystream_lab.autoencoder.trainer import AutoencoderTrainer
from dystream_ros.models.tensor_file import write_tensors

# Settings that may differ when a run is resumed.
_CHANGEABLE = ("steps", "threads", "save_every", "device", "start", "precision")
_AVERAGED = "average."


def save(trainer: AutoencoderTrainer, path: Path) -> None:
    """Writes a checkpoint; an interrupted write leaves the previous file unchanged."""
    tensors = {f"autoencoder.{key}": value for key, value in trainer.autoencoder.state_dict().items()}
    tensors |= {_AVERAGED + key: value for key, value in trainer.average.module.state_dict().items()}
    if trainer.discriminator is not None:
        tensors |= {f"discriminator.{key}": value for key, value in trainer.discriminator.state_dict().items()}
    for number, optimiser in enumerate(trainer.optimisers):
        for parameter, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{number}.{parameter}.{name}": value for name, value in state.items()}
    content = {"step": trainer.step, "config": asdict(trainer.config), "network": asdict(trainer.autoencoder.config)}
    # Copies: buffers that share memory, as the kernels of the blur, would be refused.
    copies = {key: value.detach().cpu().clone() for key, value in tensors.items()}
    write_tensors(copies, path, {"run": json.dumps(content)})


def restore(trainer: AutoencoderTrainer, path: Path) -> None:
    """Brings a trainer to the state of a checkpoint of the same run.

    Raises:
        ValueError: the checkpoint was written with other settings, or is damaged.
    """
    try:
        with safe_open(str(path), "pt") as file:
            content = json.loads((file.metadata() or {})["run"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError) as error:
        raise ValueError(f"{path} is damaged ({error}); give another --run folder") from error
    now = {"network": asdict(trainer.autoencoder.config), "config": asdict(trainer.config)}
    for kind, settings in json.loads(json.dumps(now)).items():
        for name, value in settings.items():
            if content[kind].get(name) != value and name not in _CHANGEABLE:
                raise ValueError(
                    f"{path} was begun with {name}={content[kind].get(name)}, and now {name}={value} is given; "
                    "give the same settings or another --run folder"
                )
    trainer.autoencoder.load_state_dict(_below(tensors, "autoencoder."))
    trainer.average.module.load_state_dict(_below(tensors, _AVERAGED))
    if trainer.discriminator is not None:
        trainer.discriminator.load_state_dict(_below(tensors, "discriminator."))
    for number, optimiser in enumerate(trainer.optimisers):
        state: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in _below(tensors, f"optimiser.{number}.").items():
            parameter, name = key.split(".")
            state.setdefault(int(parameter), {})[name] = value
        optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    trainer.step = content["step"]
    trainer.average.n_averaged.fill_(trainer.step + 1)


def _below(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
