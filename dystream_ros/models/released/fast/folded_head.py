"""The flow head and its sampler with all constants computed outside the loop.

- The modulations by time depend on the schedule alone, so they are tables.
- The modulations by the network's output are the same in every step, so all blocks' are one product per frame.
- Noisy motion and time are the same in all branches, so the first half of the first block runs once.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.guidance import Guidance
from dystream_ros.models.released.fast.dense import Dense, FastMlp, Norm
from dystream_ros.models.released.networks.containers import modules_of
from dystream_ros.models.released.networks.flow_head import HeadBlock, modulated
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.released.networks.sampling import euler, sigma_schedule


class FoldedHead(nn.Module):
    """Noise and the network's outputs of every branch -> guided motion."""

    time_modulation: Tensor  # (steps, blocks, 3, 1, 1, width): shift, scale, gate
    coefficients: Tensor  # (branches, 1)

    def __init__(self, generator: MotionGenerator, guidance: Guidance, steps: int, dtype: torch.dtype) -> None:
        super().__init__()
        head = generator.diffusion_head
        blocks = modules_of(head.blocks, HeadBlock)
        sigmas = sigma_schedule(steps)
        self.schedule = sigmas.tolist()
        with torch.no_grad():
            time = generator.time_embed(sigmas[:-1])  # (steps, width)
            tables = torch.stack([block.adaLN_modulation1(time) for block in blocks], 1)
        self.register_buffer("time_modulation", tables.unflatten(-1, (3, -1))[:, :, :, None, None])
        self.noisy_proj = Dense.of(head.noisy_proj, dtype)
        self.gpt_proj = Dense.of(head.gpt_proj, torch.float32)
        linears = modules_of((block.adaLN_modulation2[1] for block in blocks), nn.Linear)
        self.modulation = Dense(
            torch.cat([layer.weight for layer in linears]), torch.cat([layer.bias for layer in linears]), dtype
        )
        self.first = nn.ModuleList(FastMlp(block.mlp1.fc1, block.mlp1.fc2, dtype) for block in blocks)
        self.second = nn.ModuleList(FastMlp(block.mlp2.fc1, block.mlp2.fc2, dtype) for block in blocks)
        self.output_norm = Norm(head.output_norm)
        self.output_proj = Dense.of(head.output_proj, dtype)
        coefficients = torch.tensor(list(guidance.coefficients.values()))
        self.register_buffer("coefficients", coefficients[:, None])

    def forward(self, noise: Tensor, outputs: Tensor) -> Tensor:
        """Noise (B, motion), the network's outputs (B, branches, motion) -> motion (B, motion), float32."""
        condition = self.modulation(F.silu(self.gpt_proj(outputs))).float()
        condition = condition.unflatten(-1, (len(self.first), 3, -1)).permute(2, 3, 0, 1, 4)  # (blocks, 3, B, br, w)

        def clean(noisy: Tensor, step: int) -> Tensor:
            x = self.noisy_proj(noisy[:, None]).float()  # (B, 1, width); widens to the branches at the first condition
            for index, (first, second) in enumerate(zip(self.first, self.second, strict=True)):
                shift, scale, gate = self.time_modulation[step, index]
                x = modulated(x, shift, scale, gate, first)
                shift, scale, gate = condition[index]
                x = modulated(x, shift, scale, gate, second)
            predicted = self.output_proj(self.output_norm(x)).float()
            return (predicted * self.coefficients).sum(1)

        return euler(noise, self.schedule, clean)
