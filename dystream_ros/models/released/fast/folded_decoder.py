"""The SPADE decoder with its constants folded: the same picture for about a fifth less arithmetic.

Folded:
- the division by the spectral norm;
- batch norm into its convolution;
- scale and shift of a norm into one convolution;
- the hidden maps of one condition into one convolution, at the condition's own size (`EnlargedConvolution`);
- the shortcut's 1 x 1 convolution into its shift.

Biases that an instance norm removes again are dropped. It runs in bfloat16, but float16 overflows.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.fast.enlarged_convolution import EnlargedConvolution
from dystream_ros.models.released.networks.appearance_encoder import NormedConv
from dystream_ros.models.released.networks.containers import modules_of
from dystream_ros.models.released.networks.face_generator import FaceGenerator
from dystream_ros.models.released.networks.spade import SpadeBlock, SpadeNorm


class Convolution(nn.Module):
    """Same-size convolution with fixed weights, channels last."""

    weight: Tensor
    bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> None:
        super().__init__()
        self.register_buffer("weight", weight.detach().to(dtype).contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", None if bias is None else bias.detach().to(dtype))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, self.bias, padding=self.weight.shape[-1] // 2)


def modulation(norm: SpadeNorm, dtype: torch.dtype) -> Convolution:
    """1 + scale and shift of a norm, stacked, as one convolution of its hidden map."""
    pair = (norm.mlp_gamma, norm.mlp_beta)
    bias = torch.cat((1 + bias_of(norm.mlp_gamma), bias_of(norm.mlp_beta)))
    return Convolution(torch.cat([layer.weight for layer in pair]), bias, dtype)


def bias_of(layer: nn.Conv2d) -> Tensor:
    """The bias of a convolution that has one."""
    assert layer.bias is not None
    return layer.bias


def instance_normed(x: Tensor) -> Tensor:
    """Zero mean and unit variance of each channel, statistics in float32, in the dtype of x."""
    variance, mean = torch.var_mean(x.float(), (2, 3), correction=0, keepdim=True)
    deviation = torch.rsqrt(variance + 1e-5)
    return torch.addcmul((-mean * deviation).to(x.dtype), x, deviation.to(x.dtype))


class FoldedSpadeBlock(nn.Module):
    """A SPADE block that receives its hidden maps."""

    def __init__(self, block: SpadeBlock, keep_bias: bool, dtype: torch.dtype) -> None:
        super().__init__()
        self.norm_0, self.norm_1 = modulation(block.norm_0, dtype), modulation(block.norm_1, dtype)
        self.conv_0 = Convolution(block.conv_0.normalised(), None, dtype)
        self.conv_1 = Convolution(block.conv_1.normalised(), block.conv_1.bias if keep_bias else None, dtype)
        self.shortcut_scale: Convolution | None = None
        if block.learned_shortcut:
            norm, across = block.norm_s, block.conv_s.normalised()  # (outputs, inputs, 1, 1)
            self.shortcut_scale = Convolution(norm.mlp_gamma.weight, 1 + bias_of(norm.mlp_gamma), dtype)
            self.shortcut = Convolution(across, None, dtype)
            through = across.detach().double()[:, :, 0, 0]
            shift = torch.einsum("oi,ihyx->ohyx", through, norm.mlp_beta.weight.detach().double())
            self.shortcut_shift = Convolution(shift, through @ bias_of(norm.mlp_beta).detach().double(), dtype)

    def forward(self, x: Tensor, hidden: tuple[Tensor, ...]) -> Tensor:
        """x (B, inputs, H, W) and the hidden maps (B, 128, H, W) of norm_0, norm_1 and, if any, the shortcut's."""
        normed = instance_normed(x)
        if self.shortcut_scale is not None:
            x = self.shortcut(normed * self.shortcut_scale(hidden[2])) + self.shortcut_shift(hidden[2])
        scale, shift = self.norm_0(hidden[0]).chunk(2, 1)
        y = self.conv_0(F.leaky_relu(torch.addcmul(shift, normed, scale), 0.2))
        scale, shift = self.norm_1(hidden[1]).chunk(2, 1)
        return x + self.conv_1(F.leaky_relu(torch.addcmul(shift, instance_normed(y), scale), 0.2))


