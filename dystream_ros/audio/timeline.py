"""The audio of one party on the media clock: whatever came, in whatever order, as one stream of 16 kHz samples."""

from dataclasses import dataclass, replace
from typing import NoReturn

import numpy as np

from dystream_ros.audio.block import AudioBlock, AudioRejected, check_block, to_mono
from dystream_ros.audio.declick import Declick
from dystream_ros.audio.level import Level
from dystream_ros.audio.placement import MEANING, REORDER, RULES, STAMPS_WRONG, Facts
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.audio.segment import NS_PER_SAMPLE, Accepted, Segment, join, shown_part
from dystream_ros.audio.sources import SourceChoice
from dystream_ros.audio.stamps import Stamps
from dystream_ros.audio.statistics import PartyStatistics

# So many seconds of late audio, less what came in time in between (a tenth of it counts), move a live source.
STARVED_SECONDS = 0.2
# A source that was heard so lately goes on; a live one that has ended may be followed at once (a file in a loop).
ALIVE_NS = 1_000_000_000
FOLLOWED_NS = 100_000_000
NOTICES_KEPT = 100
SKIPPED = object()


@dataclass(frozen=True)
class Heard:
    """What one read gives.

    Attributes:
        samples: float32 (n,) at 16 kHz, silence where audio is missing.
        missing: how many samples were not there although the stream had not ended.
        last_arrival_ns: steady instant at which the last sample came; None when it is missing.
    """

    samples: np.ndarray
    missing: int
    last_arrival_ns: int | None


