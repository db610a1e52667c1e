"""Places the blocks of a party on the media clock, and stores the samples that are accepted."""

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.notices import Notices
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.audio.statistics import PartyStatistics
from dystream_ros.audio.timeline.backlog import Backlog
from dystream_ros.audio.timeline.placement import MEANING, RULES, STAMPS_WRONG, Facts
from dystream_ros.audio.timeline.segment import Segment
from dystream_ros.audio.timeline.segments import Segments
from dystream_ros.audio.timeline.stamps import Stamps

# A live source is placed later once its late audio exceeds this. Punctual audio reduces the sum by a tenth of its
# length.
STARVED_SECONDS = 0.2


class Intake:
    """Assigns blocks to segments and stores their samples; counts and reports everything unusual.

    Args:
        mode: "live", "queued" or "driven".
        segments, stamps, statistics, notices: of the party.
        queue_limit: seconds of audio that may be queued.
        budget: seconds by which live audio may be late and still be used.
        keep_blocks: keep each block with the ranges that were accepted from it.

    Attributes:
        backlog: back-pressure of the queue.
        notices: of the party.
    """

    def __init__(
        self,
        mode: str,
        segments: Segments,
        stamps: Stamps,
        statistics: PartyStatistics,
        notices: Notices,
        queue_limit: float,
        budget: float,
        keep_blocks: bool,
    ) -> None:
        self.backlog = Backlog(queue_limit)
        self.notices = notices
        self._mode, self._rule = mode, RULES[mode]
        self._segments, self._stamps, self._statistics = segments, stamps, statistics
        self._queue_limit, self._budget, self._keep_blocks = queue_limit, budget, keep_blocks
        self._late_run = 0.0

    def segment_for(self, block: AudioBlock, arrival: float | None, cursor: int) -> Segment:
        """The segment to which a block belongs, the latest or a new one.

        Args:
            arrival: media position at the arrival of the block; None in driven time.
            cursor: media position up to which audio has been read.

        Raises:
            AudioRejected: more audio than `queue_limit` is queued before the block.
        """
        latest = self._segments.latest
        same = latest is not None and (latest.stream_id, latest.rate) == (block.stream_id, block.sample_rate)
        current = latest if same else None
        facts, placement = self._stamps.place(self._rule, self._facts(block, arrival, current, cursor), block.stamp_ns)
        position = placement.anchor if facts.by_index is None or placement.anchor is not None else facts.by_index
        assert position is not None, "a rule anchors the first block of a stream"
        if position > cursor + facts.queue_limit + MEDIA_RATE:
            self._statistics.count("queue_full_samples", block.frames)
            raise self.backlog.rejection(block, (position - cursor) / MEDIA_RATE)
        if placement.reason:
            self._statistics.count(placement.reason)
            self.notices.about(placement.reason, block, MEANING[placement.reason])
        moved = self._mode == "live" and placement.anchor is not None
        if block.stamp_ns and (moved or placement.reason in STAMPS_WRONG):
            self._stamps.align(block.stamp_ns, round(position))
        if current is not None and facts.ahead > 0:
            self._statistics.reproducible = False
            if placement.reason != "index_jump":
                gap = block.first_sample - current.store.end
                self._statistics.gap += gap
                self.notices.about("gap", block, f"{gap} samples before it are missing; silence until they arrive")
        # A hole of more than 1 s is not stored: the audio after it starts a new segment.
        if current is not None and placement.anchor is None and facts.ahead <= MEDIA_RATE:
            if self._mode == "live":
                stamp = facts.arrival - facts.duration if facts.by_stamp is None else facts.by_stamp
                current.follow(stamp - position, facts.duration, cursor)
            return current
        return self._anchor(block, round(position), facts.stream_end, cursor)

    def _anchor(self, block: AudioBlock, position: int, stream_end: float, cursor: int) -> Segment:
        segment = Segment(
            block.stream_id, block.sample_rate, block.first_sample, position, causal=self._mode != "driven"
        )
        segment.accept_from(max(cursor, round(stream_end)))
        self._segments.add(segment)
        self._late_run = 0.0
        return segment

    def _facts(self, block: AudioBlock, arrival: float | None, current: Segment | None, cursor: int) -> Facts:
        scale, latest = MEDIA_RATE / block.sample_rate, self._segments.latest
        return Facts(
            duration=block.frames * scale,
            by_stamp=None,
            by_index=current.position_of(block.first_sample) if current else None,
            ahead=(block.first_sample - current.store.end) * scale if current else 0.0,
            stream_end=cursor if latest is None else latest.end,
            cursor=cursor,
            arrival=np.nan if arrival is None else arrival,
            budget=self._budget * MEDIA_RATE,
            starved=self._late_run >= STARVED_SECONDS * MEDIA_RATE,
            queue_limit=self._queue_limit * MEDIA_RATE,
        )

    def store(
        self, segment: Segment, block: AudioBlock, samples: NDArray[np.float32], arrival_ns: int, cursor: int
    ) -> list[tuple[int, int]]:
        """Store the samples of a block, and count those that are accepted, late or already present.

        Args:
            segment: of `segment_for`.
            samples: float32 (n,) of the block.
            arrival_ns: steady instant of its arrival.
            cursor: media position up to which audio has been read.

        Returns:
            The [first, end) ranges of source samples that were accepted, sorted.
        """
        first, count = block.first_sample, len(samples)
        fills = first < segment.store.end
        overlap = segment.store.present(first, first + count)
        kept = segment.store.write(first, samples)
        accepted = sum(b - a for a, b in kept)
        # Samples that are neither kept nor present lie before the cursor, or overlap an earlier segment.
        late = min(count - accepted - overlap, max(0, segment.first_index_from(cursor) - first))
        figures = self._statistics
        figures.samples += accepted
        figures.late += late
        figures.overlap += count - accepted - late
        if late:
            figures.reproducible = False
            self.notices.about("late", block, f"{late} samples arrived after their frame was computed, and are dropped")
        if count > accepted + late:
            self.notices.about("overlap", block, f"{count - accepted - late} samples had arrived already")
        if fills and accepted:
            figures.count("out_of_order")
            figures.gap = max(0, figures.gap - accepted)
        self._late_run += (late - (0.1 * accepted if not late else 0)) * MEDIA_RATE / segment.rate
        self._late_run = max(0.0, self._late_run)
        segment.accept(kept, block if self._keep_blocks else None, arrival_ns)
        return kept
