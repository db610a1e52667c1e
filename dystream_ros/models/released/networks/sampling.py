"""The published sampler: guidance weights, noise levels and Euler's method."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from dystream_ros.models.guidance import Guidance

PUBLISHED_GUIDANCE = Guidance(0.5, 0.5, 0.0, 1.0)


def sigma_schedule(steps: int) -> Tensor:
    """Noise levels (steps + 1,), float32: evenly from 1 to 0.001, then 0.

    Raises:
        ValueError: fewer than one step.
    """
    if steps < 1:
        raise ValueError(f"got {steps} sampling steps; give 1 or more (5 as published)")
    return torch.cat((torch.linspace(1.0, 0.001, steps), torch.zeros(1)))


def euler(noise: Tensor, sigmas: Sequence[float], clean: Callable[[Tensor, int], Tensor]) -> Tensor:
    """Integrate from noise to motion; `clean(x, step)` predicts the motion without noise.

    Velocity is (x - x0) / (sigma + 1e-9); noise and result (..., motion).
    """
    x = noise
    for step, (sigma, following) in enumerate(zip(sigmas, sigmas[1:])):
        velocity = (x - clean(x, step)) / (sigma + 1e-9)
        x = x + (following - sigma) * velocity
    return x
