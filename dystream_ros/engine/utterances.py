"""When the utterances of the self party begin and end, from the frames that show them."""

from dataclasses import dataclass
from enum import Enum

from dystream_ros.audio.block import AudioBlock
from dystream_ros.engine.frame import Frame

SECOND_NS = 1_000_000_000
# An utterance of a source that does not say when it ends is over after this pause, s.
PAUSE_SECONDS = 0.5


class Event(Enum):
    """What happened to an utterance."""

    BEGAN = "began"
    ENDED = "ended"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Utterance:
    """An event of an utterance.

    Attributes:
        event: what happened.
        stream_id, sample_rate: of its audio; the rate is that of the source, Hz.
        sample: index in the stream of its first sample (began), or after the last one that was shown.
        shown: samples of the utterance that were shown until now.
        stamp_ns: ROS time of the first sample (began), or of the end.
    """

    event: Event
    stream_id: int
    sample_rate: int
    sample: int
    shown: int
    stamp_ns: int

    @property
    def position_ns(self) -> int:
        """Duration of the audio that was shown, in nanoseconds."""
        return self.shown * SECOND_NS // self.sample_rate


@dataclass
class _Open:
    """The utterance that is shown now; `end_ns` is the ROS time after its last sample."""

    stream_id: int
    sample_rate: int
    next_sample: int
    shown: int
    end_ns: int

    def event(self, event: Event, stamp_ns: int) -> Utterance:
        return Utterance(event, self.stream_id, self.sample_rate, self.next_sample, self.shown, stamp_ns)


class Utterances:
    """Turns frames, in order, into the events of the utterances in their self audio.

    An utterance begins with the first samples of a stream, or with those after a pause. It ends with the end of its
    stream, with the beginning of another stream, or after a pause. A change of the generation interrupts it.
    """

    def __init__(self) -> None:
        self._open: _Open | None = None
        self._generation: int | None = None

    def of(self, frame: Frame) -> list[Utterance]:
        """The events of the next frame, in order."""
        events: list[Utterance] = []
        cut = self._generation is not None and frame.generation != self._generation
        self._generation = frame.generation
        interrupted = self._open.stream_id if cut and self._open is not None else None
        if cut:
            events += self._close(Event.INTERRUPTED, frame.stamp_ns)
        for block in frame.self_audio:
            if cut and not block.frames and block.stream_id != interrupted:
                # The end of an utterance that was cut off before it began.
                stamp_ns = block.stamp_ns or frame.stamp_ns
                dropped = (block.stream_id, block.sample_rate, block.first_sample, 0, stamp_ns)
                events.append(Utterance(Event.INTERRUPTED, *dropped))
            else:
                events += self._show(block, frame.stamp_ns)
        if self._open is not None and frame.stamp_ns - self._open.end_ns >= PAUSE_SECONDS * SECOND_NS:
            events += self._close(Event.ENDED, self._open.end_ns)
        return events

    def _show(self, block: AudioBlock, frame_ns: int) -> list[Utterance]:
        events: list[Utterance] = []
        if self._open is not None and block.stream_id != self._open.stream_id:
            events += self._close(Event.ENDED, self._open.end_ns)
        if block.frames:
            begin_ns = block.stamp_ns or frame_ns
            if self._open is None:
                self._open = _Open(block.stream_id, block.sample_rate, block.first_sample, 0, begin_ns)
                events.append(self._open.event(Event.BEGAN, begin_ns))
            self._open.next_sample = block.first_sample + block.frames
            self._open.shown += block.frames
            self._open.end_ns = begin_ns + block.frames * SECOND_NS // block.sample_rate
        if block.end_of_stream and self._open is not None:
            events += self._close(Event.ENDED, self._open.end_ns)
        return events

    def _close(self, event: Event, stamp_ns: int) -> list[Utterance]:
        closed, self._open = self._open, None
        return [] if closed is None else [closed.event(event, stamp_ns)]
