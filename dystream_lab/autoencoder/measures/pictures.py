"""Measures of pictures: PSNR, SSIM, and flicker."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from dystream_lab.autoencoder.networks.picture_losses import structural_similarity

Picture = NDArray[np.uint8]


def psnr(painted: Picture, true: Picture) -> float:
    """Peak signal-to-noise ratio in dB of two pictures uint8 (h, w, 3); at most 100, for equal ones."""
    error = np.square(painted.astype(np.float64) - true).mean()
    return float(min(100.0, 10 * np.log10(255**2 / max(error, 1e-9))))


def ssim(painted: Picture, true: Picture) -> float:
    """SSIM of two pictures uint8 (h, w, 3), window of 7 x 7, mean of the channels; 1 for equal ones."""
    one, other = (
        torch.from_numpy(part.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None] for part in (painted, true)
    )
    return float(structural_similarity(one, other))


def flicker(painted: Sequence[Picture], true: Sequence[Picture]) -> float:
    """Change from frame to frame that the true pictures do not have, in levels of 255.

    Mean absolute difference between the second differences in time of the painted and of the true pictures: slow
    errors and true motion do not count.

    Raises:
        ValueError: fewer than three pictures.
    """
    if len(painted) < 3:
        raise ValueError(f"flicker needs three pictures or more in a row, got {len(painted)}")
    changes = [np.diff(np.stack(row).astype(np.float32), 2, axis=0) for row in (painted, true)]
    return float(np.abs(changes[0] - changes[1]).mean())
