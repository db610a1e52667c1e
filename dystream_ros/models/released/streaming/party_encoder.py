"""The contract of a streaming audio encoder of one party."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from torch import Tensor, nn

from dystream_ros.models.released.networks.configuration import FEATURE_HOP

EncoderState = TypeVar("EncoderState", bound=tuple)


class PartyEncoder(nn.Module, ABC, Generic[EncoderState]):
    """A party's stream of samples -> one feature per frame, state in and state out.

    `EncoderState`, the state, is a nested tuple of tensors whose first dimension is the conversation.
    """

    @abstractmethod
    def initial(self, batch: int) -> EncoderState:
        """State after endless silence, of `batch` conversations."""

    @abstractmethod
    def advance(self, state: EncoderState, samples: Tensor, voiced: Tensor) -> EncoderState:
        """State after the next samples (B, 320 u); `voiced` (B,) is 1 where the party speaks in them, else 0."""

    @abstractmethod
    def read(self, state: EncoderState) -> Tensor:
        """Feature (B, width) of the frame whose end lies `lookahead` before the newest sample."""


def lookahead_units(lookahead: int) -> int:
    """Features that a lookahead in samples adds.

    Raises:
        ValueError: it is not a multiple of 20 ms.
    """
    if lookahead < 0 or lookahead % FEATURE_HOP:
        raise ValueError(f"lookahead is {lookahead} samples; give a multiple of {FEATURE_HOP} (20 ms at 16 kHz)")
    return lookahead // FEATURE_HOP
