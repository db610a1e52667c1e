"""The warp with its constants computed once; in float32, since the picture is most sensitive to it."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.networks.autoencoder_configuration import CODE_SIDE
from dystream_ros.models.released.networks.face_generator import FaceGenerator
from dystream_ros.models.released.networks.warping import AdaptiveGroupNorm, WarpBlock, identity_grid


class FoldedAdaptiveNorm(nn.Module):
    """The same product (u @ condition) @ v, its small factor first."""

    u: Tensor
    v: Tensor

    def __init__(self, norm: AdaptiveGroupNorm) -> None:
        super().__init__()
        self.register_buffer("u", norm.u.detach().clone())
        self.register_buffer("v", norm.v.detach().clone())
        self.groups = norm.groups

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift = (self.u @ (condition @ self.v)).unbind(2)
        batch, channels = x.shape[:2]
        # Group norm and its modulation are one scale and one shift per channel.
        grouped = x.reshape(batch, self.groups, -1)
        variance, mean = torch.var_mean(grouped, -1, correction=0)
        deviation = torch.rsqrt(variance + 1e-5).repeat_interleave(channels // self.groups, 1)
        mean = mean.repeat_interleave(channels // self.groups, 1)
        scale = scale * deviation
        shift = shift - mean * scale
        return torch.addcmul(shift[..., None, None, None], x, scale[..., None, None, None])


class FoldedWarpBlock(nn.Module):
    """Nearest enlargement commutes with the norms and the ReLU, so those run on the small volume."""

    skip: Tensor
    first: Tensor
    second: Tensor

    def __init__(self, block: WarpBlock, growth: tuple[int, int, int]) -> None:
        super().__init__()
        self.growth = growth
        self.norm1, self.norm2 = FoldedAdaptiveNorm(block.agn1), FoldedAdaptiveNorm(block.agn2)
        self.register_buffer("skip", block.skip_layer.weight.detach().clone())
        self.register_buffer("first", block.conv1.standardised().detach())
        self.register_buffer("second", block.conv2.weight.detach().clone())

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        y = F.relu(self.norm1(x, condition))
        y = F.conv3d(F.interpolate(y, scale_factor=self.growth, mode="nearest"), self.first, padding=1)
        y = F.conv3d(F.relu(self.norm2(y, condition)), self.second, padding=1)
        return y + F.conv3d(F.interpolate(x, scale_factor=self.growth, mode="nearest"), self.skip, padding=1)


class FoldedWarp(nn.Module):
    """Code (B, 512) and volume -> warped volume."""

    extend: Tensor
    first: Tensor
    norm_weight: Tensor
    norm_bias: Tensor
    last: Tensor
    grid: Tensor

    def __init__(self, generator: FaceGenerator) -> None:
        super().__init__()
        self.register_buffer("extend", generator.extend_layer.weight.detach().clone())
        self.register_buffer("first", generator.conv1.weight.detach().clone())
        self.blocks = nn.ModuleList(
            FoldedWarpBlock(block, growth)
            for block, growth in zip(generator.warp_blocks, generator.config.growth, strict=True)
        )
        self.register_buffer("norm_weight", generator.gn.weight.detach().clone())
        self.register_buffer("norm_bias", generator.gn.bias.detach().clone())
        self.register_buffer("last", generator.conv2.weight.detach().clone())
        self.register_buffer("grid", identity_grid(*generator.config.volume[1:], like=self.last))

    def forward(self, code: Tensor, volume: Tensor) -> Tensor:
        """Code (B, 512), volume (B, 32, 16, 64, 64) -> warped volume of the same shape."""
        z = F.linear(code, self.extend).unflatten(1, (-1, CODE_SIDE, CODE_SIDE))
        x = F.conv2d(z, self.first).unflatten(1, (-1, CODE_SIDE))
        condition = z.flatten(2)
        for block in self.blocks:
            x = block(x, condition)
        x = F.relu(F.group_norm(x, 1, self.norm_weight, self.norm_bias))
        deltas = torch.tanh(F.conv3d(x, self.last, padding=1)).permute(0, 2, 3, 4, 1)
        return F.grid_sample(volume, self.grid + deltas, mode="bilinear", padding_mode="zeros", align_corners=False)