def hidden_convolution(norms: list[SpadeNorm]) -> tuple[Tensor, Tensor]:
    """Weight and bias of the hidden maps of several norms as one convolution."""
    layers = [layer for norm in norms for layer in modules_of(norm.mlp_shared, nn.Conv2d)]
    return torch.cat([layer.weight for layer in layers]), torch.cat([bias_of(layer) for layer in layers])


def with_batch_norm(layer: NormedConv) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution with the batch norm after it, folded in float64."""
    norm = layer.norm
    mean, variance = norm.get_buffer("running_mean").double(), norm.get_buffer("running_var").double()
    gain = norm.weight.detach().double() / torch.sqrt(variance + norm.eps)
    bias = (bias_of(layer.conv).detach().double() - mean) * gain + norm.bias.detach().double()
    return layer.conv.weight.detach().double() * gain[:, None, None, None], bias


class FoldedDecoder(nn.Module):
    """Warped volume (B, 32, 16, 64, 64) -> picture (B, 3, 512, 512), float32, -1 to 1."""

    def __init__(self, generator: FaceGenerator, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype
        self.occlusion = Convolution(generator.occlusion.weight, generator.occlusion.bias, dtype)
        (first,) = modules_of([generator.projection["1"]], NormedConv)
        (second,) = modules_of([generator.projection["2"]], nn.Conv2d)
        self.projection_1 = Convolution(*with_batch_norm(first), dtype)
        self.projection_2 = Convolution(second.weight, second.bias, dtype)
        self.entry = Convolution(generator.fc.weight, None, dtype)
        middle = generator.middle_blocks
        self.middle = nn.ModuleList(FoldedSpadeBlock(block, keep_bias=False, dtype=dtype) for block in middle)
        norms = [norm for block in middle for norm in (block.norm_0, block.norm_1)]
        self.middle_hidden = Convolution(*hidden_convolution(norms), dtype)
        self.up, self.up_hidden = nn.ModuleList(), nn.ModuleList()
        blocks = generator.up_blocks
        for index, block in enumerate(blocks, start=1):
            scale = 2**index
            # An instance norm removes the bias of all but the last block.
            self.up.append(FoldedSpadeBlock(block, index == len(blocks), dtype))
            weights = hidden_convolution([block.norm_0, block.norm_1, block.norm_s])
            self.up_hidden.append(EnlargedConvolution(*weights, scale, dtype))
        (image,) = modules_of(generator.conv_img, nn.Conv2d)
        self.image = Convolution(image.weight, image.bias, dtype)

    def forward(self, warped: Tensor) -> Tensor:
        """Warped volume (B, 32, 16, 64, 64) -> picture (B, 3, 512, 512), float32, -1 to 1."""
        flat = warped.flatten(1, 2).to(self.dtype).contiguous(memory_format=torch.channels_last)
        condition = self.projection_2(F.leaky_relu(self.projection_1(flat), 0.01))
        condition = condition * torch.sigmoid(self.occlusion(flat))
        x = self.entry(condition)
        hidden = F.relu(self.middle_hidden(condition)).chunk(2 * len(self.middle), 1)
        for index, block in enumerate(self.middle):
            x = block(x, hidden[2 * index : 2 * index + 2])
        for block, enlarge in zip(self.up, self.up_hidden, strict=True):
            x = block(F.interpolate(x, scale_factor=2, mode="nearest"), enlarge(condition).chunk(3, 1))
        x = self.image(F.leaky_relu(x, 0.2))
        return torch.tanh(F.pixel_shuffle(x, 2).float())
