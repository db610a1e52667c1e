"""What a conversation returns: frames, and figures about itself; and how frames lie on the media clock."""

from dataclasses import dataclass

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.audio.statistics import PartyStatistics
from dystream_ros.face.motion import MotionFrame


@dataclass(frozen=True)
class FrameTiming:
    """Where frames lie on the media clock.

    Attributes:
        hop: media samples of one frame.
        lookahead: media samples past the end of a frame that its motion depends on.
    """

    hop: int
    lookahead: int

    @property
    def period_ns(self) -> int:
        """Duration of one frame in nanoseconds."""
        return self.hop * 1_000_000_000 // MEDIA_RATE

    @property
    def lookahead_ns(self) -> int:
        """Lookahead in nanoseconds."""
        return self.lookahead * 1_000_000_000 // MEDIA_RATE

    def start(self, frame: int) -> int:
        """First media sample that a frame shows."""
        return frame * self.hop

    def needed(self, frame: int) -> int:
        """Media sample up to which the motion of a frame depends on audio: its end and the lookahead."""
        return (frame + 1) * self.hop + self.lookahead

    def middle_seconds(self, frame: int) -> float:
        """Media time in seconds that the motion of a frame is of: the middle of its interval."""
        return (frame + 0.5) * self.hop / MEDIA_RATE


@dataclass(frozen=True)
class Frame:
    """One frame and the instants it is judged by.

    Attributes:
        motion: the motion; its `frame` is k of the media clock, its `speaking` bits are set.
        generation: number of the reset or interrupt that this frame follows.
        stamp_ns: ROS time of the start of its interval; `latency` = ROS time of publication - stamp_ns.
        ready_ns: steady instant at which the last sample it needs had come, or its deadline when a sample that it
            waited for is missing; `processing` = steady time of publication - ready_ns.
        due_ns: steady instant at which it was due by the clock, with its audio or not (paced); ready_ns (driven).
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
    """Figures of a conversation since its start; resets do not clear them.

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
