"""One step of a conversation, from 40 ms of audio of both parties to a motion, as one pure function."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from dystream_ros.models.released.fast.precision import float32_convolutions
from dystream_ros.models.released.streaming.party_encoder import PartyEncoder
from dystream_ros.models.released.streaming.stepper import MotionState, MotionStepper


class StreamState(NamedTuple):
    """State of a batch of conversations.

    Attributes:
        self_encoder, other_encoder: state of each party's encoder, a nested tuple of tensors of its own type.
        motion: state of the motion generator.
    """

    self_encoder: tuple
    other_encoder: tuple
    motion: MotionState


class StepInputs(NamedTuple):
    """Inputs of one step of a batch.

    Attributes:
        self_audio, other_audio: (B, 640), new samples.
        self_voiced, other_voiced: (B,), 1 where the party speaks in them, else 0.
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
        self_encoder: PartyEncoder,
        other_encoder: PartyEncoder,
        stepper: MotionStepper,
    ) -> None:
        super().__init__()
        self.self_encoder = self_encoder
        self.other_encoder = other_encoder
        self.stepper = stepper

    @property
    def device(self) -> torch.device:
        """The device of the networks and states."""
        return self.stepper.network.positions.device

    def initial(self, anchor: Tensor) -> StreamState:
        """State before the first sample: a history of silence in which the face held the anchor (B, motion)."""
        batch, history = len(anchor), self.stepper.config.history
        own, other = self.self_encoder.initial(batch), self.other_encoder.initial(batch)
        own_features = self.self_encoder.read(own)[:, None].expand(-1, history, -1)
        other_features = self.other_encoder.read(other)[:, None].expand(-1, history, -1)
        return StreamState(own, other, self.stepper.start(anchor, own_features, other_features))

    def advance(
        self, state: StreamState, self_audio: Tensor, other_audio: Tensor, self_voiced: Tensor, other_voiced: Tensor
    ) -> StreamState:
        """State after more samples (B, 320 u) of both parties, without a frame; for the lookahead of the first one."""
        with float32_convolutions():
            return state._replace(
                self_encoder=self.self_encoder.advance(state.self_encoder, self_audio, self_voiced),
                other_encoder=self.other_encoder.advance(state.other_encoder, other_audio, other_voiced),
            )

    def forward(self, state: StreamState, inputs: StepInputs) -> tuple[Tensor, StreamState]:
        """Motion (B, motion) of the next frame and the state after it."""
        state = self.advance(state, inputs.self_audio, inputs.other_audio, inputs.self_voiced, inputs.other_voiced)
        self_features = self.self_encoder.read(state.self_encoder)
        other_features = self.other_encoder.read(state.other_encoder)
        motion, window = self.stepper.step(state.motion, self_features, other_features, inputs.noise)
        return motion, state._replace(motion=self.stepper.remember(window, motion))
