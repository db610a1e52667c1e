"""A linear layer reduced to what inference needs: weights in the precision of the arithmetic, no gradients."""

import platform

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Dense(nn.Module):
    """y = x W^T + b, computed in the dtype of the weights whatever the dtype of x."""

    weight: Tensor
    bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype
        self.register_buffer("weight", weight.detach().to(dtype).contiguous())
        self.register_buffer("bias", None if bias is None else bias.detach().to(dtype))
        self._packed: Tensor | None = None

    @classmethod
    def of(cls, layer: nn.Linear, dtype: torch.dtype) -> "Dense":
        """The same layer with its weights, copied, in `dtype`."""
        return cls(layer.weight, layer.bias, dtype)

    def forward(self, x: Tensor, gelu: bool = False) -> Tensor:
        """(..., inputs) -> (..., outputs), followed by an exact GELU if `gelu`."""
        x = x.to(self.dtype)
        if self._packed is not None:
            after = "gelu" if gelu else "none"
            return torch.ops.mkldnn._linear_pointwise(x, self._packed, self.bias, after, [], "none")
        y = F.linear(x, self.weight, self.bias)
        return F.gelu(y) if gelu else y

    def pack(self) -> None:
        """Store the weight in oneDNN's layout; the module cannot move to another device afterwards."""
        self._packed = torch.ops.mkldnn._reorder_linear_weight(self.weight)
        self.weight = self.weight.new_empty(0)


def has_bfloat16() -> bool:
    """Whether this processor has instructions for bfloat16 products that oneDNN uses.

    PyTorch has no public function for this. The private ones differ between versions, hence the tests by name; without
    them the result is False.
    """
    operators = ("_is_mkldnn_bf16_supported", "_reorder_linear_weight", "_linear_pointwise")
    if not torch.backends.mkldnn.is_available() or not all(hasattr(torch.ops.mkldnn, name) for name in operators):
        return False
    if platform.machine() not in ("x86_64", "AMD64"):
        return torch.ops.mkldnn._is_mkldnn_bf16_supported()
    # On x86 oneDNN also claims support where it emulates bfloat16, slower than float32.
    return any(getattr(torch.cpu, name, bool)() for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))


def pack(module: nn.Module) -> None:
    """Pack the bfloat16 layers of a module that runs on a CPU.

    Without packing oneDNN reorders the weights in every call: half of a layer's time for a few rows (the flow head), a
    tenth for a window.
    """
    if has_bfloat16():
        for layer in module.modules():
            if isinstance(layer, Dense) and layer.dtype == torch.bfloat16 and layer.weight.device.type == "cpu":
                layer.pack()


class Norm(nn.Module):
    """Layer norm in float32 of a float32 residual stream."""

    weight: Tensor
    bias: Tensor

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
        return self.second(self.first(x, gelu=True))


def attend(q: Tensor, k: Tensor, v: Tensor, heads: int, causal: bool) -> Tensor:
    """Multi-head attention of projected q (..., Tq, width), k and v (..., T, width) -> (..., Tq, width)."""
    q, k, v = (part.unflatten(-1, (heads, -1)).transpose(-2, -3) for part in (q, k, v))
    return F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(-2, -3).flatten(-2)
