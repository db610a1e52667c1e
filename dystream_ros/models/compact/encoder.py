"""Causal convolutional audio encoder: 100 feature frames a second in, 25 motion frames a second out.

Convolutions are written as one matrix product over the frames they look at: PyTorch's own dilated convolution takes
ten times as long on the four feature frames of a step.
"""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from dystream_ros.models.compact.config import MELS_PER_FRAME

KERNEL = 3
_FAST_DILATIONS = (1, 2, 4, 8)  # at 100 Hz
_SLOW_DILATIONS = (1, 2)  # at 25 Hz
_DOWN_CONTEXT = MELS_PER_FRAME  # feature frames before its own four that a motion frame looks at when sampled down


class EncoderState(NamedTuple):
    """Last inputs (B, reach, channels) of each convolution, in the order of the layers."""

    pasts: tuple[torch.Tensor, ...]


class CausalConvolution(nn.Module):
    """A convolution with a kernel of three into the past."""

    def __init__(self, channels_in: int, channels_out: int, dilation: int = 1) -> None:
        super().__init__()
        self.dilation = dilation
        self.reach = (KERNEL - 1) * dilation
        self.taps = nn.Linear(KERNEL * channels_in, channels_out)

    def forward(self, x: torch.Tensor, past: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, T, in) and the `reach` inputs before them -> (B, T, out) and the new past."""
        frames = x.shape[1]
        context = torch.cat([past, x], dim=1)
        taps = [context[:, tap * self.dilation : tap * self.dilation + frames] for tap in range(KERNEL)]
        return self.taps(torch.cat(taps, dim=2)), context[:, frames:]


class CausalBlock(nn.Module):
    """Residual block: layer norm, a dilated convolution into the past, GELU, a projection of each frame."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.convolution = CausalConvolution(channels, channels, dilation)
        self.project = nn.Linear(channels, channels)
        # Each block begins as the identity, so that a model may grow without forgetting.
        nn.init.zeros_(self.project.weight)
        nn.init.zeros_(self.project.bias)

    @property
    def reach(self) -> int:
        """Frames of its past that it looks at."""
        return self.convolution.reach

    def forward(self, x: torch.Tensor, past: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, T, C) and its past -> (B, T, C) and the new past."""
        heard, past = self.convolution(self.norm(x), past)
        return x + self.project(F.gelu(heard)), past


class AudioEncoder(nn.Module):
    """Encodes the features of a voice, and of what else it is given to tell that voice from.

    The lookahead is a shift, not a layer: output k is the encoder's knowledge at the end of frame k plus lookahead.
    `prime` takes in the feature frames of the lookahead before the first output.
    """

    def __init__(self, inputs: int, channels: int, features: int, rounds: int = 1) -> None:
        super().__init__()
        self.inputs = inputs
        self.channels = channels
        self.features = features
        self.stem = CausalConvolution(inputs, channels)
        self.fast = nn.ModuleList(CausalBlock(channels, dilation) for dilation in rounds * _FAST_DILATIONS)
        self.down = nn.Linear((_DOWN_CONTEXT + MELS_PER_FRAME) * channels, features)
        self.slow = nn.ModuleList(CausalBlock(features, dilation) for dilation in rounds * _SLOW_DILATIONS)
        self.norm = nn.LayerNorm(features)

    def initial_state(self, batch: int) -> EncoderState:
        """State before the first feature frame."""
        return EncoderState(
            (
                torch.zeros(batch, self.stem.reach, self.inputs),
                *(torch.zeros(batch, block.reach, self.channels) for block in self.fast),
                torch.zeros(batch, _DOWN_CONTEXT, self.channels),
                *(torch.zeros(batch, block.reach, self.features) for block in self.slow),
            )
        )

    def prime(self, heard: torch.Tensor, state: EncoderState) -> EncoderState:
        """Takes in feature frames (B, n, inputs), any n, that lie before the first output."""
        context, pasts = self._before_down(heard, state)
        return EncoderState((*pasts, context[:, -_DOWN_CONTEXT:], *state.pasts[len(pasts) + 1 :]))

    def forward(self, heard: torch.Tensor, state: EncoderState) -> tuple[torch.Tensor, EncoderState]:
        """Encodes feature frames (B, 4 T, inputs) into (B, T, features)."""
        context, pasts = self._before_down(heard, state)
        slow_pasts = state.pasts[len(pasts) + 1 :]
        pasts.append(context[:, -_DOWN_CONTEXT:])
        # (B, T, channels, 8) -> (B, T, 8 channels)
        x = self.down(context.unfold(1, _DOWN_CONTEXT + MELS_PER_FRAME, MELS_PER_FRAME).flatten(2))
        for block, past in zip(self.slow, slow_pasts):
            x, past = block(x, past)
            pasts.append(past)
        return self.norm(x), EncoderState(tuple(pasts))

    def _before_down(self, heard: torch.Tensor, state: EncoderState) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """The layers at 100 Hz: their output (B, 4 + n, channels), with the last one's past, and the pasts of all."""
        x, past = self.stem(heard, state.pasts[0])
        pasts = [past]
        for block, past in zip(self.fast, state.pasts[1:]):
            x, past = block(x, past)
            pasts.append(past)
        return torch.cat([state.pasts[len(pasts)], x], dim=1), pasts
