"""Euler sampling of a flow-matching model that predicts the clean sample (x0)."""

from collections.abc import Callable, Sequence

import torch


def noise_levels(steps: int) -> tuple[float, ...]:
    """Noise levels from 1 (pure noise) to 0 (clean) for `steps` equal Euler steps; steps + 1 numbers."""
    if steps < 1:
        raise ValueError(f"a flow needs at least 1 step, got {steps}")
    return tuple(1.0 - index / steps for index in range(steps + 1))


def euler_sample(
    estimate: Callable[[torch.Tensor, int], torch.Tensor], noise: torch.Tensor, levels: Sequence[float]
) -> torch.Tensor:
    """Integrates the flow x(s) = (1 - s) x0 + s noise from the first noise level to the last.

    Args:
        estimate: (x, index of the level) -> the model's estimate of x0, both shaped as `noise`.
        noise: the sample at levels[0].
        levels: falling noise levels; the velocity dx/ds at level s is (x - x0) / s.
    """
    sample = noise
    for index, (level, following) in enumerate(zip(levels, levels[1:])):
        velocity = (sample - estimate(sample, index)) / level
        sample = sample + (following - level) * velocity
    return sample
