"""The flow-matching head: a few modulated MLPs that turn noise into the motion of one frame.

After DyStream's head (arXiv 2512.24408): in each block one MLP is modulated by the time, a second by the condition.
"""

import math
from typing import cast

import torch
from torch import nn
from torch.nn import functional as F

Modulation = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # shift, 1 + scale, gate


class ModulatedMLP(nn.Module):
    """x + gate * mlp(norm(x) (1 + scale) + shift), with the modulation computed beforehand."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.modulation = nn.Linear(width, 3 * width)
        self.expand = nn.Linear(width, width)
        self.contract = nn.Linear(width, width)
        # Each block is initialised as the identity (AdaLN-Zero, Peebles and Xie 2023).
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def modulate(self, embedded: torch.Tensor) -> Modulation:
        """Modulation by an embedded condition or time (..., width)."""
        shift, scale, gate = self.modulation(F.silu(embedded)).chunk(3, dim=-1)
        return shift, 1 + scale, gate

    def forward(self, x: torch.Tensor, modulation: Modulation) -> torch.Tensor:
        """(..., width) -> (..., width)."""
        shift, scale, gate = modulation
        # addcmul: for one row the number of calls sets the time, not the arithmetic.
        modulated = torch.addcmul(shift, F.layer_norm(x, x.shape[-1:]), scale)
        return torch.addcmul(x, gate, self.contract(F.silu(self.expand(modulated))))


class FlowHead(nn.Module):
    """Estimates the clean motion from a noisy one, the noise level and a condition."""

    def __init__(self, motion: int, condition: int, width: int, blocks: int) -> None:
        super().__init__()
        self.width = width
        self.noisy = nn.Linear(motion, width)
        self.condition = nn.Linear(condition, width)
        self.time = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.by_time = nn.ModuleList(ModulatedMLP(width) for _ in range(blocks))
        self.by_condition = nn.ModuleList(ModulatedMLP(width) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, motion)

    def time_modulations(self, level: torch.Tensor) -> list[Modulation]:
        """Modulations of the noise levels (...,), 0 to 1; constants of a sampler's schedule."""
        half = self.width // 2
        frequency = torch.exp(-math.log(1000.0) * torch.arange(half, device=level.device) / half)
        angle = 1000.0 * level[..., None] * frequency
        embedded = self.time(torch.cat([angle.cos(), angle.sin()], dim=-1))
        return _modulations(self.by_time, embedded)

    def condition_modulations(self, condition: torch.Tensor) -> list[Modulation]:
        """Modulations of the condition (..., condition): once per frame, whatever the number of steps."""
        return _modulations(self.by_condition, self.condition(condition))

    def forward(self, noisy: torch.Tensor, by_time: list[Modulation], by_condition: list[Modulation]) -> torch.Tensor:
        """Estimate of the clean motion (..., motion) from the noisy one (..., motion)."""
        x = self.noisy(noisy)
        for time_mlp, time, condition_mlp, condition in zip(self.by_time, by_time, self.by_condition, by_condition):
            x = condition_mlp(time_mlp(x, time), condition)
        return self.out(self.norm(x))


def _modulations(mlps: nn.ModuleList, embedded: torch.Tensor) -> list[Modulation]:
    """The modulation of each `ModulatedMLP` by an embedded condition or time (..., width)."""
    return [cast(ModulatedMLP, mlp).modulate(embedded) for mlp in mlps]
