"""The audio of one party on the media clock: blocks in any order become one stream of 16 kHz samples."""

from dataclasses import dataclass, replace
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.block import AudioBlock, AudioRejected, check_block, to_mono
from dystream_ros.audio.channel_mean import ChannelMean
from dystream_ros.audio.declick import Declick
from dystream_ros.audio.level import Level
from dystream_ros.audio.notices import Notices
from dystream_ros.audio.offset import OffsetRemoval
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.audio.statistics import PartyStatistics
from dystream_ros.audio.timeline.aligned import AlignedAudio, end_of, piece
from dystream_ros.audio.timeline.intake import Intake
from dystream_ros.audio.timeline.numbering import Numbering
from dystream_ros.audio.timeline.segment import NS_PER_SAMPLE
from dystream_ros.audio.timeline.segments import Part, Segments
from dystream_ros.audio.timeline.sources import QueuedSources, source_choice
from dystream_ros.audio.timeline.stamps import Stamps

# A source that sent a block within ALIVE_NS is expected to continue. After the end of a live stream the next one is
# expected within FOLLOWED_NS (a file that repeats).
ALIVE_NS = 1_000_000_000
FOLLOWED_NS = 100_000_000
SKIPPED = object()
INDEX_STATIC = (
    "first_sample does not advance although the audio differs; the audio is placed after the previous audio: advance "
    "first_sample by the number of samples in each chunk"
)


@dataclass(frozen=True)
class TimelineAudio:
    """The result of one read.

    Attributes:
        samples: float32 (n,) at 16 kHz, silence where audio is missing.
        missing: number of samples that were absent although the stream had not ended.
        last_arrival_ns: steady instant at which the last sample arrived; None when it is missing.
    """

    samples: NDArray[np.float32]
    missing: int
    last_arrival_ns: int | None


