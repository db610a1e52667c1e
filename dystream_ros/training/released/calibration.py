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

NAMES = (*ARKIT_NAMES, *POSE_NAMES)
RIDGES = 10.0 ** np.arange(-6, 3)
LEAST_PICTURES = 200

Draw = Callable[[np.ndarray], np.ndarray]  # a motion (motion,) -> a picture (H, W, 3), uint8, BGR
Read = Callable[[np.ndarray], np.ndarray | None]  # a picture -> 52 coefficients and 6 of the pose, or None: no face


@dataclass(frozen=True)
class Calibration:
    """A fitted readout and what it was fitted on.

    Attributes:
        readout: coordinates to coefficients and pose.
        ridge: strength of the regularisation that did best on held-out pictures.
        pictures: how many were read; `lost` had no face in them.
    """

    readout: Readout
    ridge: float
    pictures: int
    lost: int

    def table(self) -> str:
        """Quality of each coefficient as Markdown, best first."""
        quality = self.readout.quality.numpy()
        lines = ["| coefficient | correlation with the landmarker, held out |", "|---|---|"]
        lines += [f"| {NAMES[index]} | {quality[index]:.3f} |" for index in np.argsort(-quality)]
        return "\n".join(lines) + "\n"


def ridge_regression(x: np.ndarray, y: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Weight (outputs, inputs) and bias (outputs,) of y (n, outputs) from x (n, inputs), scaled by their spread."""
    mean, spread = x.mean(0), x.std(0) + 1e-9
    z = (x - mean) / spread
    gram = z.T @ z + strength * len(z) * np.eye(x.shape[1])
    weight = np.linalg.solve(gram, z.T @ (y - y.mean(0))).T / spread
    return weight, y.mean(0) - weight @ mean


def correlations(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Correlation of each column (n, outputs) -> (outputs,); 0 where one of them does not vary."""
    p, t = predicted - predicted.mean(0), true - true.mean(0)
    scale = np.sqrt((p**2).sum(0) * (t**2).sum(0))
    return np.divide((p * t).sum(0), scale, out=np.zeros(p.shape[1]), where=scale > 1e-9)


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
    held = np.arange(len(readings)) % 5 == 4
    fits = [ridge_regression(coordinates[~held], readings[~held], strength) for strength in RIDGES]
    errors = [((coordinates[held] @ w.T + b - readings[held]) ** 2).mean() for w, b in fits]
    best = int(np.argmin(errors))
    w, b = fits[best]
    quality = correlations(coordinates[held] @ w.T + b, readings[held])
    tensors = (torch.from_numpy(part).float() for part in (w, b, quality))
    readout = Readout(weight.float().cpu(), bias.float().cpu(), *tensors)
    return Calibration(readout, float(RIDGES[best]), len(motions), int((~seen).sum()))
