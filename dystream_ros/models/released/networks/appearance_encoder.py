"""Appearance encoder of the published autoencoder: a portrait -> a volume of features that motion warps.

After face-vid2vid (Wang et al. 2021). Names follow the published state dict.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.networks.autoencoder_configuration import AutoencoderConfig
from dystream_ros.models.released.networks.motion_encoder import at_image_size


class NormedConv(nn.Module):
    """3 x 3 convolution, batch norm with its running statistics."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))


class VolumeBlock(nn.Module):
    """x + conv(ReLU(norm(conv(ReLU(norm(x)))))) in three dimensions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm3d(channels), nn.BatchNorm3d(channels)
        self.conv1 = nn.Conv3d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv3d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(F.relu(self.norm1(x)))
        return x + self.conv2(F.relu(self.norm2(y)))


class AppearanceEncoder(nn.Module):
    """Portrait -> volume of features; as published 64 channels at full size, three halvings, six blocks in depth."""

    def __init__(self, config: AutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or AutoencoderConfig()
        width = config.appearance
        self.first = NormedConv(3, width)
        self.down_blocks = nn.ModuleList(
            NormedConv(width << level, width << level + 1) for level in range(config.halvings)
        )
        self.second = nn.Conv2d(width << config.halvings, config.channels * config.depth, 1)
        self.resblocks_3d = nn.ModuleDict(
            {f"3dr{index}": VolumeBlock(config.channels) for index in range(config.volume_blocks)}
        )

    def forward(self, image: Tensor) -> Tensor:
        """Portrait (B, 3, H, W) in -1 to 1 -> volume (B, 32, 16, 64, 64); depth varies fastest among the channels."""
        x = F.relu(self.first(at_image_size(image, self.config.image)))
        for block in self.down_blocks:
            x = F.avg_pool2d(F.relu(block(x)), 2)
        x = self.second(x).unflatten(1, self.config.volume[:2])
        for block in self.resblocks_3d.values():
            x = block(x)
        return x
