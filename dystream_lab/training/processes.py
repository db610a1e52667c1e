"""The processes and devices of a training run: one on the CPU or a GPU, or several started by torchrun."""

import errno
import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

_LOCK = ".lock"
_LOCKS: dict[Path, TextIO] = {}  # open, and with it the lock, until the process ends


@dataclass(frozen=True)
class Processes:
    """This process among those of a run.

    Attributes:
        rank: its number; process 0 writes logs and files.
        count: number of processes.
        device: the device it trains on.
    """

    rank: int = 0
    count: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @classmethod
    def join(cls, device: str = "auto") -> "Processes":
        """Joins the process group of torchrun, or is a run of one process.

        Args:
            device: "cpu", "cuda", "cuda:1" or "auto": a GPU if PyTorch sees one.

        Raises:
            ValueError: there is no such device.
        """
        rank, count = (int(os.environ.get(name, default)) for name, default in (("RANK", 0), ("WORLD_SIZE", 1)))
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise ValueError(
                f"device {device!r} was asked for, and PyTorch sees no GPU; accepted here are auto and cpu"
            )
        if device == "cuda":
            device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}"
        chosen = torch.device(device)
        if count > 1 and not distributed.is_initialized():
            distributed.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
        return cls(rank, count, chosen)

    @property
    def leads(self) -> bool:
        """Whether this process writes logs and files."""
        return self.rank == 0

    def take(self, run: Path) -> None:
        """Makes the folder of a run, and takes it for this process, until that ends, if it leads.

        Raises:
            OSError: the folder cannot be made.
            ValueError: another process has it: both would write the same files.
        """
        if not self.leads:
            return
        run.mkdir(parents=True, exist_ok=True)
        path = (run / _LOCK).resolve()
        if path in _LOCKS:
            return
        file = path.open("w")
        try:
            # A lock of the process, which the loaders that it starts do not inherit.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            if error.errno not in (errno.EACCES, errno.EAGAIN):
                return  # a file system without locks
            raise ValueError(
                f"another process trains in {run}; wait for its end, or give another --run folder"
            ) from error
        _LOCKS[path] = file

    def parallel(self, module: nn.Module) -> nn.Module:
        """The module, with gradients averaged over all processes in the backward pass.

        Steps for the self encoder alone use a part of the parameters; the others keep no gradient.
        """
        if self.count == 1:
            return module
        return DistributedDataParallel(module, find_unused_parameters=True, forward_sync_buffers=False)

    def leave(self) -> None:
        """Leaves the process group."""
        if self.count > 1 and distributed.is_initialized():
            distributed.destroy_process_group()
