"""Motion encoder of the published autoencoder: a masked portrait -> its motion code.

The encoder of LIA (Wang et al. 2022), itself that of StyleGAN2's discriminator. Names follow the published state dict.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.networks.autoencoder_configuration import CODE_SIDE, AutoencoderConfig


def at_image_size(image: Tensor, size: int) -> Tensor:
    """(B, 3, H, W) -> (B, 3, size, size): bilinear, half-pixel centres, no antialiasing; unchanged when it fits."""
    if image.shape[-1] == size:
        return image
    return F.interpolate(image, (size, size), mode="bilinear", align_corners=False, antialias=False)


class EqualConv(nn.Module):
    """A convolution without bias whose weight is multiplied by 1 / sqrt(fan in) at run time."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.scale = 1 / math.sqrt(inputs * kernel * kernel)
        self.stride, self.padding = stride, padding

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight * self.scale, stride=self.stride, padding=self.padding)


class BiasedLeaky(nn.Module):
    """sqrt(2) leaky(x + bias, 0.2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x + self.bias, 0.2) * math.sqrt(2)


class Blur(nn.Module):
    """Depthwise 4 x 4 binomial filter, zeros outside."""

    kernel: Tensor

    def __init__(self, padding: int) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
        self.register_buffer("kernel", torch.outer(taps, taps) / 64)
        self.padding = padding

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        return F.conv2d(x, self.kernel.expand(channels, 1, 4, 4), padding=self.padding, groups=channels)


class DownBlock(nn.Module):
    """Half the size; the sum with the skip is divided by sqrt(2)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(EqualConv(inputs, inputs, 3, padding=1), BiasedLeaky(inputs))
        self.conv2 = nn.Sequential(Blur(2), EqualConv(inputs, outputs, 3, stride=2), BiasedLeaky(outputs))
        self.skip = nn.Sequential(Blur(1), EqualConv(inputs, outputs, 1, stride=2))

    def forward(self, x: Tensor) -> Tensor:
        return (self.conv2(self.conv1(x)) + self.skip(x)) / math.sqrt(2)


class MotionEncoder(nn.Module):
    """One convolution, halvings (seven as published) and a last convolution over the remaining 4 x 4."""

    def __init__(self, config: AutoencoderConfig | None = None) -> None:
        super().__init__()
        config = config or AutoencoderConfig()
        self.image, channels = config.image, config.encoder
        self.convs = nn.ModuleList([nn.Sequential(EqualConv(3, channels[0], 1), BiasedLeaky(channels[0]))])
        self.convs.extend(DownBlock(*pair) for pair in zip(channels[:-1], channels[1:], strict=True))
        self.convs.append(EqualConv(channels[-1], config.motion, CODE_SIDE))

    def forward(self, image: Tensor) -> Tensor:
        """Masked portrait (B, 3, H, W) in -1 to 1 -> motion code (B, 512)."""
        x = at_image_size(image, self.image)
        for block in self.convs:
            x = block(x)
        return x.flatten(1)
