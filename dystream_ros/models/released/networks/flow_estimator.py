"""Flow estimator of the published autoencoder: source and target motion -> the code that warps.

Linear motion decomposition of LIA (Wang et al. 2022): only a motion's projection on 64 orthogonal directions reaches
the picture.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.networks.containers import modules_of

DIRECTIONS = 64


class EqualLinear(nn.Module):
    """Linear layer whose weight, but not its bias, is multiplied by 1 / sqrt(fan in)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = 1 / math.sqrt(inputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * self.scale, self.bias)


class Direction(nn.Module):
    """The directions of motion that reach the picture, before orthonormalisation."""

    def __init__(self, width: int, directions: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width, directions))

    def basis(self) -> Tensor:
        """(width, directions), orthonormal: the Q of the Householder QR with LAPACK's signs of the columns.

        A Q with other signs is another model, so it is always computed on the CPU.
        """
        return torch.linalg.qr(self.weight.cpu() + 1e-8)[0].to(self.weight.device)


class FlowEstimator(nn.Module):
    """Source and target motion -> the code that warps."""

    def __init__(self, width: int = 512, directions: int = DIRECTIONS) -> None:
        super().__init__()
        outputs = [width] * 4 + [directions]
        self.fc = nn.Sequential(*(EqualLinear(width, size) for size in outputs))
        self.direction = Direction(width, directions)

    def coordinates(self, target: Tensor) -> Tensor:
        """Motion (B, 512) -> its 64 coordinates (B, 64): five linear layers in a row, so an affine map."""
        return self.fc(target)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Motions (B, 512) each -> the code that warps (B, 512). `forward(x, x)` is not x."""
        return source + self.coordinates(target) @ self.direction.basis().T

    def affine(self) -> tuple[Tensor, Tensor]:
        """Weight (64, 512) and bias (64,) of `coordinates`, folded in float64."""
        layers = modules_of(self.fc, EqualLinear)
        first = layers[0].weight
        weight = torch.eye(first.shape[1], dtype=torch.float64, device=first.device)
        bias = torch.zeros(first.shape[1], dtype=torch.float64, device=first.device)
        for layer in layers:
            scaled = layer.weight.detach().double() * layer.scale
            weight, bias = scaled @ weight, scaled @ bias + layer.bias.detach().double()
        return weight.float(), bias.float()
