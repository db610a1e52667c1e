"""Warping of the published autoencoder: a motion code -> a flow field -> the warped volume of features.

Names follow the published state dict. This part is 7 % of the picture's cost and needs float32.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.networks.autoencoder_configuration import CODE_SIDE

_CHANNELS_PER_GROUP = 32


class AdaptiveGroupNorm(nn.Module):
    """Group norm whose scale w and shift b per channel come from the motion: x w + b, not x (1 + w) + b."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.u = nn.Parameter(torch.randn(channels, width) / width**0.5)
        self.v = nn.Parameter(torch.randn(CODE_SIDE**2, 2) / CODE_SIDE)
        self.groups = max(1, channels // _CHANNELS_PER_GROUP)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """x (B, C, D, H, W), condition (B, 512, 16) -> (B, C, D, H, W)."""
        scale, shift = ((self.u @ condition) @ self.v)[..., None, None, None].unbind(2)
        return F.group_norm(x, self.groups) * scale + shift


class StandardisedConv(nn.Conv3d):
    """Convolution whose weight is standardised for each output channel (Qiao et al. 2019)."""

    def standardised(self) -> Tensor:
        """The weight with zero mean and unit deviation per output channel."""
        centred = self.weight - self.weight.mean((1, 2, 3, 4), keepdim=True)
        deviation = centred.flatten(1).std(1) + 1e-5
        return centred / deviation[:, None, None, None, None]

    def forward(self, x: Tensor) -> Tensor:
        return F.conv3d(x, self.standardised(), padding=1)


class WarpBlock(nn.Module):
    """Two convolutions in three dimensions, each after a modulated norm, beside a convolution of the input."""

    def __init__(self, inputs: int, outputs: int, width: int) -> None:
        super().__init__()
        self.skip_layer = nn.Conv3d(inputs, outputs, 3, padding=1, bias=False)
        self.agn1 = AdaptiveGroupNorm(inputs, width)
        self.conv1 = StandardisedConv(inputs, outputs, 3, padding=1, bias=False)
        self.agn2 = AdaptiveGroupNorm(outputs, width)
        self.conv2 = nn.Conv3d(outputs, outputs, 3, padding=1, bias=False)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        y = self.conv1(F.relu(self.agn1(x, condition)))
        y = self.conv2(F.relu(self.agn2(y, condition)))
        return y + self.skip_layer(x)


def identity_grid(depth: int, height: int, width: int, like: Tensor) -> Tensor:
    """(depth, height, width, 3), last axis (x, y, z), each from -1 to 1 with both ends."""
    z, y, x = (torch.linspace(-1, 1, size, device=like.device, dtype=like.dtype) for size in (depth, height, width))
    grid = torch.meshgrid(z, y, x, indexing="ij")
    return torch.stack(grid[::-1], -1)


def warp_volume(volume: Tensor, deltas: Tensor) -> Tensor:
    """Sample volume (B, C, D, H, W) at the identity grid plus deltas (B, D, H, W, 3).

    The grid reaches the corners although sampling does not align them, so zero deltas shrink the volume a little. The
    published weights were trained this way.
    """
    depth, height, width = deltas.shape[1:4]
    grid = identity_grid(depth, height, width, like=deltas) + deltas
    return F.grid_sample(volume, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
