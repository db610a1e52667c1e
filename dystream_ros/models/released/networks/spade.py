"""SPADE blocks of the published decoder (Park et al. 2019), with the old spectral norm. Names follow the state dict."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SpectralConv(nn.Module):
    """Convolution whose weight is divided by u (W v), with the stored u and v: no power iteration, no epsilon."""

    weight_u: Tensor
    weight_v: Tensor

    def __init__(self, inputs: int, outputs: int, kernel: int, bias: bool) -> None:
        super().__init__()
        self.weight_orig = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        matrix, u = self.weight_orig.detach().flatten(1), torch.randn(outputs)
        for _ in range(15):  # power iteration, as the old hook starts
            v = F.normalize(matrix.T @ u, dim=0)
            u = F.normalize(matrix @ v, dim=0)
        self.register_buffer("weight_u", u)
        self.register_buffer("weight_v", v)

    def normalised(self) -> Tensor:
        """The weight over its spectral norm, (outputs, inputs, kernel, kernel)."""
        sigma = self.weight_u @ (self.weight_orig.flatten(1) @ self.weight_v)
        return self.weight_orig / sigma

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.normalised(), self.bias, padding=self.weight_orig.shape[-1] // 2)


class SpadeNorm(nn.Module):
    """Instance norm whose scale and shift per place come from the condition map."""

    def __init__(self, channels: int, condition: int, hidden: int) -> None:
        super().__init__()
        self.mlp_shared = nn.Sequential(nn.Conv2d(condition, hidden, 3, padding=1))
        self.mlp_gamma = nn.Conv2d(hidden, channels, 3, padding=1)
        self.mlp_beta = nn.Conv2d(hidden, channels, 3, padding=1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        resized = F.interpolate(condition, size=x.shape[-2:], mode="nearest")
        hidden = F.relu(self.mlp_shared(resized))
        return F.instance_norm(x) * (1 + self.mlp_gamma(hidden)) + self.mlp_beta(hidden)


class SpadeBlock(nn.Module):
    """Two modulated convolutions beside a shortcut, which is learned where the number of channels changes."""

    def __init__(self, inputs: int, outputs: int, condition: int, hidden: int) -> None:
        super().__init__()
        middle = min(inputs, outputs)
        self.conv_0 = SpectralConv(inputs, middle, 3, bias=True)
        self.conv_1 = SpectralConv(middle, outputs, 3, bias=True)
        self.norm_0 = SpadeNorm(inputs, condition, hidden)
        self.norm_1 = SpadeNorm(middle, condition, hidden)
        self.learned_shortcut = inputs != outputs
        if self.learned_shortcut:
            self.conv_s = SpectralConv(inputs, outputs, 1, bias=False)
            self.norm_s = SpadeNorm(inputs, condition, hidden)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """x (B, inputs, H, W), condition (B, C, h, w) -> (B, outputs, H, W)."""
        shortcut = self.conv_s(self.norm_s(x, condition)) if self.learned_shortcut else x
        y = self.conv_0(F.leaky_relu(self.norm_0(x, condition), 0.2))
        return shortcut + self.conv_1(F.leaky_relu(self.norm_1(y, condition), 0.2))
