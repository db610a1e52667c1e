"""Differences between a painted and a true picture that need no weights: pixels, gradients, structure."""

import torch
import torch.nn.functional as F
from torch import Tensor

_WINDOW = 7  # pixels, of SSIM
_C1, _C2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2  # of SSIM (Wang et al. 2004), for a range of 2
_LEAST = 16  # pixels of the smallest scale


def pixel_loss(painted: Tensor, true: Tensor, weight: Tensor) -> Tensor:
    """Mean absolute difference of pictures (B, 3, H, W), weighted by `weight` (B, 1, H, W)."""
    return ((painted - true).abs() * weight).mean() / weight.mean()


def gradient_loss(painted: Tensor, true: Tensor, weight: Tensor) -> Tensor:
    """Mean absolute difference of the gradients, over the picture and its halves down to 16 pixels."""
    losses = []
    while True:
        for axis in (-1, -2):
            change = (painted.diff(dim=axis) - true.diff(dim=axis)).abs()
            losses.append((change * weight.narrow(axis, 1, weight.shape[axis] - 1)).mean() / weight.mean())
        if painted.shape[-1] // 2 < _LEAST:
            return torch.stack(losses).mean()
        painted, true, weight = (F.avg_pool2d(part, 2) for part in (painted, true, weight))


def structural_similarity(painted: Tensor, true: Tensor) -> Tensor:
    """SSIM (Wang et al. 2004) of pictures (B, 3, H, W) in -1 to 1, with a window of 7 x 7: (B,), 1 when equal."""
    one, other = F.avg_pool2d(painted, _WINDOW, 1), F.avg_pool2d(true, _WINDOW, 1)
    first = F.avg_pool2d(painted**2, _WINDOW, 1) - one**2
    second = F.avg_pool2d(true**2, _WINDOW, 1) - other**2
    both = F.avg_pool2d(painted * true, _WINDOW, 1) - one * other
    similarity = (2 * one * other + _C1) * (2 * both + _C2) / ((one**2 + other**2 + _C1) * (first + second + _C2))
    return similarity.mean((1, 2, 3))
