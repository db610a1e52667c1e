"""The contracts between the parts: a model, its sessions, and what receives the frames.

A family of models (`models.registry.FAMILIES`) implements `Model` and `SessionBatch`. `engine.session.Session` runs
one row of a batch for a head. `engine.conversation.Conversation` steps a session in time. The head node passes each
frame to its sinks. Audio is float32, mono, 16 kHz, -1 to 1 in all of them. One thread calls all methods of an
object, except where a method says otherwise.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dystream_ros.engine.frame import Frame
from dystream_ros.face.motion import MotionFrame, MotionLayout

Samples = NDArray[np.float32]


class MotionSource(Protocol):
    """What a model, its batches and its sessions tell of their motion; constant for the life of the object."""

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

    def close_lips(self, motion: MotionFrame, amount: float) -> MotionFrame:
        """The motion with its lips closed by a share of 0 (unchanged) to 1 (closed); any thread."""
        ...


class SessionBatch(MotionSource, Protocol):
    """The states of several heads on one model; each head's motion is the same as if it were alone, up to rounding."""

    def __len__(self) -> int: ...

    def prime(self, row: int, self_audio: Samples, other_audio: Samples) -> None:
        """Hear the lookahead of a fresh session's first frame: (lookahead,) samples of each party.

        Raises:
            ValueError: the session has made frames already.
        """
        ...

    def step(self, self_audio: Samples, other_audio: Samples) -> list[MotionFrame]:
        """The next frame of every session, from (B, hop) samples that follow those of the last step."""
        ...

    def emitted(self, row: int, motion: MotionFrame) -> None:
        """Replace the last motion of a session by the one that was shown; the next step follows that one."""
        ...

    def reset(self, row: int, seed: int | None = None) -> None:
        """Make a session the same as a new one; None keeps its seed. Prime it before the next step."""
        ...


class Model(MotionSource, Protocol):
    """A network with its weights, ready for sessions. Sessions of one model share it and belong to one thread."""

    def sessions(self, seeds: Sequence[int], anchor: Samples | None = None) -> SessionBatch:
        """Fresh sessions of several heads.

        Args:
            seeds: one per session; the same seed and audio give the same motion.
            anchor: motion that the faces return to, in the family's own motion space; its default when None.
        """
        ...


class HeadSession(MotionSource, Protocol):
    """One head: audio of both parties in, one frame of motion out. `engine.session.Session` is one."""

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
        """Say which motion was shown in place of the one that the last step returned."""
        ...

    def reset(self, seed: int | None = None) -> None:
        """Make this the same as a new session; None keeps the seed."""
        ...


class FrameSink(Protocol):
    """Receives every frame of a head in order: motion, aligned sound, images, later joints or a web page.

    Attributes:
        name: for the log and the count of skipped frames.
        optional: may be skipped for a frame when the head is late, and is not called when nobody wants it.
        failure_counter: counter of `StreamStatus` for frames that it could not show.
    """

    name: str
    optional: bool
    failure_counter: str

    @property
    def wanted(self) -> bool:
        """Whether anybody receives it now."""
        ...

    def show(self, frame: Frame) -> None:
        """Publish one frame; what it raises is reported, and the other sinks go on."""
        ...

    def close(self) -> None:
        """Free what it holds; it is not called again."""
        ...
