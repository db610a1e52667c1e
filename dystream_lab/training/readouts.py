"""The losses of the linear readouts of an audio encoder: lips, their gaps, and phones.

The phone readout exists in training only: the lips confuse phones that sound alike (N and M, D and B, K and P).
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch.nn import functional as F

from dystream_lab.speech.phones import UNKNOWN_ID
from dystream_ros.face.aperture import aperture_weights, teeth_weights
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.models.compact.motion_space import MOTION, VALUES, MotionSpace

# Weight of each loss: lips, the gaps of the lips to each other and to the teeth, and phones.
_WEIGHTS = {"lips": 0.5, "lips_gap": 0.5, "lips_teeth": 0.25, "phones": 0.3}


def visible_gaps(space: MotionSpace) -> torch.Tensor:
    """(speech coefficients, 2): contribution of each to the gaps of the lips to each other and to the teeth."""
    gaps = torch.from_numpy(np.stack([aperture_weights(), teeth_weights()], axis=1))
    return torch.cat([gaps, torch.zeros(MOTION - VALUES, 2)])[space.speech]


def readout_losses(
    space: MotionSpace,
    gaps: torch.Tensor,
    lips: torch.Tensor,
    phone_logits: torch.Tensor,
    motion: torch.Tensor,
    phones: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """Errors of the readouts by name.

    Args:
        space: scales of motion.
        gaps: `visible_gaps` of this space.
        lips: (B, T, speech coefficients), normalised speech coefficients that were read.
        phone_logits: (B, T, phones) that were read.
        motion: (B, T, 58).
        phones: int64 (B, T), UNKNOWN_ID where they are not labelled.
    """
    error = lips - space.normalised(motion)[..., space.speech]
    jaw = space.deviation[ARKIT_INDEX["jawOpen"]]
    of_gaps = ((error.float() * space.deviation[space.speech]) @ gaps / jaw).square().mean((0, 1))
    # A batch may have no labelled phone at all: videos of people have none.
    known = (phones != UNKNOWN_ID).sum().clamp(min=1)
    wrong = F.cross_entropy(phone_logits.flatten(0, 1), phones.flatten(), ignore_index=UNKNOWN_ID, reduction="sum")
    return {
        "lips": error.square().mean(),
        "lips_gap": of_gaps[0],
        "lips_teeth": of_gaps[1],
        "phones": wrong / known,
    }


def readout_total(losses: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """The weighted sum of `readout_losses`."""
    return torch.stack([weight * losses[name] for name, weight in _WEIGHTS.items()]).sum()
