"""Tells painted pictures from true ones: the discriminator of StyleGAN2 (Karras et al. 2020), and the GAN losses."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.networks.autoencoder_configuration import CODE_SIDE, AutoencoderConfig
from dystream_ros.models.released.networks.flow_estimator import EqualLinear
from dystream_ros.models.released.networks.motion_encoder import BiasedLeaky, DownBlock, EqualConv


class Discriminator(nn.Module):
    """The blocks of the motion encoder, the deviation within the batch, one convolution and two linear layers."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        channels = config.encoder
        self.blocks = nn.Sequential(
            EqualConv(3, channels[0], 1),
            BiasedLeaky(channels[0]),
            *(DownBlock(*pair) for pair in zip(channels[:-1], channels[1:], strict=True)),
        )
        last = channels[-1]
        self.joint = nn.Sequential(EqualConv(last + 1, last, 3, padding=1), BiasedLeaky(last))
        self.first, self.second = EqualLinear(last * CODE_SIDE**2, last), EqualLinear(last, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Pictures (B, 3, size, size) in -1 to 1 -> logits (B,), positive for true pictures."""
        x = self.blocks(image)
        deviation = x.float().var(0, correction=0).add(1e-8).sqrt().mean().to(x.dtype)
        x = self.joint(torch.cat([x, deviation.expand(x.shape[0], 1, *x.shape[2:])], 1))
        return self.second(F.leaky_relu(self.first(x.flatten(1)), 0.2))[:, 0]


def painters_loss(kind: str, painted: Tensor) -> Tensor:
    """Loss of the painter from the logits (B,) of its pictures: non-saturating (Goodfellow 2014) or hinge."""
    return -painted.mean() if kind == "hinge" else F.softplus(-painted).mean()


def discriminators_loss(kind: str, true: Tensor, painted: Tensor) -> Tensor:
    """Loss of the discriminator from the logits (B,) of true and of painted pictures."""
    if kind == "hinge":
        return F.relu(1 - true).mean() + F.relu(1 + painted).mean()
    return F.softplus(-true).mean() + F.softplus(painted).mean()