class PartyTimeline:
    """Accepts blocks of one party in any order, and returns each sample once, in the order of the media clock.

    Not thread-safe.

    Args:
        mode: "live" (a microphone, placed by its stamps), "queued" (speech ahead of time, placed one after the other)
            or "driven" (placed by the index, whatever the time of arrival).
        queue_limit: seconds of audio that may be queued; more is rejected.
        budget: seconds by which live audio may be late and still be used.
        source_timeout: seconds of silence after which another stream may take over.
        channel: channel to use, counted from 0; None for the mean of all.
        keep_blocks: keep the audio in its original format, for `shown`.
        statistics: statistics to continue; None for new ones.

    Attributes:
        stamps: conversion of this party's stamps to media positions.
        cursor: media sample up to which audio has been read.
        last_position: media position after the last sample of this party.
        statistics: of this party.
    """

    def __init__(
        self,
        mode: str,
        *,
        queue_limit: float = 60.0,
        budget: float = 0.025,
        source_timeout: float = 0.5,
        channel: int | None = None,
        keep_blocks: bool = False,
        statistics: PartyStatistics | None = None,
    ) -> None:
        self.stamps = Stamps()
        self.cursor = 0
        self.last_position = 0
        self.statistics = statistics or PartyStatistics()
        self._mode, self._channel = mode, channel
        self._sources = source_choice(mode, source_timeout)
        # Senders of queued speech may leave the index unchanged, and can wait when the queue is full.
        self._numbering = Numbering() if mode == "queued" else None
        self._watches_queue = mode == "queued"
        self._segments, self._notices = Segments(in_order=mode == "queued"), Notices()
        self._intake = Intake(
            mode, self._segments, self.stamps, self.statistics, self._notices, queue_limit, budget, keep_blocks
        )
        self._aligned = AlignedAudio() if keep_blocks else None
        self._offset, self._declick = OffsetRemoval(), Declick()
        self._level, self._channel_mean = Level(), ChannelMean()
        self._last_segment: object | None = None
        self._ended = False
        self._silent_until = 0.0  # driven: media position up to which the rest of interrupted audio lasts
        self._arrival_ns: int | None = None

    def push(self, block: AudioBlock, arrival_ns: int, arrival: float | None = None) -> None:
        """Accept a block.

        Args:
            block: the block.
            arrival_ns: steady instant of its arrival.
            arrival: media position at that instant; None in driven time.

        Raises:
            AudioRejected: the block cannot be used; counted under its reason. If its stream was interrupted or the
                queue is full, an end of the stream in the block still takes effect.
        """
        samples = self.check(block)
        sent = block
        try:
            self._sources.choose(block, self._source_clock(arrival_ns, arrival))
            if self._numbering is not None:
                block = self._numbering.renumber(block, arrival_ns / 1e9)
            begin = max(self.cursor, round(self._silent_until))
            segment = self._intake.segment_for(block, arrival, begin) if samples.size else None
        except AudioRejected as rejection:
            if rejection.reason == "interrupted" and self._mode == "driven":
                # The audio is the clock: what is refused passes as silence, and its source goes on.
                self._silent_until += block.seconds * MEDIA_RATE
            if block.end_of_stream and rejection.reason in ("interrupted", "queue_full"):
                self._ended = True
            if block.end_of_stream and rejection.reason == "queue_full":
                self._end(block)
            self.refuse(block, rejection)
        if block is not sent and samples.size:
            self.statistics.count("index_static")
            self._notices.about("index_static", sent, INDEX_STATIC)
        for name, problem in self._channel_mean.add(block) if self._channel is None else ():
            self.statistics.count(name)
            self._notices.about(name, block, problem)
        self._arrival_ns = arrival_ns
        self._ended, self._silent_until = block.end_of_stream, 0.0
        carries_end = False
        if segment is not None and (kept := self._intake.store(segment, block, samples, arrival_ns, self.cursor)):
            self.last_position = max(self.last_position, segment.end)
            carries_end = block.end_of_stream and kept[-1][1] == block.first_sample + block.frames
            if self._aligned is not None:
                self._aligned.accept(block.stream_id, carries_end)
        if block.end_of_stream and not carries_end:
            self._end(block)
        if self._watches_queue and (warning := self._intake.backlog.warning(self._waiting)):
            self.statistics.count("queue_high")
            self._notices.add("queue_high", warning)
        if self._watches_queue and (
            late := self._intake.backlog.lateness(arrival_ns / 1e9, block.seconds, self._waiting)
        ):
            self.statistics.count("queue_late")
            self._notices.add("queue_late", late)
        figures = self.statistics
        figures.stream_id, figures.sample_rate, figures.channels = block.stream_id, block.sample_rate, block.channels

    def check(self, block: AudioBlock) -> NDArray[np.float32]:
        """Float32 mono of a block; raises `AudioRejected`, and counts it, when the block is unusable in itself."""
        try:
            check_block(block)
            return to_mono(block, self._channel)
        except AudioRejected as rejection:
            self.refuse(block, rejection)

    def refuse(self, block: AudioBlock, rejection: AudioRejected) -> NoReturn:
        """Count a block as rejected and raise the reason."""
        self.statistics.count(rejection.reason)
        self.statistics.rejected += block.data.size // max(1, block.channels)
        raise rejection

    def read(self, count: int, boundary: int | None = None) -> TimelineAudio:
        """The next samples on the media clock.

        Args:
            count: number of 16 kHz samples.
            boundary: `shown` is cut at multiples of this media position; `count` when None.
        """
        start, end = self.cursor, self.cursor + count
        joined = self._segments.read(start, end, self._last_segment)
        arrival_ns = self._consume(start, end, boundary or count)
        missing = 0 if self._silent_by_intent() else joined.missing
        self._last_segment, self.cursor = joined.last, end
        self.statistics.missing += missing
        self._offset.process(joined.samples, joined.joins)
        self._level.add(self._declick.process(joined.samples, joined.joins))
        self._segments.forget_before(self.cursor - MEDIA_RATE)
        if self._watches_queue and (loss := self._intake.backlog.loss(self._waiting)):
            self._notices.add("queue_lost", loss)
        return TimelineAudio(joined.samples, missing, arrival_ns if joined.last is not None else None)

    def skip(self, count: int) -> None:
        """Skip audio that can no longer be shown; the ends of streams in it remain in `shown`."""
        self.cursor += count
        lost = 0
        for part in self._segments.consume_until(self.cursor):
            lost += part.end - part.first
            if self._aligned is not None and part.accepted.block is not None:
                skipped, position = self._piece(part.accepted.block, part), part.segment.position_of(part.end)
                if skipped.end_of_stream:
                    self._aligned.add(position, end_of(skipped, part.end, self._stamp(position)))
        self.statistics.samples -= lost
        self.statistics.late += lost
        self._last_segment = SKIPPED
        self._segments.forget_before(self.cursor - MEDIA_RATE)

    @property
    def can_wait(self) -> bool:
        """Whether the audio is queued speech, which is said later (`delay`) where other audio is skipped (`skip`)."""
        return self._mode == "queued"

    def delay(self, count: int) -> None:
        """Let media time pass without reading: queued speech moves later, with its ends, and stays complete.

        The next read continues where the last one ended. What was read and not yet taken by `shown` moves along.
        """
        delay = self._segments.delay(self.cursor, count)
        if self._aligned is not None:
            self._aligned.delay(delay.at, NS_PER_SAMPLE)
        if self.last_position >= self.cursor and delay.starts:
            moved = delay.at(self.last_position)
            self.last_position += moved
            self.statistics.count("delayed_samples", moved)
        self.cursor += count

    def available_until(self) -> float:
        """Media position before which no more audio is expected; infinite once the stream has ended."""
        return np.inf if self._ended else max(self._silent_until, self._segments.unbroken_until(self.cursor))

    def expects(self, until: int, now_ns: int) -> bool:
        """Whether audio before a media position is expected at a steady instant.

        No audio is expected from a source that has sent nothing yet or for a second, has ended, or was interrupted.
        After the end of a live source, the next one is expected until 0.1 s after the last block.
        """
        if self._arrival_ns is None or (self._mode == "queued" and (self._ended or not self._segments)):
            return False
        patience_ns = FOLLOWED_NS if self._ended else ALIVE_NS
        return now_ns - self._arrival_ns < patience_ns and self._segments.unbroken_until(self.cursor) < until

    def shown(self, until: int) -> tuple[AudioBlock, ...]:
        """Take the audio before media position `until` in its original format, with stamps of the media clock."""
        return () if self._aligned is None else self._aligned.take(until)

    def discard_shown(self, until: int) -> None:
        """Drop the audio before media position `until`; the next `shown` returns the ends of streams in it."""
        if self._aligned is not None:
            self._aligned.discard(until)

    def interrupt(self) -> None:
        """Drop all queued audio and the rest of its stream; a live source continues.

        The next `shown` returns one end for each stream that is cut or whose end was queued.
        """
        live, cuts_stream = self._mode == "live", not self._silent_by_intent()
        waiting = [
            (part.segment.position_of(part.first), self._piece(part.accepted.block, part))
            for part in self._segments.waiting()
            if part.accepted.block is not None
        ]
        latest = self._segments.latest
        if cuts_stream and latest is not None:
            # All of its samples were used, but its source has not ended it.
            nothing, channels = np.zeros(0, np.int16), self.statistics.channels or 1
            waiting.append(
                (np.inf, AudioBlock(latest.stream_id, latest.consumed, latest.rate, channels, None, nothing))
            )
        cut = self._segments.cut()
        if self._mode == "driven" and cuts_stream:
            self._silent_until = max(self._silent_until, self.last_position)
        self.last_position = min(self.last_position, self.cursor)
        if self._aligned is not None:
            # Frames have read them as lookahead; they are not heard.
            cut += self._aligned.cut(waiting, force_ends=not live, stamp_ns=self._stamp(self.last_position))
        if cut:
            self.statistics.count("interrupted_samples", cut)
        if not live and cuts_stream:
            # Frames are computed in real time, so the cursor follows the media clock.
            self._sources.interrupt(self.cursor / MEDIA_RATE)

    def refuse_rest_of(self, former: "PartyTimeline") -> None:
        """Refuse what is still sent of the utterances that an interruption of the former timeline cut."""
        if isinstance(former._sources, QueuedSources):
            self._sources = former._sources.restarted(former.cursor / MEDIA_RATE)

    def take_notices(self) -> list[tuple[str, str]]:
        """Remove and return the notices, as (counter, message)."""
        return self._notices.take()

    @property
    def last_arrival_ns(self) -> int | None:
        """Steady instant of the last block; None before the first."""
        return self._arrival_ns

    @property
    def ended(self) -> bool:
        """Whether the source has sent its end."""
        return self._ended

    def figures(self, now_ns: int) -> PartyStatistics:
        """A copy of the statistics at a steady instant; changes nothing."""
        queued = max(0.0, self._waiting)
        recent = self._arrival_ns is not None and now_ns - self._arrival_ns < ALIVE_NS
        latest = self._segments.latest
        return replace(
            self.statistics,
            receiving=queued > 0 or (recent and not self._ended),
            queued=queued,
            rms_dbfs=self._level.rms_dbfs,
            peak_dbfs=self._level.peak_dbfs,
            drift_ppm=0.0 if latest is None else 1e6 * (0.0 - latest.correction),
            counters=dict(self.statistics.counters),
        )

    @property
    def _waiting(self) -> float:
        """Seconds of audio after the cursor; negative when the cursor has passed its end."""
        return (self.last_position - self.cursor) / MEDIA_RATE

    def _source_clock(self, arrival_ns: int, arrival: float | None) -> float | None:
        """Time for the choice of the source, s: the media clock for queued speech, else the steady clock."""
        if arrival is None:
            return None
        return arrival / MEDIA_RATE if self._mode == "queued" else arrival_ns / 1e9

    def _stamp(self, position: float) -> int:
        return self.stamps.epoch_ns + round(position * NS_PER_SAMPLE)

    def _end(self, block: AudioBlock) -> None:
        """Add the end of a block's stream to `shown`, after all accepted audio."""
        if self._aligned is not None:
            end = block.first_sample + block.frames
            self._aligned.end(self.last_position, end_of(block, end, self._stamp(self.last_position)))

    def _consume(self, start: int, end: int, boundary: int) -> int | None:
        """Mark all audio before `end` as consumed; returns the arrival of its last sample."""
        arrival_ns = None
        for part in self._segments.consume_until(*range(start - start % boundary + boundary, end, boundary), end):
            arrival_ns = part.accepted.arrival_ns
            if self._aligned is not None and part.accepted.block is not None:
                self._aligned.add(part.segment.position_of(part.first), self._piece(part.accepted.block, part))
        return arrival_ns

    def _piece(self, block: AudioBlock, part: Part) -> AudioBlock:
        return piece(block, part.first, part.end, self._stamp(part.segment.position_of(part.first)))

    def _silent_by_intent(self) -> bool:
        """Whether silence is expected now: the stream has ended, or synthetic speech has paused for a second."""
        if self._ended or self._mode != "queued":
            return self._ended or self.cursor < self._silent_until
        return not self._segments or self.cursor - self.last_position > MEDIA_RATE
