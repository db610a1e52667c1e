"""Causal convolutional audio encoder: 100 feature frames a second in, 25 motion frames a second out."""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from dystream_ros.models.compact.config import MELS_PER_FRAME

_KERNEL = 3
_FAST_DILATIONS = (1, 2, 4, 8)  # at 100 Hz
_SLOW_DILATIONS = (1, 2)  # at 25 Hz
_DOWN_CONTEXT = MELS_PER_FRAME  # frames of history in a kernel of 2 x 4 with stride 4


class EncoderState(NamedTuple):
    """Last inputs of each convolution, each (B, channels, kernel reach), in the order of the layers."""

    pasts: tuple[torch.Tensor, ...]


class CausalBlock(nn.Module):
    """Residual block: layer norm over channels, a dilated convolution into the past, GELU, a pointwise projection."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.reach = (_KERNEL - 1) * dilation
        self.channels = channels
        self.norm = nn.LayerNorm(channels)
        self.conv = nn.Conv1d(channels, channels, _KERNEL, dilation=dilation)
        self.project = nn.Conv1d(channels, channels, 1)

    def forward(self, x: torch.Tensor, past: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, C, T) and the last `reach` normed inputs before them -> (B, C, T) and the new past."""
        normed = torch.cat([past, self.norm(x.transpose(1, 2)).transpose(1, 2)], dim=2)
        return x + self.project(F.gelu(self.conv(normed))), normed[:, :, normed.shape[2] - self.reach :]


class AudioEncoder(nn.Module):
    """Encodes one party's features.

    The lookahead is a shift, not a layer: output k is the encoder's knowledge at the end of frame k plus lookahead.
    `prime` takes in the feature frames of the lookahead before the first output.
    """

    def __init__(self, mels: int, channels: int, features: int) -> None:
        super().__init__()
        self.mels = mels
        self.channels = channels
        self.features = features
        self.stem = nn.Conv1d(mels, channels, _KERNEL)
        self.fast = nn.ModuleList(CausalBlock(channels, dilation) for dilation in _FAST_DILATIONS)
        self.down = nn.Conv1d(channels, features, MELS_PER_FRAME + _DOWN_CONTEXT, stride=MELS_PER_FRAME)
        self.slow = nn.ModuleList(CausalBlock(features, dilation) for dilation in _SLOW_DILATIONS)
        self.norm = nn.LayerNorm(features)

    def initial_state(self, batch: int) -> EncoderState:
        """State before the first feature frame."""
        return EncoderState(
            (
                torch.zeros(batch, self.mels, _KERNEL - 1),
                *(torch.zeros(batch, self.channels, block.reach) for block in self.fast),
                torch.zeros(batch, self.channels, _DOWN_CONTEXT),
                *(torch.zeros(batch, self.features, block.reach) for block in self.slow),
            )
        )

    def prime(self, mels: torch.Tensor, state: EncoderState) -> EncoderState:
        """Takes in feature frames (B, mels, n), any n, that lie before the first output."""
        down = len(self.fast) + 1
        x, pasts = self._fast(mels, state.pasts[:down])
        context = torch.cat([state.pasts[down], x], dim=2)
        return EncoderState((*pasts, context[:, :, -_DOWN_CONTEXT:], *state.pasts[down + 1 :]))

    def forward(self, mels: torch.Tensor, state: EncoderState) -> tuple[torch.Tensor, EncoderState]:
        """Encodes feature frames (B, mels, 4 T) into (B, T, features)."""
        down = len(self.fast) + 1
        x, pasts = self._fast(mels, state.pasts[:down])
        context = torch.cat([state.pasts[down], x], dim=2)
        pasts.append(context[:, :, -_DOWN_CONTEXT:])
        x = self.down(context)
        for block, past in zip(self.slow, state.pasts[down + 1 :]):
            x, past = block(x, past)
            pasts.append(past)
        return self.norm(x.transpose(1, 2)), EncoderState(tuple(pasts))

    def _fast(self, mels: torch.Tensor, pasts: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """The layers at 100 Hz: (B, mels, n) -> (B, channels, n), and their new pasts."""
        context = torch.cat([pasts[0], mels], dim=2)
        x, after = self.stem(context), [context[:, :, -(_KERNEL - 1) :]]
        for block, past in zip(self.fast, pasts[1:]):
            x, past = block(x, past)
            after.append(past)
        return x, after
