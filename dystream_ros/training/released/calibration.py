"""Named coefficients from latent motions: pictures of motions are read by a landmarker, and a ridge regression fitted.

Only the 64 coordinates of a motion reach the picture, so nothing else can tell what the landmarker will see.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES
from dystream_ros.models.released.readout import Readout
from dystream_ros.training.released.regression import best_ridge

NAMES = (*ARKIT_NAMES, *POSE_NAMES)
LEAST_PICTURES = 200

Draw = Callable[[np.ndarray], np.ndarray]  # a motion (motion,) -> a picture (H, W, 3), uint8, BGR
Read = Callable[[np.ndarray], np.ndarray | None]  # a picture -> 52 coefficients and 6 of the pose, or None: no face


@dataclass(frozen=True)
class Calibration:
    """A fitted readout and what it was fitted on.

    Attributes:
        readout: coordinates to coefficients and pose.
        pictures: how many were read; `lost` had no face in them.
    """

    readout: Readout
    pictures: int
    lost: int

    def table(self) -> str:
        """Quality of each coefficient as Markdown, best first."""
        quality = self.readout.quality.numpy()
        lines = ["| coefficient | correlation with the landmarker, held out |", "|---|---|"]
        lines += [f"| {NAMES[index]} | {quality[index]:.3f} |" for index in np.argsort(-quality)]
        return "\n".join(lines) + "\n"


def calibrate(motions: np.ndarray, weight: torch.Tensor, bias: torch.Tensor, draw: Draw, read: Read) -> Calibration:
    """Fit the readout of a renderer.

    Args:
        motions: float32 (n, motion), sampled from generated motion; every fifth is held out.
        weight, bias: (64, motion) and (64,), of the flow estimator (`FlowEstimator.affine`).
        draw, read: the renderer and the landmarker.

    Raises:
        ValueError: too few motions, or too few pictures with a face in them.
    """
    if len(motions) < LEAST_PICTURES:
        raise ValueError(f"got {len(motions)} motions; give at least {LEAST_PICTURES}")
    numbers = [read(draw(motion)) for motion in motions]
    seen = np.array([reading is not None for reading in numbers])
    if seen.sum() < LEAST_PICTURES:
        raise ValueError(
            f"a face was found in {seen.sum()} of {len(seen)} pictures, at least {LEAST_PICTURES} are needed: "
            "is this the right portrait, and are these trained weights?"
        )
    readings = np.stack([reading for reading in numbers if reading is not None]).astype(np.float64)
    coordinates = motions[seen].astype(np.float64) @ weight.numpy().T.astype(np.float64) + bias.numpy()
    w, b, quality = best_ridge(coordinates, readings)
    tensors = (torch.from_numpy(part).float() for part in (w, b, quality))
    readout = Readout(weight.float().cpu(), bias.float().cpu(), *tensors)
    return Calibration(readout, len(motions), int((~seen).sum()))
