"""Causal convolutional audio encoder: 100 feature frames per second in, 25 motion frames per second out.

Each convolution is one matrix product over the frames in its kernel: PyTorch's own dilated convolution takes ten times
as long on the four feature frames of a step.
"""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from dystream_ros.models.compact.config import MELS_PER_FRAME

KERNEL = 3
_FAST_DILATIONS = (1, 2, 4, 8)  # at 100 Hz
_SLOW_DILATIONS = (1, 2)  # at 25 Hz
_DOWN_CONTEXT = MELS_PER_FRAME  # past feature frames that the downsampling covers besides the four of its motion frame


class EncoderState(NamedTuple):
    """Last inputs (B, reach, channels) of each convolution, in the order of the layers."""

    pasts: tuple[torch.Tensor, ...]


class CausalConvolution(nn.Module):
    """A causal convolution with a kernel of three."""

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
    """Residual block: layer norm, a dilated causal convolution, GELU, a projection of each frame."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.convolution = CausalConvolution(channels, channels, dilation)
        self.project = nn.Linear(channels, channels)
        # Each block is initialised as the identity, so that blocks can be added to trained weights.
        nn.init.zeros_(self.project.weight)
        nn.init.zeros_(self.project.bias)

    @property
    def reach(self) -> int:
        """Past frames in its kernel."""
        return self.convolution.reach

    def forward(self, x: torch.Tensor, past: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, T, C) and its past -> (B, T, C) and the new past."""
        convolved, past = self.convolution(self.norm(x), past)
        return x + self.project(F.gelu(convolved)), past


class AudioEncoder(nn.Module):
    """Encodes log-mel features of one party; the self encoder receives the features of both parties side by side.

    The lookahead is a shift, not a layer: output k depends on the input up to the end of frame k plus the lookahead.
    `prime` takes in the feature frames of the lookahead before the first output.
    """

    def __init__(self, inputs: int, channels: int, features: int, rounds: int = 1) -> None:
        super().__init__()
        self.inputs = inputs
        self.channels = channels
        self.features = features
        self.stem = CausalConvolution(inputs, channels)
        fast = [CausalBlock(channels, dilation) for dilation in rounds * _FAST_DILATIONS]
        self.fast = nn.ModuleList(fast)
        self.down = nn.Linear((_DOWN_CONTEXT + MELS_PER_FRAME) * channels, features)
        slow = [CausalBlock(features, dilation) for dilation in rounds * _SLOW_DILATIONS]
        self.slow = nn.ModuleList(slow)
        self.norm = nn.LayerNorm(features)
        self._fast_reaches = [block.reach for block in fast]
        self._slow_reaches = [block.reach for block in slow]

    def initial_state(self, batch: int) -> EncoderState:
        """State before the first feature frame."""
        return EncoderState(
            (
                torch.zeros(batch, self.stem.reach, self.inputs),
                *(torch.zeros(batch, reach, self.channels) for reach in self._fast_reaches),
                torch.zeros(batch, _DOWN_CONTEXT, self.channels),
                *(torch.zeros(batch, reach, self.features) for reach in self._slow_reaches),
            )
        )

    def prime(self, inputs: torch.Tensor, state: EncoderState) -> EncoderState:
        """Takes in feature frames (B, n, inputs), any n, that lie before the first output."""
        context, pasts = self._before_down(inputs, state)
        return EncoderState((*pasts, context[:, -_DOWN_CONTEXT:], *state.pasts[len(pasts) + 1 :]))

    def forward(self, inputs: torch.Tensor, state: EncoderState) -> tuple[torch.Tensor, EncoderState]:
        """Encodes feature frames (B, 4 T, inputs) into (B, T, features)."""
        context, pasts = self._before_down(inputs, state)
        slow_pasts = state.pasts[len(pasts) + 1 :]
        pasts.append(context[:, -_DOWN_CONTEXT:])
        # (B, T, channels, 8) -> (B, T, 8 channels)
        x = self.down(context.unfold(1, _DOWN_CONTEXT + MELS_PER_FRAME, MELS_PER_FRAME).flatten(2))
        for block, past in zip(self.slow, slow_pasts):
            x, past = block(x, past)
            pasts.append(past)
        return self.norm(x), EncoderState(tuple(pasts))

    def _before_down(self, inputs: torch.Tensor, state: EncoderState) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """The layers at 100 Hz: their output (B, 4 + n, channels), four past frames included, and all pasts."""
        x, past = self.stem(inputs, state.pasts[0])
        pasts = [past]
        for block, past in zip(self.fast, state.pasts[1:]):
            x, past = block(x, past)
            pasts.append(past)
        return torch.cat([state.pasts[len(pasts)], x], dim=1), pasts
