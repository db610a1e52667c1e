"""One step of a conversation, from 40 ms of sound of both parties to a motion, as one pure function."""

from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from dystream_ros.models.released.fast.precision import float32_convolutions
from dystream_ros.models.released.streaming.stepper import MotionState, MotionStepper


class PartyEncoder(Protocol):
    """What a stream asks of an audio encoder; states are nested tuples of tensors, first dimension the conversation."""

    def initial(self, batch: int) -> Any: ...

    def advance(self, state: Any, samples: Tensor, voiced: Tensor) -> Any: ...

    def read(self, state: Any) -> Tensor: ...


class StreamState(NamedTuple):
    """What a batch of conversations remembers."""

    self_hearing: Any
    other_hearing: Any
    motion: MotionState


class StepInputs(NamedTuple):
    """What one step of a batch takes.

    Attributes:
        self_audio, other_audio: (B, 640), new samples.
        self_voiced, other_voiced: (B,), 1 where the party speaks in them.
        noise: (B, motion), standard normal.
    """

    self_audio: Tensor
    other_audio: Tensor
    self_voiced: Tensor
    other_voiced: Tensor
    noise: Tensor


class Stream(nn.Module):
    """Both encoders and the stepper.

    Args:
        self_encoder, other_encoder: of each party.
        stepper: the motion generator.
    """

    def __init__(
        self,
        self_encoder: nn.Module,
        other_encoder: nn.Module,
        stepper: MotionStepper,
    ) -> None:
        super().__init__()
        self.self_encoder: PartyEncoder = self_encoder
        self.other_encoder: PartyEncoder = other_encoder
        self.stepper = stepper

    @property
    def device(self) -> torch.device:
        """Where the networks and the states are."""
        return self.stepper.network.positions.device

    def initial(self, anchor: Tensor) -> StreamState:
        """State before the first sample: silence was heard and the anchor (B, motion) was held."""
        batch, history = len(anchor), self.stepper.config.history
        hearings = [encoder.initial(batch) for encoder in (self.self_encoder, self.other_encoder)]
        features = [
            encoder.read(hearing)[:, None].expand(-1, history, -1)
            for encoder, hearing in zip((self.self_encoder, self.other_encoder), hearings, strict=True)
        ]
        return StreamState(*hearings, self.stepper.start(anchor, *features))

    def hear(
        self, state: StreamState, self_audio: Tensor, other_audio: Tensor, self_voiced: Tensor, other_voiced: Tensor
    ) -> StreamState:
        """State after more samples (B, 320 u), without a frame: the lookahead of the first one."""
        with float32_convolutions():
            return state._replace(
                self_hearing=self.self_encoder.advance(state.self_hearing, self_audio, self_voiced),
                other_hearing=self.other_encoder.advance(state.other_hearing, other_audio, other_voiced),
            )

    def forward(self, state: StreamState, inputs: StepInputs) -> tuple[Tensor, StreamState]:
        """Motion (B, motion) of the next frame and the state after it."""
        state = self.hear(state, *inputs[:4])
        self_features = self.self_encoder.read(state.self_hearing)
        other_features = self.other_encoder.read(state.other_hearing)
        motion, window = self.stepper.step(state.motion, self_features, other_features, inputs.noise)
        return motion, state._replace(motion=self.stepper.remember(window, motion))
