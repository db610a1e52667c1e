"""A continuous section of one source, anchored to the media clock at one point."""

from bisect import insort
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.resample import MEDIA_RATE, interpolate, reach
from dystream_ros.audio.timeline.store import SampleStore

NS_PER_SAMPLE = 1_000_000_000 // MEDIA_RATE

# Correction of drift. Stamps vary by milliseconds from chunk to chunk, so their error is averaged over seconds. It is
# corrected slowly, by less than is audible. Audio with an error below half a millisecond is not resampled.
AVERAGED_SECONDS = 2.5
CORRECTED_IN_SECONDS = 5.0
DRIFT_LIMIT = 500e-6
LEAST_ERROR = 0.0005
OUTLIER = 0.010


@dataclass(frozen=True)
class Accepted:
    """Range [first, end) of source samples that were accepted from one block.

    Attributes:
        block: the block itself if its audio is republished, else None.
        arrival_ns: steady instant at which it arrived.
    """

    first: int
    end: int
    block: AudioBlock | None
    arrival_ns: int


class Segment:
    """Source samples from an index on, and their media positions.

    Args:
        stream_id: the source.
        rate: Hz.
        index: source index of the first sample.
        position: media position of that sample; may be negative.
        causal: delay resampled audio by the reach of the resampler, so that a frame read at its deadline never
            depends on the chunk after it.

    Attributes:
        store: the samples.
        accepted: accepted ranges that have not been consumed to their end, sorted and disjoint.
        consumed: source index up to which the audio has been consumed: used by frames, or skipped.
        correction: share by which the source's samples are stretched against drift.
    """

    def __init__(self, stream_id: int, rate: int, index: int, position: int, causal: bool = False) -> None:
        self.stream_id = stream_id
        self.rate = rate
        self.store = SampleStore(index)
        self.accepted: list[Accepted] = []
        self.consumed = index
        self.correction = 0.0
        self._error = 0.0
        self._delay = reach(rate) if causal and rate != MEDIA_RATE else 0
        self._context = self._delay + reach(rate) + 2
        self._position = position
        # Floating-point indices are relative to this one, since a source may start at any 64-bit index.
        self._origin = index
        self._scaled_index = 0.0

    @property
    def reach(self) -> int:
        """Source samples after a position that it depends on."""
        exact = self.rate == MEDIA_RATE and not self.correction and self._scaled_index % MEDIA_RATE == 0
        return 0 if exact or self._delay else reach(self.rate)

    @property
    def end(self) -> int:
        """Media position after the last sample present."""
        return self.first_at(self.store.end)

    def position_of(self, index: int) -> float:
        """Media position (with fraction) of a source index."""
        scaled = (index - self._origin) * MEDIA_RATE
        return self._position + (scaled - self._scaled_index) / (self.rate * (1 - self.correction))

    def first_at(self, index: int) -> int:
        """First media sample at or after a source index."""
        at = int(np.ceil(self.position_of(index)))
        # The rounding of the division must not move a sample over its edge.
        if self._counted_at(at - 1) >= index - self._origin:
            return at - 1
        return at if self._counted_at(at) >= index - self._origin else at + 1

    def first_index_from(self, position: int) -> int:
        """First source index at or after a media position."""
        return self._origin + int(np.ceil(self._counted_at(position)))

    def accept(self, ranges: list[tuple[int, int]], block: AudioBlock | None, arrival_ns: int) -> None:
        """Register the [first, end) ranges of source samples that were accepted from a block."""
        for first, end in ranges:
            insort(self.accepted, Accepted(first, end, block, arrival_ns), key=lambda part: part.first)

    def accept_from(self, position: int) -> None:
        """Accept no samples before a media position."""
        self.consumed = max(self.consumed, self.first_index_from(position))
        self.store.close_before(self.consumed, self._context)

    def consume_until(self, position: int) -> list[tuple[Accepted, int, int]]:
        """Mark all audio before a media position as consumed; returns it, as (part, first index, end index), sorted."""
        until = max(self.consumed, self.first_index_from(position))
        consumed, done = [], 0
        for part in self.accepted:
            if part.first >= until:
                break
            consumed.append((part, max(part.first, self.consumed), min(part.end, until)))
            done += part.end <= until
        del self.accepted[:done]
        self.consumed = until
        self.store.close_before(until, self._context)
        return [(part, a, b) for part, a, b in consumed if a < b]

    def delay(self, count: int) -> None:
        """Move all audio later by a number of media samples."""
        self._position += count

    def begins_after(self, position: int) -> bool:
        """Whether all unconsumed audio lies at or after a media position."""
        return self.position_of(self.consumed) >= position

    def spans(self, start: int, end: int) -> list[tuple[int, int]]:
        """Media ranges within [start, end) whose samples are present."""
        found: list[tuple[int, int]] = []
        runs = self.store.runs
        # The margin covers the delay and the rounding of positions.
        for place in range(self.store.run_after(self.first_index_from(start) - self._delay - 2), len(runs)):
            a, b = runs[place]
            first, last = self.first_at(a), min(end, self.first_at(b + self._delay))
            if first >= end:
                break
            first = max(start, first, found[-1][1] if found else start)
            if first < last:
                found.append((first, last))
        return found

    def read(self, start: int, end: int) -> NDArray[np.float32]:
        """Float32 (end - start,) at 16 kHz, zero where samples are absent."""
        positions = self._scaled_index + np.arange(start - self._position, end - self._position) * (
            self.rate * (1 - self.correction)
        )
        positions = positions / MEDIA_RATE - self._delay
        half = reach(self.rate)
        first = int(np.floor(positions[0])) - half - 1
        end = int(np.floor(positions[-1])) + half + 2
        source = self.store.read(self._origin + first, self._origin + end)
        # The newest sample is held: the interpolation would spread a step to zero to the samples before it.
        held = self.store.end - self._origin - first
        if 0 < held < len(source):
            source[held:] = source[held - 1]
        return interpolate(source, first, positions, self.rate)

    def follow(self, error: float, count: float, cursor: int) -> None:
        """Adjust the resampling ratio to correct the drift of the source.

        Args:
            error: media samples by which the stamps place a block later than its index does.
            count: duration of the block in media samples.
            cursor: media position from which the ratio may change.
        """
        weight = 1 - np.exp(-count / (AVERAGED_SECONDS * MEDIA_RATE))
        outlier = OUTLIER * MEDIA_RATE
        self._error += weight * (min(max(error, -outlier), outlier) - self._error)
        if not self.correction and abs(self._error) < LEAST_ERROR * MEDIA_RATE:
            return
        # Audio at 16 kHz moves later by the reach when resampling starts: a frame must not depend on the next chunk.
        margin = 0 if self._delay else reach(self.rate) * MEDIA_RATE / self.rate
        wanted = (self._error + margin) / (CORRECTED_IN_SECONDS * MEDIA_RATE)
        self._scaled_index, self._position = self._counted_at(cursor) * MEDIA_RATE, cursor
        self.correction = float(min(max(wanted, -DRIFT_LIMIT), DRIFT_LIMIT))

    def _counted_at(self, position: float) -> float:
        """Source samples (with fraction) from the origin to a media position."""
        scale = self.rate * (1 - self.correction)
        return (self._scaled_index + (position - self._position) * scale) / MEDIA_RATE
