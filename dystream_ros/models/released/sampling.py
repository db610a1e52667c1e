"""What the published model samples with: its weights of guidance and its noise levels."""

import torch
from torch import Tensor

from dystream_ros.models.guidance import Guidance

PUBLISHED_GUIDANCE = Guidance(0.5, 0.5, 0.0, 1.0)


def sigma_schedule(steps: int) -> Tensor:
    """Noise levels (steps + 1,), float32: evenly from 1 to 0.001, then 0.

    `flow.euler_sample` integrates over them. The published velocity is (x - x0) / (sigma + 1e-9); what that adds is
    below the rounding of float32.

    Raises:
        ValueError: fewer than one step.
    """
    if steps < 1:
        raise ValueError(f"got {steps} sampling steps; give 1 or more (5 as published)")
    return torch.cat((torch.linspace(1.0, 0.001, steps), torch.zeros(1)))
