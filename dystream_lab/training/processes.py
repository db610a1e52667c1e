"""The processes and devices of a training run: one on the CPU or a GPU, or several that torchrun started."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from torch import distributed, nn


@dataclass(frozen=True)
class Processes:
    """This process among those of a run.

    Attributes:
        rank: its number; 0 keeps the logs and the files.
        count: how many there are.
        device: what it trains on.
    """

    rank: int = 0
    count: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @classmethod
    def join(cls, device: str = "auto") -> "Processes":
        """Joins the run that torchrun began, or is one by itself.

        Args:
            device: "cpu", "cuda", "cuda:1" or "auto": a GPU where there is one.

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
        """Whether this process writes what all of them made."""
        return self.rank == 0

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Gives every process the mean of all gradients; each has gradients of the same parameters."""
        if self.count == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        for gradient, mean in zip(gradients, (flat / self.count).split([each.numel() for each in gradients])):
            gradient.copy_(mean.view_as(gradient))

    def leave(self) -> None:
        """Ends the run."""
        if self.count > 1 and distributed.is_initialized():
            distributed.destroy_process_group()
