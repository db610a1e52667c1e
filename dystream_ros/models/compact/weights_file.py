"""A file of compact weights without PyTorch: its header, configuration and tensors."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.errors import ModelError

FORMAT = "dystream_ros compact 1"


@dataclass(frozen=True)
class WeightsFile:
    """Content of a weights file.

    Attributes:
        header: texts by name: `format`, `config` and `guidance` (JSON).
        tensors: float32 by name.
    """

    header: dict[str, str]
    tensors: dict[str, NDArray[np.float32]]

    def config(self) -> CompactConfig:
        """The configuration in the header. Raises KeyError, TypeError or ValueError if this version cannot read it."""
        return CompactConfig(**json.loads(self.header["config"]))

    def architecture_sha256(self) -> str:
        """SHA-256 of configuration, guidance, and the names and shapes of the tensors; a graph depends on these."""
        shapes = {name: list(tensor.shape) for name, tensor in sorted(self.tensors.items())}
        settings = [json.loads(self.header[part]) for part in ("config", "guidance")]
        return hashlib.sha256(json.dumps([*settings, shapes], sort_keys=True).encode()).hexdigest()


def read(path: Path) -> WeightsFile:
    """Header and tensors of a weights file.

    Raises:
        ModelError: the file is missing or damaged, or is not a compact model.
    """
    if not os.path.isfile(path):  # which does not raise for too long a name
        raise ModelError(f"no weights at {path}; give the path of a compact model's .safetensors file")
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError, TypeError, ValueError, MemoryError) as error:  # TypeError: a type NumPy lacks
        raise ModelError(f"{path} is damaged or no safetensors file ({error}); fetch or train it again") from error
    if header.get("format") != FORMAT:
        raise ModelError(f"{path} has the format {header.get('format')!r}; this version reads {FORMAT!r}")
    for part in ("config", "guidance"):
        try:
            settings = json.loads(header[part])
        except (KeyError, ValueError, RecursionError) as error:
            raise unsuitable(path, error) from error
        if not isinstance(settings, dict):
            raise unsuitable(path, TypeError(f"the settings '{part}' in its header are {settings!r:.80}"))
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise ModelError(f"{path} holds NaN or infinity in '{name}'; fetch or train it again")
    return WeightsFile(header, tensors)


def unsuitable(path: Path, error: Exception) -> ModelError:
    """The error of a weights file whose settings or tensors this version cannot use."""
    return ModelError(
        f"{path} does not fit this version's compact model: {type(error).__name__}: {error}; "
        "weights of an earlier version can be trained on: dystream train CORPUS --run FOLDER --start FILE"
    )


def sha256(path: Path) -> str:
    """SHA-256 of a weights file, as in the message MotionLayout."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
