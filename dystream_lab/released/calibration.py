"""Calibration: named coefficients from latent motions, by ridge regression on readings of rendered pictures.

The picture depends on 64 coordinates of a motion only; they are the regressors.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from dystream_lab.released.regression import HELD_OUT, best_ridge, correlations
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES
from dystream_ros.models.released.files.readout import Readout

NAMES = (*ARKIT_NAMES, *POSE_NAMES)
LEAST_PICTURES = 200
_MOSTLY = (5, 95)  # percentiles: usual range of a coefficient

Numbers = Callable[[np.ndarray], np.ndarray]  # looks (n, k) -> 52 coefficients and 6 of the pose (n, 58)
Expect = Callable[[np.ndarray], np.ndarray | None]  # coefficients and pose (58,) -> look of their mesh picture


@dataclass(frozen=True)
class Calibration:
    """A fitted readout and its quality.

    Attributes:
        readout: coordinates to coefficients and pose.
        pictures: number of pictures; `lost` of them had no face.
        moved: (58,), usual range of each value, 5th to 95th percentile of the readout on the motions.
        found: (58,), correlation of recovered with true values for the same calibration on pictures of the mesh
            renderer; None without that renderer.
    """

    readout: Readout
    pictures: int
    lost: int
    moved: np.ndarray
    found: np.ndarray | None = None

    def table(self) -> str:
        """Quality of each coefficient as Markdown, best first."""
        columns = {"follows readings held out": self.readout.quality.numpy(), "moves by": self.moved}
        if self.found is not None:
            columns = {"found again on the mesh": self.found} | columns
        best, *_ = columns.values()
        lines = [f"| coefficient | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
        for index in np.argsort(-best):
            figures = " | ".join(f"{column[index]:.2f}" for column in columns.values())
            lines.append(f"| {NAMES[index]} | {figures} |")
        return "\n".join(lines) + "\n"


def calibrate(
    motions: np.ndarray,
    weight: torch.Tensor,
    bias: torch.Tensor,
    looks: Sequence[np.ndarray | None],
    numbers: Numbers,
    expect: Expect | None = None,
) -> Calibration:
    """Fits the readout of a renderer.

    With `expect`, the mesh renderer draws the fitted coefficients of each motion, and half of the difference between
    these coefficients and their reading is added to the reading of the motion. The reason: the reader is trained on
    other expressions than it reads here, and the effect of a coefficient depends on the others. Only half is added,
    because the mesh differs from the decoder.

    Args:
        motions: float32 (n, motion), sampled from generated motion; every fifth is held out.
        weight, bias: (64, motion) and (64,), of the flow estimator (`FlowEstimator.affine`).
        looks: reading of the picture of each motion, None without a face.
        numbers, expect: of the reader.

    Raises:
        ValueError: too few motions, or too few pictures with a face in them.
    """
    if len(motions) < LEAST_PICTURES:
        raise ValueError(f"got {len(motions)} motions; give at least {LEAST_PICTURES}")
    seen = np.array([look is not None for look in looks])
    if seen.sum() < LEAST_PICTURES:
        raise ValueError(
            f"a face was found in {seen.sum()} of {len(seen)} pictures, at least {LEAST_PICTURES} are needed: "
            "is this the right portrait, and are these trained weights?"
        )
    shown = np.stack([look for look in looks if look is not None])
    coordinates = motions[seen].astype(np.float64) @ weight.numpy().T.astype(np.float64) + bias.numpy()
    readings, found = numbers(shown).astype(np.float64), None
    w, b, quality = best_ridge(coordinates, readings)
    if expect is not None:
        readings, found = _compared(coordinates, coordinates @ w.T + b, shown, numbers, expect)
        w, b, quality = best_ridge(coordinates, readings)
    low, high = np.percentile(coordinates @ w.T + b, _MOSTLY, axis=0)
    tensors = (torch.from_numpy(part).float() for part in (w, b, quality))
    readout = Readout(weight.float().cpu(), bias.float().cpu(), *tensors)
    return Calibration(readout, len(motions), int((~seen).sum()), high - low, found)


def _compared(
    coordinates: np.ndarray, guesses: np.ndarray, shown: np.ndarray, numbers: Numbers, expect: Expect
) -> tuple[np.ndarray, np.ndarray]:
    """Readings (n, 58) corrected by the mesh's pictures of guesses (n, 58), and the correlations (58,) of `found`."""
    guesses = guesses.copy()
    guesses[:, : len(ARKIT_NAMES)] = guesses[:, : len(ARKIT_NAMES)].clip(0, 1)
    expected = [expect(guess) for guess in guesses]
    drawn = np.array([look is not None for look in expected])
    on_mesh = numbers(np.stack([look for look in expected if look is not None])).astype(np.float64)
    readings = numbers(shown).astype(np.float64)
    readings[drawn] += 0.5 * (guesses[drawn] - on_mesh)
    w, b, _ = best_ridge(coordinates[drawn], on_mesh)
    held = np.arange(drawn.sum()) % HELD_OUT == HELD_OUT - 1
    again = coordinates[drawn][held] @ w.T + b
    return readings, correlations(again, guesses[drawn][held])
