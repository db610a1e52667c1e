"""Guidance over five conditionings and the Euler sampler of the published model."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

# Which of (self, other, anchor) each branch sees; the order of the golden vectors.
BRANCHES: dict[str, tuple[int, int, int]] = {
    "none": (0, 0, 0),
    "anchor": (0, 0, 1),
    "self": (1, 0, 0),
    "other": (0, 1, 0),
    "all": (1, 1, 1),
}


@dataclass(frozen=True)
class Guidance:
    """x0 = n + a (self - n) + b (other - n) + c (anchor - n) + d (all - n); released values by default."""

    self_audio: float = 0.5
    other_audio: float = 0.5
    anchor: float = 0.0
    everything: float = 1.0

    @property
    def coefficients(self) -> dict[str, float]:
        """Coefficient of each branch that counts: one whose final coefficient is 0 need not be computed."""
        a, b, c, d = self.self_audio, self.other_audio, self.anchor, self.everything
        weights = {"none": 1 - a - b - c - d, "anchor": c, "self": a, "other": b, "all": d}
        return {name: weight for name, weight in weights.items() if abs(weight) > 1e-12}


def sigma_schedule(steps: int) -> Tensor:
    """Noise levels (steps + 1,), float32: evenly from 1 to 0.001, then 0.

    Raises:
        ValueError: fewer than one step.
    """
    if steps < 1:
        raise ValueError(f"got {steps} sampling steps; give 1 or more (5 as published)")
    return torch.cat((torch.linspace(1.0, 0.001, steps), torch.zeros(1)))


def euler(noise: Tensor, sigmas: Tensor, clean: Callable[[Tensor, int], Tensor]) -> Tensor:
    """Integrate from noise to motion; `clean(x, step)` predicts the motion without noise.

    Velocity is (x - x0) / (sigma + 1e-9); noise and result (..., motion).
    """
    x = noise
    for step in range(len(sigmas) - 1):
        velocity = (x - clean(x, step)) / (sigmas[step] + 1e-9)
        x = x + (sigmas[step + 1] - sigmas[step]) * velocity
    return x
