"""Sampling of a flow-matching model that predicts the clean sample (x0), in few steps.

Equal Euler steps along the straight path x = (1 - s) x0 + s noise lose variance: four steps keep 72 % of the standard
deviation of a normal distribution and a third of its rare events (nods, blinks). This sampler uses the circle
x = cos(a) x0 + sin(a) noise, the same path scaled to constant variance (TrigFlow, Lu and Song 2024), on which one Euler
step is exact for a standard normal. The two-step Adams-Bashforth method adds precision without another call of the
network. The last step returns the estimate itself, so values without variance (closed lips) are exact. Measurements:
docs/decisions.md.
"""

import math
from collections.abc import Callable, Sequence

import torch


def sampling_angles(steps: int) -> tuple[float, ...]:
    """Angles from pi / 2 (pure noise) to 0 (clean) for `steps` equal steps; steps + 1 numbers.

    Raises:
        ValueError: less than one step.
    """
    if steps < 1:
        raise ValueError(f"a flow needs at least 1 step, got {steps}")
    return tuple(0.5 * math.pi * (1.0 - index / steps) for index in range(steps + 1))


def noise_level(angle: float) -> float:
    """Noise level s, 0 to 1, of the straight path at an angle of the circle."""
    return math.sin(angle) / (math.sin(angle) + math.cos(angle))


def multistep_sample(
    estimate: Callable[[torch.Tensor, int], torch.Tensor], noise: torch.Tensor, angles: Sequence[float]
) -> torch.Tensor:
    """Integrates the flow from the first angle, pi / 2, to the last, 0.

    Args:
        estimate: (x, index of the angle) -> the model's estimate of x0; x = (1 - s) x0 + s noise with s the
            noise_level of that angle, both shaped as `noise`.
        noise: the sample at angles[0].
        angles: decreasing, equally spaced.
    """
    sample, last_velocity = noise, None
    for index, (angle, following) in enumerate(zip(angles, angles[1:])):
        cosine, sine = math.cos(angle), math.sin(angle)
        clean = estimate(sample / (cosine + sine), index)
        if index == len(angles) - 2:
            return clean
        # cos(a) noise - sin(a) x0 with the noise that the estimate implies, simplified
        velocity = (cosine * sample - clean) / sine
        change = velocity if last_velocity is None else 1.5 * velocity - 0.5 * last_velocity
        sample = sample + (following - angle) * change
        last_velocity = velocity
    return sample
