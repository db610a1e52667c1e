"""A linear layer reduced to what inference needs: weights in the precision of the arithmetic, no gradients."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Dense(nn.Module):
    """y = x W^T + b, computed in the dtype of the weights whatever the dtype of x."""

    def __init__(self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> None:
        super().__init__()
        self.register_buffer("weight", weight.detach().to(dtype).contiguous())
        self.register_buffer("bias", None if bias is None else bias.detach().to(dtype))

    @classmethod
    def of(cls, layer: nn.Linear, dtype: torch.dtype) -> "Dense":
        return cls(layer.weight, layer.bias, dtype)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.to(self.weight.dtype), self.weight, self.bias)


class Norm(nn.Module):
    """Layer norm in float32 of a float32 residual stream."""

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.register_buffer("weight", norm.weight.detach().float())
        self.register_buffer("bias", norm.bias.detach().float())
        self.epsilon = norm.eps

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], self.weight, self.bias, self.epsilon)


class FastMlp(nn.Module):
    """Linear, exact GELU, linear."""

    def __init__(self, first: nn.Linear, second: nn.Linear, dtype: torch.dtype) -> None:
        super().__init__()
        self.first, self.second = Dense.of(first, dtype), Dense.of(second, dtype)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(F.gelu(self.first(x)))


def attend(q: Tensor, k: Tensor, v: Tensor, heads: int, causal: bool) -> Tensor:
    """Multi-head attention of projected q (..., Tq, width), k and v (..., T, width) -> (..., Tq, width)."""
    q, k, v = (part.unflatten(-1, (heads, -1)).transpose(-2, -3) for part in (q, k, v))
    return F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(-2, -3).flatten(-2)
