"""The flow-matching head of the published model: noisy motion, time and the network's output -> the clean motion."""

import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.networks.autoregressive import Mlp
from dystream_ros.models.released.networks.configuration import GeneratorConfig


def modulation(width: int) -> nn.Sequential:
    """Linear(SiLU(condition)) -> shift, scale and gate (Peebles and Xie, DiT, 2023); keys `.1.weight`, `.1.bias`."""
    return nn.Sequential(nn.SiLU(), nn.Linear(width, 3 * width))


def modulated(x: Tensor, shift: Tensor, scale: Tensor, gate: Tensor, mlp: nn.Module) -> Tensor:
    """x + gate * mlp(LayerNorm(x) (1 + scale) + shift); the norm has no weights of its own."""
    normed = F.layer_norm(x, x.shape[-1:])
    return x + gate * mlp(normed * (1 + scale) + shift)


class HeadBlock(nn.Module):
    """Two modulated MLPs: the first by the time, the second by the network's output."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        width = config.width
        self.adaLN_modulation1 = modulation(width)
        self.adaLN_modulation2 = modulation(width)
        self.mlp1 = Mlp(width, config.hidden)
        self.mlp2 = Mlp(width, config.hidden)

    def forward(self, x: Tensor, time: Tensor, condition: Tensor) -> Tensor:
        """(B, width) each -> (B, width)."""
        shift, scale, gate = self.adaLN_modulation1(time).chunk(3, -1)
        x = modulated(x, shift, scale, gate, self.mlp1)
        shift, scale, gate = self.adaLN_modulation2(condition).chunk(3, -1)
        return modulated(x, shift, scale, gate, self.mlp2)


class FlowHead(nn.Module):
    """Blocks between an embedding of the noisy motion and a projection back."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.noisy_proj = nn.Linear(config.motion, config.width)
        self.gpt_proj = nn.Linear(config.motion, config.width)
        self.blocks = nn.ModuleList(HeadBlock(config) for _ in range(config.head_blocks))
        self.output_norm = nn.LayerNorm(config.width)
        self.output_proj = nn.Linear(config.width, config.motion)

    def forward(self, noisy: Tensor, time: Tensor, output: Tensor) -> Tensor:
        """noisy (B, motion), time (B, width), the network's output (B, motion) -> clean motion (B, motion)."""
        x, condition = self.noisy_proj(noisy), self.gpt_proj(output)
        for block in self.blocks:
            x = block(x, time, condition)
        return self.output_proj(self.output_norm(x))