class PartyTimeline:
    """Takes blocks of one party in any order and reads them out along the media clock, each sample once.

    Args:
        mode: "live" (a microphone, heard at its stamps), "queued" (speech ahead of time, heard one after the other) or
            "driven" (the index advances, arrival does not matter).
        queue_limit: seconds that may wait to be heard; more is rejected.
        budget: seconds by which live audio may come after its time and still be heard.
        source_timeout: seconds of silence after which another stream may take over.
        channel: channel to hear, counted from 0; None for the mean of all.
        keep_blocks: keep the audio as it came, for `shown`.
        statistics: figures to go on with; None for new ones.

    Attributes:
        stamps: how this party's stamps are read.
        cursor: media sample up to which audio has been read.
        last_position: media position after the last sample of this party.
        statistics: figures of this party.
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
        self.statistics = statistics or PartyStatistics()
        self.notices: list[tuple[str, str]] = []
        self._mode, self._rule = mode, RULES[mode]
        self._queue_limit, self._budget, self._channel, self._keep_blocks = queue_limit, budget, channel, keep_blocks
        self._sources = SourceChoice(source_timeout)
        self._segments: list[Segment] = []
        self._shown: list[tuple[float, AudioBlock]] = []
        self._declick, self._level = Declick(), Level()
        self._last_heard: Segment | object | None = None
        self._late_run = 0.0
        self._ended = False
        self._arrival_ns: int | None = None
        self.last_position = 0

    def push(self, block: AudioBlock, arrival_ns: int, arrival: float | None = None) -> None:
        """Take a block.

        Args:
            block: the block.
            arrival_ns: steady instant at which it came.
            arrival: media position at that instant; None in driven time.

        Raises:
            AudioRejected: the block cannot be used; counted under its reason.
        """
        samples = self.check(block)
        try:
            self._sources.choose(block, None if self._mode == "driven" else arrival_ns / 1e9)
            segment = self._segment_for(block, arrival) if samples.size else None
        except AudioRejected as rejection:
            self._ended = self._ended or (rejection.reason == "interrupted" and block.end_of_stream)
            self.refuse(block, rejection)
        self._arrival_ns = arrival_ns
        self._ended = block.end_of_stream
        if segment is not None:
            self._write(segment, block, samples, arrival_ns)
        elif self._keep_blocks:
            self._shown.append((self.last_position, self._end_block(block.stream_id, block.first_sample)))
        figures = self.statistics
        figures.stream_id, figures.sample_rate, figures.channels = block.stream_id, block.sample_rate, block.channels

    def check(self, block: AudioBlock) -> np.ndarray:
        """Float32 mono of a block; raises `AudioRejected`, and counts it, when the block is unusable in itself."""
        try:
            check_block(block)
            return to_mono(block, self._channel)
        except AudioRejected as rejection:
            self.refuse(block, rejection)

    def refuse(self, block: AudioBlock, rejection: AudioRejected) -> NoReturn:
        """Count a block as rejected and raise why."""
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
        samples, joins, missing, last = join(self._segments, start, end, self._last_heard)
        arrival_ns = self._consume(start, end, boundary or count)
        if self._silent_by_intent():
            missing = 0
        self._last_heard, self.cursor = last, end
        self.statistics.missing += missing
        self._level.add(self._declick.process(samples, joins))
        self._forget()
        return Heard(samples, missing, arrival_ns if last is not None else None)

    def skip(self, count: int) -> None:
        """Give up audio that can no longer be shown."""
        self.cursor += count
        given_up = sum(b - a for segment in self._segments for _, a, b in segment.hear_until(self.cursor))
        self.statistics.samples -= given_up
        self.statistics.late += given_up
        self._last_heard = SKIPPED
        self._forget()

    def available_until(self) -> float:
        """Media position up to which nothing more is to be waited for; infinite once the stream has ended."""
        return np.inf if self._ended else self._unbroken_until()

    def expects(self, until: int, now_ns: int) -> bool:
        """Whether audio before a media position is still to come, by what is known at a steady instant.

        Nothing more is expected of a source that was never heard, has not been heard for a second, has ended or was
        interrupted. A live one may be followed by another: that is waited for until 0.1 s after the last block.
        """
        if self._arrival_ns is None or (self._mode == "queued" and (self._ended or not self._segments)):
            return False
        patience_ns = FOLLOWED_NS if self._ended else ALIVE_NS
        return now_ns - self._arrival_ns < patience_ns and self._unbroken_until() < until

    def shown(self, until: int) -> tuple[AudioBlock, ...]:
        """Take the audio, as it came, that is heard before `until`; its stamps are those of the media clock."""
        taken = sorted((part for part in self._shown if part[0] < until), key=lambda part: part[0])
        self._shown = [part for part in self._shown if part[0] >= until]
        return tuple(block for _, block in taken)

    def interrupt(self) -> None:
        """Drop all that waits, and all that follows in its stream (a live source goes on)."""
        silent = self._silent_by_intent()
        dropped = sum(segment.store.cut_from(segment.consumed) for segment in self._segments)
        self.statistics.count("interrupted_samples", dropped)
        heard = self._segments[-1] if self._segments else None
        self._segments, self._shown = [], []
        self.last_position = min(self.last_position, self.cursor)
        if self._mode != "live" and not silent:
            self._sources.interrupt()
            if self._keep_blocks and heard is not None:
                self._shown.append((-np.inf, self._end_block(heard.stream_id, heard.consumed)))

    @property
    def last_arrival_ns(self) -> int | None:
        """Steady instant of the last block; None before the first."""
        return self._arrival_ns

    @property
    def ended(self) -> bool:
        """Whether the source said that nothing follows."""
        return self._ended

    def figures(self, now_ns: int) -> PartyStatistics:
        """A copy of the statistics at a steady instant."""
        queued = max(0.0, (self.last_position - self.cursor) / MEDIA_RATE)
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

    def _unbroken_until(self) -> float:
        """Media position up to which everything came, save holes that are too old to be filled."""
        if not self._segments:
            return self.cursor
        segment = self._segments[-1]
        reorder = REORDER * segment.rate // MEDIA_RATE
        runs = segment.store.runs
        index = segment.store.end
        for (_, hole), (after, _) in reversed(list(zip(runs[:-1], runs[1:], strict=True))):
            if segment.store.end - after < reorder and hole >= segment.consumed:
                index = hole
        return segment.first_at(index - segment.reach)

    def _segment_for(self, block: AudioBlock, arrival: float | None) -> Segment:
        current = self._segments[-1] if self._segments else None
        if current and (current.stream_id, current.rate) != (block.stream_id, block.sample_rate):
            current = None
        facts, placement = self.stamps.place(self._rule, self._facts(block, arrival, current), block.stamp_ns)
        position = facts.by_index if placement.anchor is None else placement.anchor
        if position > self.cursor + facts.queue_limit + MEDIA_RATE:
            raise AudioRejected(
                "queue_full",
                f"{(position - self.cursor) / MEDIA_RATE:.1f} s of audio wait, queue_limit is {self._queue_limit:g} s: "
                "send later or raise queue_limit",
            )
        if placement.reason:
            self.statistics.count(placement.reason)
            self._notice(placement.reason, block, MEANING[placement.reason])
        moved = self._mode == "live" and placement.anchor is not None
        if block.stamp_ns and (moved or placement.reason in STAMPS_WRONG):
            self.stamps.align(block.stamp_ns, round(position))
        if facts.ahead > 0:
            self.statistics.reproducible = False
            if placement.reason != "index_jump":
                gap = block.first_sample - current.store.end
                self.statistics.gap += gap
                self._notice("gap", block, f"{gap} samples before it were left out; silence until they come")
        # A long hole is not stored: what follows it is a segment of its own.
        if placement.anchor is None and facts.ahead <= MEDIA_RATE:
            if self._mode == "live":
                stamp = facts.arrival - facts.duration if facts.by_stamp is None else facts.by_stamp
                current.follow(stamp - position, facts.duration, self.cursor)
            return current
        return self._anchor(block, round(position), facts.stream_end)

    def _notice(self, name: str, block: AudioBlock, what: str) -> None:
        self.notices.append((name, f"stream {block.stream_id}, sample {block.first_sample}: {what}"))
        del self.notices[:-NOTICES_KEPT]

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
        ahead = (block.first_sample - current.store.end) * scale if current else 0.0
        return Facts(
            duration=block.frames * scale,
            by_stamp=None,
            by_index=current.position_of(block.first_sample) if current else None,
            ahead=ahead,
            stream_end=self._segments[-1].end if self._segments else self.cursor,
            cursor=self.cursor,
            arrival=arrival,
            budget=self._budget * MEDIA_RATE,
            starved=self._late_run >= STARVED_SECONDS * MEDIA_RATE,
            queue_limit=self._queue_limit * MEDIA_RATE,
        )

    def _write(self, segment: Segment, block: AudioBlock, samples: np.ndarray, arrival_ns: int) -> None:
        first, count = block.first_sample, len(samples)
        fills = first < segment.store.end
        overlap = segment.store.present(first, first + count)
        kept = segment.store.write(first, samples)
        accepted = sum(b - a for a, b in kept)
        # What is neither kept nor there already lies before the cursor, or under the audio of an earlier stretch.
        late = min(count - accepted - overlap, max(0, segment.first_index_from(self.cursor) - first))
        figures = self.statistics
        figures.samples += accepted
        figures.late += late
        figures.overlap += count - accepted - late
        if late:
            self._notice("late", block, f"{late} samples came after their frame was made, and are not heard")
        if count > accepted + late:
            self._notice("overlap", block, f"{count - accepted - late} samples were there already")
        if fills and accepted:
            figures.count("out_of_order")
            figures.gap = max(0, figures.gap - accepted)
        if accepted:
            self.last_position = max(self.last_position, segment.end)
        self._late_run += (late - (0.1 * accepted if not late else 0)) * MEDIA_RATE / segment.rate
        self._late_run = max(0.0, self._late_run)
        if late:
            figures.reproducible = False
        block = block if self._keep_blocks else None
        segment.accepted += [Accepted(a, b, block, arrival_ns) for a, b in kept]

    def _consume(self, start: int, end: int, boundary: int) -> int | None:
        """Mark everything heard up to `end`; returns when its last sample came."""
        arrival_ns = None
        for segment in self._segments:
            for at in (*range(start - start % boundary + boundary, end, boundary), end):
                for part, a, b in segment.hear_until(at):
                    arrival_ns = part.arrival_ns
                    if part.block is not None:
                        self._shown.append(shown_part(segment, part.block, a, b, self.stamps.epoch_ns))
        return arrival_ns

    def _end_block(self, stream_id: int, first_sample: int) -> AudioBlock:
        """The end of a stream, for those who play the audio that is shown."""
        figures = self.statistics
        stamp_ns = self.stamps.epoch_ns + round(self.last_position * NS_PER_SAMPLE)
        rate, channels = figures.sample_rate or MEDIA_RATE, figures.channels or 1
        return AudioBlock(stream_id, first_sample, rate, channels, stamp_ns, np.zeros(0, np.int16), end_of_stream=True)

    def _silent_by_intent(self) -> bool:
        """Whether silence now is no loss: the stream has ended, or synthetic speech has paused for a second."""
        if self._ended or self._mode != "queued":
            return self._ended
        return not self._segments or self.cursor - self.last_position > MEDIA_RATE

    def _forget(self) -> None:
        keep = MEDIA_RATE
        self._segments = [s for s in self._segments[:-1] if s.end > self.cursor - keep] + self._segments[-1:]
