"""The weights of the sync score: one safetensors file for sound and lips, one for pictures of mouths."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

import dystream_lab
from dystream_lab.sync.towers import MouthTower, SyncConfig
from dystream_lab.sync.training import SyncNetwork
from dystream_ros.models.tensor_file import write_tensors

FOLDER = Path(dystream_lab.__file__).parent / "assets" / "sync"
LIPS, MOUTHS = FOLDER / "lips.safetensors", FOLDER / "mouths.safetensors"
_FORMAT, _MOUTHS_FORMAT = "dystream_lab sync 1", "dystream_lab sync mouths 1"


def save_lips(network: SyncNetwork, path: Path) -> None:
    """Writes the towers of sound and lips in half precision."""
    kept = {name: value for name, value in network.state_dict().items() if not name.startswith("mouths.")}
    _save(kept, path, {"format": _FORMAT, "config": json.dumps(asdict(network.config))})


def save_mouths(network: SyncNetwork, path: Path, lips: Path) -> None:
    """Writes the tower of pictures in half precision, with the hash of the weights that it was trained for.

    Raises:
        ValueError: the network has no such tower.
    """
    if network.mouths is None:
        raise ValueError("the network has no tower of pictures; train it first")
    _save(network.mouths.state_dict(), path, {"format": _MOUTHS_FORMAT, "lips": sha256(lips)})


def _save(tensors: dict[str, torch.Tensor], path: Path, header: dict[str, str]) -> None:
    write_tensors({name: value.detach().half() for name, value in tensors.items()}, path, header)


def load(lips: Path = LIPS, mouths: Path | None = None) -> SyncNetwork:
    """The network in evaluation mode, float32; with the tower of pictures if `mouths` is given.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a file is damaged, is no such weights, or the two do not belong together.
    """
    header, tensors = _read(lips, _FORMAT)
    network = SyncNetwork(SyncConfig(**json.loads(header["config"])))
    _fill(network, tensors, lips)
    if mouths is not None:
        header, tensors = _read(mouths, _MOUTHS_FORMAT)
        if header["lips"] != sha256(lips):
            raise ValueError(
                f"{mouths} was trained for other weights than {lips}: give both files of one training, or train the "
                "pictures again with dystream train-sync pictures"
            )
        network.mouths = MouthTower(network.config)
        _fill(network.mouths, tensors, mouths)
    return network.eval()


def _fill(module: nn.Module, tensors: dict[str, torch.Tensor], path: Path) -> None:
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        raise ValueError(
            f"{path} does not fit this version: {error}; train it again with dystream train-sync"
        ) from error


def _read(path: Path, wanted: str) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    if not path.is_file():
        raise FileNotFoundError(f"no weights of the sync score at {path}: make them with dystream train-sync")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is damaged or no safetensors file ({error}); train it again") from error
    if header.get("format") != wanted:
        raise ValueError(f"{path} has the format {header.get('format')!r}; expected is {wanted!r}")
    return header, tensors


def sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
