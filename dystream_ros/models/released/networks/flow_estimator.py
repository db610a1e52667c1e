"""Flow estimator of the published autoencoder: what of a motion reaches the picture.

Linear motion decomposition of LIA (Wang et al. 2022): only a projection of a motion on 64 orthogonal directions counts.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DIRECTIONS = 64


class EqualLinear(nn.Module):
    """Linear layer whose weight is multiplied by 1 / sqrt(fan in); the bias is not."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = 1 / math.sqrt(inputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * self.scale, self.bias)


class Direction(nn.Module):
    """The directions of motion that reach the picture, before they are made orthonormal."""

    def __init__(self, width: int, directions: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width, directions))

    def basis(self) -> Tensor:
        """(width, directions), orthonormal: the Q of the Householder QR, whose column signs are LAPACK's.

        A Q with other signs is another model, so it is always computed on the CPU, and once.
        """
        return torch.linalg.qr(self.weight.detach().cpu() + 1e-8)[0].to(self.weight.device)


class FlowEstimator(nn.Module):
    """Source and target motion -> the code that warps."""

    def __init__(self, width: int = 512, directions: int = DIRECTIONS) -> None:
        super().__init__()
        outputs = [width] * 4 + [directions]
        self.fc = nn.Sequential(*(EqualLinear(width, size) for size in outputs))
        self.direction = Direction(width, directions)

    def coordinates(self, target: Tensor) -> Tensor:
        """Motion (B, 512) -> its 64 coordinates (B, 64): five linear layers with nothing between, so an affine map."""
        return self.fc(target)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Motions (B, 512) each -> the code that warps (B, 512). `forward(x, x)` is not x."""
        return source + self.coordinates(target) @ self.direction.basis().T

    def affine(self) -> tuple[Tensor, Tensor]:
        """Weight (64, 512) and bias (64,) of `coordinates`, folded in float64."""
        device = self.fc[0].weight.device
        weight = torch.eye(self.fc[0].weight.shape[1], dtype=torch.float64, device=device)
        bias = torch.zeros(weight.shape[0], dtype=torch.float64, device=device)
        for layer in self.fc:
            scaled = layer.weight.detach().double() * layer.scale
            weight, bias = scaled @ weight, scaled @ bias + layer.bias.detach().double()
        return weight.float(), bias.float()
