"""Writes safetensors files that appear whole, and that every user of the machine may read."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor


def write_tensors(tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Writes tensors; the folder is made, and a file of that name is replaced when the new one is complete.

    safetensors lets only the owner read its files, but a robot's node often runs as another user.

    Args:
        tensors: by name, of any layout; two names of the same memory are refused by safetensors.
        path: of the file.
        metadata: texts of its header.

    Raises:
        OSError: it cannot be written.
        RuntimeError: tensors share memory.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        save_file(
            {name: tensor.contiguous() for name, tensor in tensors.items()},
            partial,
            dict(metadata) if metadata is not None else None,
        )
        partial.chmod(0o644)
        partial.replace(path)
    except SafetensorError as error:
        raise _writing_error(error, path) from error
    finally:
        partial.unlink(missing_ok=True)


def _writing_error(error: SafetensorError, path: Path) -> OSError:
    """The error of the operating system that safetensors only quotes, such as that of a full disk."""
    if code := re.search(r"os error (\d+)", str(error)):
        number = int(code[1])
        return OSError(number, os.strerror(number), str(path))
    return OSError(f"{path} cannot be written: {error}")
