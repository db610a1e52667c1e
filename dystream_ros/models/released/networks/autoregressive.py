"""The autoregressive network of the published model: motion so far and audio of both parties -> the next motion.

DyStream (arXiv 2512.24408). Module names follow the published state dict. This is the plain forward pass, which the
golden vectors test; `fast/folded_network.py` computes the same with less arithmetic.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.networks.configuration import GeneratorConfig
from dystream_ros.models.released.networks.containers import modules_of


def rotary_angles(length: int, width: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine (length, width / 2) of position x 10000^(-2k / width) (Su et al., RoFormer, 2021)."""
    rates = 10_000.0 ** (-torch.arange(0, width, 2).float() / width)
    angles = torch.arange(length).float()[:, None] * rates
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate interleaved pairs of x (..., T, width) by the angles (T, width / 2)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


def sinusoidal_positions(length: int, width: int) -> Tensor:
    """(length, width): sine in even channels, cosine in odd ones (Vaswani et al. 2017)."""
    cos, sin = rotary_angles(length, width)
    return torch.stack((sin, cos), -1).flatten(-2)


class MultiHeadAttention(nn.Module):
    """Attention with the packed projection of the published checkpoint."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)

    def forward(self, queries: Tensor, keys: Tensor, values: Tensor, causal: bool = True) -> Tensor:
        """(B, T, width) each -> (B, T, width)."""
        weights, biases = self.in_proj_weight.chunk(3), self.in_proj_bias.chunk(3)
        q, k, v = (
            F.linear(x, weight, bias).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for x, weight, bias in zip((queries, keys, values), weights, biases, strict=True)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.out_proj(y.transpose(1, 2).flatten(-2))


class RotarySelfAttention(nn.Module):
    """Causal attention whose queries and keys are projected from the rotated input, values from the plain one."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attn = MultiHeadAttention(width, heads)

    def forward(self, x: Tensor) -> Tensor:
        cos, sin = (part.to(x) for part in rotary_angles(x.shape[1], x.shape[2]))
        rotated = rotate(x, cos, sin)
        return self.self_attn(rotated, rotated, x)


class PositionedSelfAttention(nn.Module):
    """Causal attention of the input plus its sinusoidal position."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attn = MultiHeadAttention(width, heads)

    def forward(self, x: Tensor) -> Tensor:
        x = x + sinusoidal_positions(x.shape[1], x.shape[2]).to(x)
        return self.self_attn(x, x, x)


class AnchorAttention(nn.Module):
    """Attention to the one anchor. The softmax over one key is 1, so queries do not matter and are not computed."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.cross_attn = MultiHeadAttention(width, heads)

    def forward(self, anchor: Tensor) -> Tensor:
        """(B, 1, width) -> (B, 1, width), to be added to every token."""
        attention = self.cross_attn
        value = F.linear(anchor, attention.in_proj_weight.chunk(3)[2], attention.in_proj_bias.chunk(3)[2])
        return attention.out_proj(value)


class Mlp(nn.Module):
    """Linear, exact GELU, linear."""

    def __init__(self, width: int, hidden: int, outputs: int | None = None) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width if outputs is None else outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """One block with pre-normalisation. The published `norm_anchor` feeds only queries that do not matter: left out."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        width = config.width
        self.norm1 = nn.LayerNorm(width)
        self.self_attn_rope = RotarySelfAttention(width, config.heads)
        self.cross_linear_audio = nn.Linear(width, width)
        self.cross_attn_anchor = AnchorAttention(width, config.heads)
        self.norm3 = nn.LayerNorm(width)
        self.self_attn_pos = PositionedSelfAttention(width, config.heads)
        self.norm4 = nn.LayerNorm(width)
        self.mlp = Mlp(width, config.hidden)

    def forward(self, x: Tensor, audio: Tensor, anchor: Tensor) -> Tensor:
        """x and audio (B, T, width), anchor (B, 1, width) -> (B, T, width)."""
        x = x + self.self_attn_rope(self.norm1(x))
        x = x + self.cross_linear_audio(audio)
        x = x + self.cross_attn_anchor(anchor)
        x = x + self.self_attn_pos(self.norm3(x))
        return x + self.mlp(self.norm4(x))


class TimeEmbedding(nn.Module):
    """Sinusoid of the whole-numbered timestep, cosine first, then two linear layers (Ho et al., DDPM, 2020)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.time_embedder = nn.ModuleDict({"linear_1": nn.Linear(width, width), "linear_2": nn.Linear(width, width)})

    def forward(self, sigma: Tensor) -> Tensor:
        """Noise levels (S,), 0 to 1 -> (S, width). The timestep is sigma x 1000, truncated."""
        half = self.width // 2
        rates = torch.exp(-math.log(10_000.0) * torch.arange(half, device=sigma.device) / half)
        angles = (sigma * 1000).long().float()[:, None] * rates
        first, second = modules_of(self.time_embedder.values(), nn.Linear)
        x = torch.cat((angles.cos(), angles.sin()), -1).to(first.weight)
        return second(F.silu(first(x)))
