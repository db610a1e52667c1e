"""An encoder that hears a part of its lookahead and imagines the rest, anew in each motion frame.

The layers run over the sound that has come. At the end of each motion frame they run on over the feature frames that
are imagined, from the same past; when the sound comes, it takes their place. With the true sound in place of the
imagined one, features are those of `LookaheadEncoder`.
"""

from typing import Protocol

import torch
from torch import nn

from dystream_lab.training.causal.encoders import SPARE, frames_of
from dystream_ros.models.compact.config import MELS_PER_FRAME
from dystream_ros.models.compact.encoder import AudioEncoder, CausalBlock, EncoderState

_WINDOW = 2 * MELS_PER_FRAME  # feature frames that the downsampling covers
_IMAGINED_WEIGHT = 0.5  # of the error of the imagined sound in the loss


class Imaginer(Protocol):
    """What stands in for the sound that has not come. M is the number of imagined feature frames."""

    def __call__(self, context: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
        """Log-mels (B, T, M, inputs) from layers (B, T, context) and the last log-mels (B, T, inputs) heard."""

    def loss(self, context: torch.Tensor, last: torch.Tensor, future: torch.Tensor) -> torch.Tensor:
        """Its error () against the sound (B, T, M, inputs) that came."""


class ImaginingEncoder(nn.Module):
    """The causal encoder, of which the last part of the lookahead is imagined.

    Attributes:
        heard, imagined: feature frames past the end of a motion frame.
    """

    def __init__(self, network: AudioEncoder, heard: int, imagined: int, imaginer: nn.Module) -> None:
        """Sets up an encoder; `imaginer` is an `Imaginer` of `imagined` feature frames."""
        super().__init__()
        if not (heard >= 0 and imagined > 0 and heard + imagined <= SPARE):
            raise ValueError(
                f"{heard} feature frames are heard and {imagined} imagined; accepted are at least 0 and 1, together "
                f"up to {SPARE}"
            )
        self.network, self.heard, self.imagined, self.imaginer = network, heard, imagined, imaginer

    def forward(self, mels: torch.Tensor) -> torch.Tensor:
        """Log-mels (B, 4 T + SPARE, inputs) -> features (B, T, features)."""
        return self._run(mels)[0]

    def with_loss(self, mels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features (B, T, features) and the weighted error () of the imagined sound.

        The features have no gradient by the imagined sound, so that it remains a prediction of the sound.
        """
        features, context, last = self._run(mels)
        begin = self.heard + MELS_PER_FRAME
        windows = mels[:, begin:].unfold(1, self.imagined, MELS_PER_FRAME)[:, : frames_of(mels)]
        return features, _IMAGINED_WEIGHT * self.imaginer.loss(context, last, windows.transpose(2, 3))

    def _run(self, mels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        state = self.network.initial_state(len(mels))
        if self.heard:
            state = self.network.prime(mels[:, : self.heard], state)
        return self._advance(mels[:, self.heard : self.heard + MELS_PER_FRAME * frames_of(mels)], state)[:3]

    def step(self, mels: torch.Tensor, state: EncoderState) -> tuple[torch.Tensor, EncoderState]:
        """The next frames: log-mels (B, 4 T, inputs), `heard` ahead of the features (B, T, features)."""
        features, _, _, state = self._advance(mels, state)
        return features, state

    def _advance(
        self, mels: torch.Tensor, state: EncoderState
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, EncoderState]:
        """Features, what the imaginer received (context and last log-mels), and the new state."""
        network, rows = self.network, len(mels)
        frames = mels.shape[1] // MELS_PER_FRAME
        # The sound that has come. A layer's inputs, past ones first, are what the imagined sound continues.
        inputs = [torch.cat([state.pasts[0], mels], dim=1)]
        x, _ = network.stem(mels, state.pasts[0])
        for block, past in zip(network.fast, state.pasts[1:]):
            inputs.append(torch.cat([past, block.norm(x)], dim=1))
            x, _ = block(x, past)
        layers = len(inputs)
        inputs.append(torch.cat([state.pasts[layers], x], dim=1))

        context = x.reshape(rows, frames, -1)  # the last layer in the four feature frames of each motion frame
        last = mels[:, MELS_PER_FRAME - 1 :: MELS_PER_FRAME]
        ahead = self.imaginer(context, last).detach().flatten(0, 1)  # (B T, M, inputs)
        y, _ = network.stem(ahead, _at_ends(inputs[0], network.stem.reach, frames))
        for block, known in zip(network.fast, inputs[1:]):
            y, _ = block(y, _at_ends(known, _reach(block), frames))
        y = y[:, -_WINDOW:]
        if y.shape[1] < _WINDOW:
            y = torch.cat([_at_ends(inputs[-1], _WINDOW - y.shape[1], frames), y], dim=1)

        x = network.down(y.transpose(1, 2).flatten(1).unflatten(0, (rows, frames)))
        pasts = [known[:, known.shape[1] - past.shape[1] :] for known, past in zip(inputs, state.pasts)]
        for block, past in zip(network.slow, state.pasts[layers + 1 :]):
            x, past = block(x, past)
            pasts.append(past)
        return network.norm(x), context, last, EncoderState(tuple(pasts))


def _reach(block: nn.Module) -> int:
    assert isinstance(block, CausalBlock)
    return block.reach


def _at_ends(inputs: torch.Tensor, count: int, frames: int) -> torch.Tensor:
    """The last `count` of a layer's inputs (B, past + 4 T, C) at the end of each motion frame: (B T, count, C)."""
    first = inputs.shape[1] - MELS_PER_FRAME * (frames - 1) - count
    return inputs[:, first:].unfold(1, count, MELS_PER_FRAME).transpose(2, 3).flatten(0, 1)
