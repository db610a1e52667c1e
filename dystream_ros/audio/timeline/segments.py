"""The segments of a party in order: read, consumed and forgotten together."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.audio.timeline.placement import REORDER
from dystream_ros.audio.timeline.segment import Accepted, Segment


@dataclass(frozen=True)
class Joined:
    """Audio of several segments on one media range.

    Attributes:
        samples: float32 (n,), zero where samples are absent.
        joins: ascending indices of the samples that do not continue the previous sample.
        missing: number of absent samples.
        last: the segment of the last sample, None for silence.
    """

    samples: NDArray[np.float32]
    joins: list[int]
    missing: int
    last: object | None


@dataclass(frozen=True)
class Part:
    """Source samples [first, end) of one segment, accepted from one block."""

    segment: Segment
    accepted: Accepted
    first: int
    end: int


@dataclass(frozen=True)
class Delay:
    """Media samples by which audio moves later.

    Attributes:
        cursor: media position up to which audio had been read.
        count: delay of the audio that had been read, and of its continuation.
        starts: ascending positions of the segments that had not been read completely.
        counts: delay of each of them.
    """

    cursor: int
    count: int
    starts: list[float]
    counts: list[int]

    def at(self, position: float) -> int:
        """Delay of the audio that ends at or contains a former position."""
        if position <= self.cursor:
            return self.count
        place = bisect_left(self.starts, position) - 1
        return self.counts[place] if place >= 0 else 0


class Segments:
    """Segments of one party.

    Args:
        in_order: each segment begins at or after the end of the previous one, so that only the first segments of a
            long queue are searched.
    """

    def __init__(self, in_order: bool) -> None:
        self._segments: list[Segment] = []
        self._in_order = in_order

    def __len__(self) -> int:
        return len(self._segments)

    @property
    def latest(self) -> Segment | None:
        """The segment to which the next block may belong."""
        return self._segments[-1] if self._segments else None

    def add(self, segment: Segment) -> None:
        """Append a segment."""
        self._segments.append(segment)

    def read(self, start: int, end: int, before: object | None) -> Joined:
        """The audio of all segments on media range [start, end).

        Args:
            start, end: media samples.
            before: the segment of the sample before `start`, None when that was silence.
        """
        samples = np.zeros(end - start, np.float32)
        joins: list[int] = []
        missing, at, last = 0, start, before
        for segment in self.until(end):
            for a, b in segment.spans(at, end):
                if a > at:
                    joins += [at - start] if last is not None else []
                    missing, last = missing + a - at, None
                if last is not segment:
                    joins.append(a - start)
                samples[a - start : b - start] = segment.read(a, b)
                at, last = b, segment
        if at < end:
            joins += [at - start] if last is not None else []
            missing, last = missing + end - at, None
        return Joined(samples, joins, missing, last)

    def consume_until(self, *positions: int) -> Iterator[Part]:
        """Mark all audio before the last of ascending media positions as consumed; yields it, cut at the positions."""
        for segment in self.until(positions[-1]):
            for position in positions:
                for accepted, first, end in segment.consume_until(position):
                    yield Part(segment, accepted, first, end)

    def waiting(self) -> Iterator[Part]:
        """Accepted audio that has not been consumed."""
        for segment in self._segments:
            for accepted in segment.accepted:
                yield Part(segment, accepted, max(accepted.first, segment.consumed), accepted.end)

    def cut(self) -> int:
        """Drop all audio that has not been consumed; returns the number of samples."""
        dropped = sum(segment.store.cut_from(segment.consumed) for segment in self._segments)
        self._segments = []
        return dropped

    def delay(self, cursor: int, count: int) -> Delay:
        """Move audio later, so that nothing unread lies before `cursor + count` and nothing overlaps.

        Speech of which a part has been read moves by `count`; the audio after it moves as far as it must, so that a
        pause becomes shorter and a later utterance keeps its instant. For segments in order.

        Args:
            cursor: media position up to which audio has been read.
            count: media samples, 0 or more.
        """
        starts: list[float] = []
        counts: list[int] = []
        free = float(cursor + count)
        for segment in self._segments:
            if segment.end < cursor:
                continue
            start = segment.position_of(segment.consumed)
            # Positions are fractional at other rates than 16 kHz.
            moved = count if start <= cursor + 1 else min(count, max(0, int(np.ceil(free - start))))
            segment.delay(moved)
            starts.append(start)
            counts.append(moved)
            if not moved:
                break
            free = max(free, segment.end)
        return Delay(cursor, count, starts, counts)

    def forget_before(self, position: int) -> None:
        """Remove the segments that end before a media position, except the latest."""
        gone = 0
        while gone < len(self._segments) - 1 and self._segments[gone].end <= position:
            gone += 1
        del self._segments[:gone]

    def unbroken_until(self, cursor: int) -> int:
        """Media position up to which all audio has arrived, except holes that are too old to be filled.

        Args:
            cursor: the position when there is no segment.
        """
        segment = self.latest
        if segment is None:
            return cursor
        store, reorder = segment.store, REORDER * segment.rate // MEDIA_RATE
        return segment.first_at(store.first_hole(segment.consumed, store.end - reorder) - segment.reach)

    def until(self, position: int) -> Sequence[Segment]:
        """The segments that may have audio before a media position."""
        if not self._in_order:
            return self._segments
        return list(takewhile(lambda segment: not segment.begins_after(position), self._segments))
