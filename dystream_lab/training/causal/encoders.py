"""Audio encoders with a lookahead, of any lookahead, and two-sided; all with the layers of `AudioEncoder`.

Each maps log-mels (B, 4 T + SPARE, inputs) of both parties to features (B, T, features). The last SPARE feature frames
follow the segment: an encoder uses of them what its lookahead admits.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from dystream_ros.models.compact.config import MELS_PER_FRAME
from dystream_ros.models.compact.encoder import AudioEncoder, CausalConvolution, EncoderState

FEATURE_MS = 10  # duration of a feature frame
SPARE = 20  # feature frames after the segment: the longest lookahead, 200 ms
_WINDOW = 2 * MELS_PER_FRAME  # feature frames that the downsampling covers


def frames_of(mels: torch.Tensor) -> int:
    """The number T of motion frames in log-mels (B, 4 T + SPARE, inputs)."""
    return (mels.shape[1] - SPARE) // MELS_PER_FRAME


class LookaheadEncoder(nn.Module):
    """The causal encoder, run `lookahead` feature frames past the end of each motion frame."""

    def __init__(self, network: AudioEncoder, lookahead: int) -> None:
        super().__init__()
        self.network, self.lookahead = network, lookahead

    def forward(self, mels: torch.Tensor) -> torch.Tensor:
        """Log-mels (B, 4 T + SPARE, inputs) -> features (B, T, features)."""
        state = self.network.initial_state(len(mels))
        if self.lookahead:
            state = self.network.prime(mels[:, : self.lookahead], state)
        return self.step(mels[:, self.lookahead : self.lookahead + MELS_PER_FRAME * frames_of(mels)], state)[0]

    def step(self, mels: torch.Tensor, state: EncoderState) -> tuple[torch.Tensor, EncoderState]:
        """The next frames: log-mels (B, 4 T, inputs), `lookahead` ahead of the features (B, T, features)."""
        return self.network(mels, state)


class AnyLookaheadEncoder(nn.Module):
    """The causal encoder with a downsampling matrix for each of several lookaheads: one set of weights for all of them.

    In training every clip has a random lookahead. The other layers are shared. A further input alone, which only adds a
    constant to the layers, left the lips at the time of a medium lookahead. Feature frames before the first are zeros,
    as many as are missing to the longest lookahead.
    """

    def __init__(self, network: AudioEncoder, choices: Sequence[int]) -> None:
        """Sets up an encoder; `choices` are lookaheads, feature frames, up to SPARE."""
        super().__init__()
        self.network, self.choices = network, tuple(choices)
        self.downs = nn.ModuleList(nn.Linear(network.down.in_features, network.features) for _ in choices)
        self.lookahead: int | None = None  # a random one per clip

    def forward(self, mels: torch.Tensor) -> torch.Tensor:
        """Log-mels (B, 4 T + SPARE, inputs) -> features (B, T, features)."""
        if self.lookahead is None:
            numbers = torch.randint(len(self.choices), (len(mels),))
        else:
            numbers = torch.full((len(mels),), self.choices.index(self.lookahead))
        inputs = _delayed(mels, SPARE - torch.tensor(self.choices)[numbers])
        state = self.network.prime(inputs[:, :SPARE], self.network.initial_state(len(mels)))
        return self._advance(inputs[:, SPARE:], state, numbers)[0]

    def step(self, mels: torch.Tensor, state: EncoderState) -> tuple[torch.Tensor, EncoderState]:
        """As that of `LookaheadEncoder`, with the lookahead that is set."""
        return self._advance(mels, state, torch.full((len(mels),), self.choices.index(self.lookahead or 0)))

    def _advance(
        self, mels: torch.Tensor, state: EncoderState, numbers: torch.Tensor
    ) -> tuple[torch.Tensor, EncoderState]:
        """As `AudioEncoder.forward`, with the downsampling of each row, whose number in `choices` is given (B,)."""
        network = self.network
        x, past = network.stem(mels, state.pasts[0])
        pasts = [past]
        for block, past in zip(network.fast, state.pasts[1:]):
            x, past = block(x, past)
            pasts.append(past)
        context = torch.cat([state.pasts[len(pasts)], x], dim=1)
        windows = context.unfold(1, _WINDOW, MELS_PER_FRAME).flatten(2)
        read = [down(windows[numbers == number]) for number, down in enumerate(self.downs)]
        # Rows were grouped by lookahead; a stable sort gives their places.
        x = torch.cat(read)[numbers.argsort(stable=True).argsort(stable=True)]
        later = state.pasts[len(pasts) + 1 :]
        pasts.append(context[:, -MELS_PER_FRAME:])
        for block, past in zip(network.slow, later):
            x, past = block(x, past)
            pasts.append(past)
        return network.norm(x), EncoderState(tuple(pasts))


def _delayed(mels: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
    """Log-mels (B, n, inputs) that begin `by` (B,) feature frames later, after zeros."""
    index = torch.arange(mels.shape[1]) - by[:, None]  # (B, n)
    moved = mels.gather(1, index.clamp(min=0).unsqueeze(2).expand_as(mels))
    return moved * (index >= 0).unsqueeze(2)


class TwoSidedEncoder(nn.Module):
    """The same layers with kernels that are centred: as much sound after a frame as before it; not for streaming.

    Weights and arithmetic per frame are those of the causal encoder.
    """

    def __init__(self, network: AudioEncoder) -> None:
        super().__init__()
        self.network = network

    def forward(self, mels: torch.Tensor) -> torch.Tensor:
        """Log-mels (B, 4 T + SPARE, inputs) -> features (B, T, features)."""
        network = self.network
        x = _centred(network.stem, mels)
        for block in network.fast:
            x = x + block.project(F.gelu(_centred(block.convolution, block.norm(x))))
        margin = (_WINDOW - MELS_PER_FRAME) // 2
        x = network.down(F.pad(x, (0, 0, margin, margin)).unfold(1, _WINDOW, MELS_PER_FRAME).flatten(2))
        for block in network.slow:
            x = x + block.project(F.gelu(_centred(block.convolution, block.norm(x))))
        return network.norm(x)[:, : frames_of(mels)]


def _centred(convolution: CausalConvolution, x: torch.Tensor) -> torch.Tensor:
    """A convolution whose output depends on as many inputs after it as before: (B, n, in) -> (B, n, out)."""
    padded = F.pad(x, (0, 0, convolution.dilation, convolution.dilation))
    return convolution(padded[:, convolution.reach :], padded[:, : convolution.reach])[0]
