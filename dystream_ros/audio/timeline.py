"""The audio of one party on the media clock: what arrived, in any order, as one stream of 16 kHz samples."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.aligned import AlignedAudio, end_of, piece
from dystream_ros.audio.backlog import Backlog
from dystream_ros.audio.block import AudioBlock, AudioRejected, check_block, to_mono
from dystream_ros.audio.declick import Declick
from dystream_ros.audio.level import Level
from dystream_ros.audio.numbering import Numbering
from dystream_ros.audio.placement import MEANING, REORDER, RULES, STAMPS_WRONG, Facts
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.audio.segment import NS_PER_SAMPLE, Segment, join
from dystream_ros.audio.sources import source_choice
from dystream_ros.audio.stamps import Stamps
from dystream_ros.audio.statistics import PartyStatistics

# So many seconds of late audio, minus a tenth of the audio that is in time between, move a live source.
STARVED_SECONDS = 0.2
# A source that was heard within this time goes on; a live one that has ended may be followed at once (a file that
# repeats).
ALIVE_NS = 1_000_000_000
FOLLOWED_NS = 100_000_000
NOTICES_KEPT = 100
SKIPPED = object()


@dataclass(frozen=True)
class Heard:
    """The result of one read.

    Attributes:
        samples: float32 (n,) at 16 kHz, silence where audio is missing.
        missing: how many samples were not present although the stream had not ended.
        last_arrival_ns: steady instant at which the last sample arrived; None when it is missing.
    """

    samples: NDArray[np.float32]
    missing: int
    last_arrival_ns: int | None


class PartyTimeline:
    """Takes blocks of one party in any order and reads them out along the media clock, each sample once.

    Not safe for several threads at once.

    Args:
        mode: "live" (a microphone, heard at its stamps), "queued" (speech ahead of time, heard one after the other) or
            "driven" (the index advances, arrival does not matter).
        queue_limit: seconds that may wait to be heard; more is rejected.
        budget: seconds by which live audio may be late and still be heard.
        source_timeout: seconds of silence after which another stream may take over.
        channel: channel to hear, counted from 0; None for the mean of all.
        keep_blocks: keep the audio as it arrived, for `shown`.
        statistics: figures to continue; None for new ones.

    Attributes:
        stamps: how this party's stamps are read.
        cursor: media sample up to which audio has been read.
        last_position: media position after the last sample of this party.
        statistics: figures of this party.
        notices: unusual events as (short name, sentence), the oldest first; `take_notices` empties it.
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
        self.notices: list[tuple[str, str]] = []
        self._mode, self._rule = mode, RULES[mode]
        self._queue_limit, self._budget, self._channel = queue_limit, budget, channel
        self._sources = source_choice(mode, source_timeout)
        # Queued speech is believed where its index does not advance, and its sender can wait.
        self._numbering = Numbering() if mode == "queued" else None
        self._watches_queue = mode == "queued"
        self._backlog = Backlog(queue_limit)
        self._segments: list[Segment] = []
        self._aligned = AlignedAudio() if keep_blocks else None
        self._declick, self._level = Declick(), Level()
        self._last_heard: object | None = None
        self._late_run = 0.0
        self._ended = False
        self._arrival_ns: int | None = None

    def push(self, block: AudioBlock, arrival_ns: int, arrival: float | None = None) -> None:
        """Take a block.

        Args:
            block: the block.
            arrival_ns: steady instant of its arrival.
            arrival: media position at that instant; None in driven time.

        Raises:
            AudioRejected: the block cannot be used; counted under its reason. An end of the stream that it carries
                takes effect nevertheless.
        """
        samples = self.check(block)
        sent = block
        try:
            self._sources.choose(block, self._source_clock(arrival_ns, arrival))
            if self._numbering is not None:
                block = self._numbering.renumber(block, arrival_ns / 1e9)
            segment = self._segment_for(block, arrival) if samples.size else None
        except AudioRejected as rejection:
            if block.end_of_stream and rejection.reason in ("interrupted", "queue_full"):
                self._ended = True
            if block.end_of_stream and rejection.reason == "queue_full":
                self._end(block)
            self.refuse(block, rejection)
        if block is not sent and samples.size:
            self._note_numbering(block, sent)
        self._arrival_ns = arrival_ns
        self._ended = block.end_of_stream
        carries_end = segment is not None and self._write(segment, block, samples, arrival_ns)
        if block.end_of_stream and not carries_end:
            self._end(block)
        if self._watches_queue and (warning := self._backlog.warning(self._waiting)):
            self.statistics.count("queue_high")
            self._notice("queue_high", warning)
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

    def read(self, count: int, boundary: int | None = None) -> Heard:
        """The next samples, along the media clock.

        Args:
            count: how many 16 kHz samples.
            boundary: media positions at whose multiples `shown` is cut.
        """
        start, end = self.cursor, self.cursor + count
        joined = join(self._segments_until(end), start, end, self._last_heard)
        arrival_ns = self._consume(start, end, boundary or count)
        missing = 0 if self._silent_by_intent() else joined.missing
        self._last_heard, self.cursor = joined.last, end
        self.statistics.missing += missing
        self._level.add(self._declick.process(joined.samples, joined.joins))
        self._forget()
        if self._watches_queue and (loss := self._backlog.loss(self._waiting)):
            self._notice("queue_lost", loss)
        return Heard(joined.samples, missing, arrival_ns if joined.last is not None else None)

    def skip(self, count: int) -> None:
        """Give up audio that can no longer be shown; the ends of streams in it remain in `shown`."""
        self.cursor += count
        given_up = 0
        for segment in self._segments:
            for part, a, b in segment.hear_until(self.cursor):
                given_up += b - a
                if self._aligned is not None and part.block is not None:
                    skipped = piece(part.block, a, b, None)
                    if skipped.end_of_stream:
                        self._aligned.add(
                            segment.position_of(b), end_of(skipped, b, self._stamp(segment.position_of(b)))
                        )
        self.statistics.samples -= given_up
        self.statistics.late += given_up
        self._last_heard = SKIPPED
        self._forget()

    def available_until(self) -> float:
        """Media position up to which nothing more is to be waited for; infinite once the stream has ended."""
        return np.inf if self._ended else self._unbroken_until()

    def expects(self, until: int, now_ns: int) -> bool:
        """Whether audio before a media position is expected at a steady instant.

        Nothing more is expected of a source that was never heard, has not been heard for a second, has ended or was
        interrupted. A live one may be followed by another: that is waited for until 0.1 s after the last block.
        """
        if self._arrival_ns is None or (self._mode == "queued" and (self._ended or not self._segments)):
            return False
        patience_ns = FOLLOWED_NS if self._ended else ALIVE_NS
        return now_ns - self._arrival_ns < patience_ns and self._unbroken_until() < until

    def shown(self, until: int) -> tuple[AudioBlock, ...]:
        """Take the audio, as it arrived, that is heard before `until`; its stamps are those of the media clock."""
        return () if self._aligned is None else self._aligned.take(until)

    def discard_shown(self, until: int) -> None:
        """Drop the audio that is heard before `until`; the ends of streams in it are given by the next `shown`."""
        if self._aligned is not None:
            self._aligned.discard(until)

    def interrupt(self) -> None:
        """Drop everything that waits, and what follows in its stream (a live source goes on).

        Each stream that is cut, and each end that waited, gets its end in the next `shown`.
        """
        live, cuts_stream = self._mode == "live", not self._silent_by_intent()
        waiting = [
            (segment.position_of(first), piece(part.block, first, part.end, None))
            for segment in self._segments
            for part in segment.accepted
            for first in [max(part.first, segment.consumed)]
            if part.block is not None
        ]
        if cuts_stream and self._segments:
            # Heard to its last sample, but not ended by its source.
            latest, channels = self._segments[-1], self.statistics.channels or 1
            nothing = AudioBlock(latest.stream_id, latest.consumed, latest.rate, channels, None, np.zeros(0, np.int16))
            waiting.append((np.inf, nothing))
        dropped = sum(segment.store.cut_from(segment.consumed) for segment in self._segments)
        self.statistics.count("interrupted_samples", dropped)
        self._segments = []
        self.last_position = min(self.last_position, self.cursor)
        if self._aligned is not None:
            self._aligned.cut(waiting, force_ends=not live, stamp_ns=self._stamp(self.last_position))
        if not live and cuts_stream:
            # Frames are made in real time: the cursor is the media clock, but for the lookahead.
            self._sources.interrupt(self.cursor / MEDIA_RATE)

    def take_notices(self) -> list[tuple[str, str]]:
        """Remove and return the notices, as (short name, sentence)."""
        taken, self.notices = self.notices, []
        return taken

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
        return replace(
            self.statistics,
            receiving=queued > 0 or (recent and not self._ended),
            queued=queued,
            rms_dbfs=self._level.rms_dbfs,
            peak_dbfs=self._level.peak_dbfs,
            drift_ppm=1e6 * (0.0 - self._segments[-1].correction) if self._segments else 0.0,
            counters=dict(self.statistics.counters),
        )

    @property
    def _waiting(self) -> float:
        """Seconds of audio after the cursor; negative once it ran out."""
        return (self.last_position - self.cursor) / MEDIA_RATE

    def _source_clock(self, arrival_ns: int, arrival: float | None) -> float | None:
        """Seconds by which sources are chosen: the media clock for queued speech, else the steady clock."""
        if arrival is None:
            return None
        return arrival / MEDIA_RATE if self._mode == "queued" else arrival_ns / 1e9

    def _stamp(self, position: float) -> int:
        return self.stamps.epoch_ns + round(position * NS_PER_SAMPLE)

    def _unbroken_until(self) -> float:
        """Media position up to which everything arrived, except holes that are too old to be filled."""
        if not self._segments:
            return self.cursor
        segment = self._segments[-1]
        store, reorder = segment.store, REORDER * segment.rate // MEDIA_RATE
        return segment.first_at(store.first_hole(segment.consumed, store.end - reorder) - segment.reach)

    def _segment_for(self, block: AudioBlock, arrival: float | None) -> Segment:
        """The segment to which a block belongs, the latest or a new one; raises `AudioRejected` when it is too far."""
        latest = self._segments[-1] if self._segments else None
        same = latest is not None and (latest.stream_id, latest.rate) == (block.stream_id, block.sample_rate)
        current = latest if same else None
        facts, placement = self.stamps.place(self._rule, self._facts(block, arrival, current), block.stamp_ns)
        position = placement.anchor if facts.by_index is None or placement.anchor is not None else facts.by_index
        assert position is not None, "a rule anchors the first block of a stream"
        if position > self.cursor + facts.queue_limit + MEDIA_RATE:
            self.statistics.count("queue_full_samples", block.frames)
            raise self._backlog.rejection(block, (position - self.cursor) / MEDIA_RATE)
        if placement.reason:
            self.statistics.count(placement.reason)
            self._note(placement.reason, block, MEANING[placement.reason])
        moved = self._mode == "live" and placement.anchor is not None
        if block.stamp_ns and (moved or placement.reason in STAMPS_WRONG):
            self.stamps.align(block.stamp_ns, round(position))
        if current is not None and facts.ahead > 0:
            self.statistics.reproducible = False
            if placement.reason != "index_jump":
                gap = block.first_sample - current.store.end
                self.statistics.gap += gap
                self._note("gap", block, f"{gap} samples before it were left out; silence until they arrive")
        # A long hole is not stored: what follows it is a segment of its own.
        if current is not None and placement.anchor is None and facts.ahead <= MEDIA_RATE:
            if self._mode == "live":
                stamp = facts.arrival - facts.duration if facts.by_stamp is None else facts.by_stamp
                current.follow(stamp - position, facts.duration, self.cursor)
            return current
        return self._anchor(block, round(position), facts.stream_end)

    def _anchor(self, block: AudioBlock, position: int, stream_end: float) -> Segment:
        segment = Segment(
            block.stream_id, block.sample_rate, block.first_sample, position, causal=self._mode != "driven"
        )
        segment.hear_from(max(self.cursor, round(stream_end)))
        self._segments.append(segment)
        self._late_run = 0.0
        return segment

    def _facts(self, block: AudioBlock, arrival: float | None, current: Segment | None) -> Facts:
        scale = MEDIA_RATE / block.sample_rate
        return Facts(
            duration=block.frames * scale,
            by_stamp=None,
            by_index=current.position_of(block.first_sample) if current else None,
            ahead=(block.first_sample - current.store.end) * scale if current else 0.0,
            stream_end=self._segments[-1].end if self._segments else self.cursor,
            cursor=self.cursor,
            arrival=np.nan if arrival is None else arrival,
            budget=self._budget * MEDIA_RATE,
            starved=self._late_run >= STARVED_SECONDS * MEDIA_RATE,
            queue_limit=self._queue_limit * MEDIA_RATE,
        )

    def _write(self, segment: Segment, block: AudioBlock, samples: NDArray[np.float32], arrival_ns: int) -> bool:
        """Store the samples of a block and count what becomes of them; returns whether its last sample is stored."""
        first, count = block.first_sample, len(samples)
        fills = first < segment.store.end
        overlap = segment.store.present(first, first + count)
        kept = segment.store.write(first, samples)
        accepted = sum(b - a for a, b in kept)
        # What is neither kept nor present already lies before the cursor, or under the audio of an earlier segment.
        late = min(count - accepted - overlap, max(0, segment.first_index_from(self.cursor) - first))
        figures = self.statistics
        figures.samples += accepted
        figures.late += late
        figures.overlap += count - accepted - late
        if late:
            figures.reproducible = False
            self._note("late", block, f"{late} samples arrived after their frame was made, and are not heard")
        if count > accepted + late:
            self._note("overlap", block, f"{count - accepted - late} samples were there already")
        if fills and accepted:
            figures.count("out_of_order")
            figures.gap = max(0, figures.gap - accepted)
        if accepted:
            self.last_position = max(self.last_position, segment.end)
        self._late_run += (late - (0.1 * accepted if not late else 0)) * MEDIA_RATE / segment.rate
        self._late_run = max(0.0, self._late_run)
        segment.accept(kept, None if self._aligned is None else block, arrival_ns)
        carries_end = block.end_of_stream and bool(kept) and kept[-1][1] == first + count
        if kept and self._aligned is not None:
            self._aligned.accept(block.stream_id, carries_end)
        return carries_end

    def _end(self, block: AudioBlock) -> None:
        """Give the end of a block's stream to `shown`, after all audio so far."""
        if self._aligned is not None:
            end = block.first_sample + block.frames
            self._aligned.end(self.last_position, end_of(block, end, self._stamp(self.last_position)))

    def _consume(self, start: int, end: int, boundary: int) -> int | None:
        """Mark everything heard up to `end`; returns when its last sample arrived."""
        arrival_ns = None
        for segment in self._segments_until(end):
            for at in (*range(start - start % boundary + boundary, end, boundary), end):
                for part, a, b in segment.hear_until(at):
                    arrival_ns = part.arrival_ns
                    if self._aligned is not None and part.block is not None:
                        position = segment.position_of(a)
                        self._aligned.add(position, piece(part.block, a, b, self._stamp(position)))
        return arrival_ns

    def _segments_until(self, position: int) -> Sequence[Segment]:
        """The segments that may be heard before a media position: of a long queue only the first few."""
        if self._mode != "queued":
            return self._segments
        return list(takewhile(lambda segment: not segment.begins_after(position), self._segments))

    def _silent_by_intent(self) -> bool:
        """Whether silence now is no loss: the stream has ended, or synthetic speech has paused for a second."""
        if self._ended or self._mode != "queued":
            return self._ended
        return not self._segments or self.cursor - self.last_position > MEDIA_RATE

    def _forget(self) -> None:
        """Let go of the segments that are heard, except the latest."""
        gone = 0
        while gone < len(self._segments) - 1 and self._segments[gone].end <= self.cursor - MEDIA_RATE:
            gone += 1
        del self._segments[:gone]

    def _note_numbering(self, block: AudioBlock, sent: AudioBlock) -> None:
        self.statistics.count("index_static")
        text = (
            "first_sample does not advance although the audio differs; it is heard after the audio before it: add the "
            "samples that were sent to first_sample"
        )
        self._note("index_static", sent, text)

    def _note(self, name: str, block: AudioBlock, text: str) -> None:
        self._notice(name, f"stream {block.stream_id}, sample {block.first_sample}: {text}")

    def _notice(self, name: str, text: str) -> None:
        self.notices.append((name, text))
        del self.notices[:-NOTICES_KEPT]
