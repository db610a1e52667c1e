"""What a conversation gives: frames, and figures about itself."""

from dataclasses import dataclass

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.statistics import PartyStatistics
from dystream_ros.face.motion import MotionFrame


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
