"""Files that resuming needs, as safetensors: tensors, and settings as JSON in the header."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from dystream_ros.models.tensor_file import write_tensors

_HEADER = "run"


def write_state(path: Path, tensors: Mapping[str, Tensor], content: Mapping[str, Any]) -> None:
    """Writes tensors by name, and JSON content; an interrupted write leaves the previous file unchanged.

    Raises:
        OSError: it cannot be written.
    """
    kept: dict[str, Tensor] = {}
    memory: set[int] = set()
    for name, tensor in tensors.items():
        value = tensor.detach().cpu()
        # Tensors that share memory, as the kernels of blurs do, would be refused.
        shared = value.untyped_storage().data_ptr() in memory
        kept[name] = value.clone() if shared else value
        memory.add(value.untyped_storage().data_ptr())
    write_tensors(kept, path, {_HEADER: json.dumps(content)})


def read_state(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors, on the CPU, and content of a file of `write_state`.

    Raises:
        ValueError: the file is damaged.
    """
    try:
        with safe_open(str(path), "pt") as file:
            content = json.loads((file.metadata() or {})[_HEADER])
            return {name: file.get_tensor(name) for name in file.keys()}, content  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}); delete it, or give another folder for the run") from error


def optimiser_tensors(optimiser: torch.optim.Optimizer, prefix: str) -> dict[str, Tensor]:
    """The state of an optimiser, named `prefix` + PARAMETER.NAME; its settings are not part of it."""
    return {
        f"{prefix}{parameter}.{name}": value
        for parameter, state in optimiser.state_dict()["state"].items()
        for name, value in state.items()
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor], prefix: str) -> None:
    """Brings an optimiser to a state of `optimiser_tensors`; it keeps its settings."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in below(tensors, prefix).items():
        parameter, _, quantity = name.partition(".")
        state.setdefault(int(parameter), {})[quantity] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


def below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with a prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def refuse_former(former: Path) -> None:
    """Refuses a run whose state was written by an earlier version, by `torch.save`.

    Raises:
        ValueError: there is such a file.
    """
    if former.is_file():
        raise ValueError(
            f"{former} was written by an earlier version and is not read; give another folder for the run, or delete "
            "this file to begin again"
        )
