"""Frames of a conversation, their position on the media clock, and statistics of the conversation."""

from dataclasses import dataclass

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.audio.statistics import PartyStatistics
from dystream_ros.face.motion import MotionFrame


@dataclass(frozen=True)
class FrameTiming:
    """Position of frames on the media clock.

    Attributes:
        hop: media samples per frame.
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
        """First media sample of a frame."""
        return frame * self.hop

    def needed(self, frame: int) -> int:
        """End of the audio that a frame depends on, in media samples: its own end plus the lookahead."""
        return (frame + 1) * self.hop + self.lookahead

    def middle_seconds(self, frame: int) -> float:
        """Media time of the middle of a frame, s."""
        return (frame + 0.5) * self.hop / MEDIA_RATE


@dataclass(frozen=True)
class Frame:
    """One frame with its instants and its audio.

    Attributes:
        motion: after all stages; `frame` is the index on the media clock, `speaking` is set.
        generation: of the conversation when the frame was computed.
        stamp_ns: ROS time of the start of its interval; `latency` = ROS time of publication - stamp_ns.
        ready_ns: steady instant at which the last sample that it depends on had arrived, or its deadline when a sample
            is missing; `processing` = steady time of publication - ready_ns.
        due_ns: steady instant at which it was due by the clock (paced); ready_ns (driven).
        audio_missing: bits SPEAKING_SELF and SPEAKING_OTHER of the parties whose audio was incomplete.
        self_audio: self audio of this frame, in its own rate, channels and stream; for self/audio_aligned.
        reproducible: False when lost or disordered audio in driven time may have changed this frame.
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
    """Statistics of a conversation since its start; a reset does not clear them.

    Attributes:
        generation: rises with every reset and interruption.
        frames, frames_dropped: computed, and dropped after a stall.
        clock_ppm: rate of the media clock against the steady clock, ppm.
        self_audio, other_audio: statistics of each party.
        counters: unusual events of the conversation by name (clock_jump, clock_step ...).
    """

    generation: int
    frames: int
    frames_dropped: int
    clock_ppm: float
    self_audio: PartyStatistics
    other_audio: PartyStatistics
    counters: dict[str, int]
