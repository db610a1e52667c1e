"""A conversation of two parties in time: audio goes in, frames come out; what the head node runs, without ROS."""

from collections.abc import Callable
from dataclasses import dataclass

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.statistics import PartyStatistics
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.face.motion import MotionFrame


@dataclass(frozen=True)
class Frame:
    """One frame and the instants it is judged by.

    Attributes:
        motion: the motion; its `frame` is k of the media clock, its `speaking` bits are set.
        generation: number of the reset or interrupt that this frame follows.
        stamp_ns: ROS time of the start of its interval; `latency` = ROS time of publication - stamp_ns.
        ready_ns: steady instant at which the last sample it needs had come, or its deadline when that sample is missing;
            `processing` = steady time of publication - ready_ns.
        due_ns: steady instant at which it was due (paced), or ready_ns (driven).
        audio_missing: bits SPEAKING_SELF, SPEAKING_OTHER: whose audio was not there for the whole frame.
        self_audio: the self audio that this frame shows, in its own rate, channels and stream; for self/audio_aligned.
        reproducible: False when loss or disorder in driven time may have shaped this frame.
    """

    motion: MotionFrame
    generation: int
    stamp_ns: int
    ready_ns: int
    due_ns: int
    audio_missing: int
    self_audio: tuple[AudioBlock, ...]
    reproducible: bool


@dataclass(frozen=True)
class ConversationStatistics:
    """Figures of a conversation since the last reset.

    Attributes:
        generation: rises with every reset and interrupt.
        frames, frames_dropped: made, and given up after a stall.
        clock_ppm: rate of the media clock against the steady clock, in ppm.
        self_audio, other_audio: figures of each party.
        counters: rare things that happened to the conversation, by short name (clock_jump, clock_step ...).
    """

    generation: int
    frames: int
    frames_dropped: int
    clock_ppm: float
    self_audio: PartyStatistics
    other_audio: PartyStatistics
    counters: dict[str, int]


class Conversation:
    """Joins the audio of two parties, one session and the media clock.

    `push`, `interrupt`, `reset`, `statistics` and `notices` may be called from any thread; `due_ns` and `step` from one
    thread. `step` does not hold the lock while the session runs.

    Args:
        session: of `engine.session.Session`'s interface.
        config: checked configuration.
        stamp_offset_ns: gives ROS time minus steady time in nanoseconds, now; asked at each push and step.
    """

    def __init__(
        self, session, config: ConversationConfig | None = None, stamp_offset_ns: Callable[[], int] = lambda: 0
    ) -> None: ...

    def push(self, party: str, block: AudioBlock, arrival_ns: int) -> None:
        """Take a block of "self" or "other" that arrived at this steady instant.

        Raises:
            AudioRejected: the block is refused; it is counted already, under its `reason`.
        """

    def due_ns(self, now_ns: int) -> int | None:
        """Steady instant at which the next frame must be made; never later than needed, often in the past after a stall.

        In driven time: `now_ns` when a frame can be made, else None.
        The first call in paced time starts the clock.
        """

    def step(self, now_ns: int) -> Frame | None:
        """Make the next frame when it is due, else return None."""

    def reset(self, seed: int | None = None) -> None:
        """Start anew at the next step: frame 0, empty timelines, a new session state; the generation rises at once."""

    def interrupt(self) -> None:
        """Drop the waiting self audio and the rest of its stream, close the lips; listening goes on."""

    def statistics(self) -> ConversationStatistics:
        """A copy of the figures."""

    def notices(self) -> list[tuple[str, str]]:
        """What happened since the last call, as (short name, sentence), for a throttled log."""
