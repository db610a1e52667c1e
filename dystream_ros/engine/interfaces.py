"""The contracts between the parts: a model, its sessions, and what receives the frames.

A family of models (`models.registry.FAMILIES`) implements `Model` and `SessionBatch`. `engine.session.Session` is one
head on a batch of one. `engine.conversation.Conversation` steps a session in time. The head node passes each frame to
its sinks. Audio is float32, mono, 16 kHz, -1 to 1. One thread calls all methods of an object, except where a method
states otherwise.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dystream_ros.engine.frame import Frame
from dystream_ros.face.dials import EventRates
from dystream_ros.face.motion import MotionFrame, MotionLayout

Samples = NDArray[np.float32]


class MotionSource(Protocol):
    """Properties of the motion of a model, its batches and its sessions; constant for the life of the object."""

    @property
    def layout(self) -> MotionLayout:
        """Names, units, ranges and neutral of `MotionFrame.values`, and the length of the latent."""
        ...

    @property
    def hop(self) -> int:
        """Samples of one frame: 640, 40 ms."""
        ...

    @property
    def lookahead(self) -> int:
        """Samples past the end of a frame that its motion depends on; 0 or more."""
        ...

    @property
    def neutral(self) -> MotionFrame:
        """The face at rest: `layout.neutral`, a straight head, and the latent that shows it; see `neutral_frame`."""
        ...

    def close_lips(self, motion: MotionFrame, amount: float) -> MotionFrame:
        """The motion with its lips closed by a share of 0 (unchanged) to 1 (closed); any thread."""
        ...


class DelegatedMotionSource:
    """Base of a class with the motion of another source. Implements `MotionSource`.

    Args:
        source: a model, a batch or a session.
    """

    def __init__(self, source: MotionSource) -> None:
        self._source = source

    @property
    def layout(self) -> MotionLayout:
        """Names, units, ranges and neutral of `MotionFrame.values`, and the length of the latent."""
        return self._source.layout

    @property
    def hop(self) -> int:
        """Samples of one frame."""
        return self._source.hop

    @property
    def lookahead(self) -> int:
        """Samples past the end of a frame that its motion depends on."""
        return self._source.lookahead

    @property
    def neutral(self) -> MotionFrame:
        """The face at rest."""
        return self._source.neutral

    def close_lips(self, motion: MotionFrame, amount: float) -> MotionFrame:
        """The motion with its lips closed by a share of 0 (unchanged) to 1 (closed)."""
        return self._source.close_lips(motion, amount)


class SessionBatch(MotionSource, Protocol):
    """The states of several heads on one model; the motion of each is the same as in a batch of one, up to rounding."""

    def __len__(self) -> int: ...

    def prime(self, row: int, self_audio: Samples, other_audio: Samples) -> None:
        """Take in the lookahead of a fresh session's first frame: (lookahead,) samples of each party.

        Raises:
            ValueError: the session has already computed frames.
        """
        ...

    def step(self, self_audio: Samples, other_audio: Samples) -> list[MotionFrame]:
        """The next frame of every session, from (B, hop) samples that follow those of the last step."""
        ...

    def emitted(self, row: int, motion: MotionFrame) -> None:
        """Replace the last motion of a session by the one that was shown; the next step follows that one."""
        ...

    def set_event_rates(self, row: int, rates: EventRates) -> None:
        """Set how often a session's events start from the next frame on; a model without events ignores it.

        The rates stay at a reset.
        """
        ...

    def reset(self, row: int, seed: int | None = None) -> None:
        """Make a session the same as a new one; None keeps its seed. Prime it before the next step."""
        ...


class Model(MotionSource, Protocol):
    """A network with its weights, ready for sessions. Sessions of one model share it and belong to one thread."""

    def sessions(self, seeds: Sequence[int]) -> SessionBatch:
        """Fresh sessions of several heads, one per seed; the same seed and audio give the same motion."""
        ...


class HeadSession(MotionSource, Protocol):
    """One head: audio of both parties in, one frame of motion out; implemented by `engine.session.Session`."""

    @property
    def samples_needed(self) -> int:
        """Samples of each party for the next step: `hop`, and `lookahead` more at the first step."""
        ...

    def step(self, self_audio: Samples, other_audio: Samples) -> MotionFrame:
        """The next frame, from (samples_needed,) samples that follow those of the last step.

        Raises:
            ValueError: another number of samples.
        """
        ...

    def emitted(self, motion: MotionFrame) -> None:
        """Replace the motion of the last step by the one that was shown; the next step follows that one."""
        ...

    def set_event_rates(self, rates: EventRates) -> None:
        """Set how often events start from the next frame on; a model without events ignores it."""
        ...

    def reset(self, seed: int | None = None) -> None:
        """Make this the same as a new session; None keeps the seed."""
        ...


class FrameSink(Protocol):
    """Receives the frames of a head in order and outputs them, e.g. as motion, aligned audio or images.

    A quick sink is called in the thread that computes the frames and receives all of them; a millisecond of its `show`
    is a millisecond of delay. A sink that takes longer gets a thread of its own (`nodes.head.sink_thread`), which skips
    frames while the sink is busy.

    Attributes:
        name: for the log.
        failure_counter: counter of `StreamStatus` for frames on which `show` raised.
    """

    name: str
    failure_counter: str

    @property
    def wanted(self) -> bool:
        """Whether the output has receivers now; without them `show` is not called. Any thread."""
        ...

    def show(self, frame: Frame) -> None:
        """Output one frame; always in the same thread. An exception is logged, counted, and affects no other sink."""
        ...

    def close(self) -> None:
        """Release all resources; no method is called afterwards."""
        ...
