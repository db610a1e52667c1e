"""Running indices of queued speech, corrected where a source does not advance first_sample."""

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.block import AudioBlock

# A repeat arrives within this time of the block that it repeats; an index that goes back by more is a restart.
REPEAT_SECONDS = 0.25
# A block is compared with the latest blocks: at most this many, and at most this many seconds.
BLOCKS_COMPARED = 64
SECONDS_COMPARED = 2.0
HOLES_KEPT = 64


@dataclass(frozen=True)
class _Recent:
    """A block that arrived.

    Attributes:
        first: its first_sample as the source numbered it.
        placed: its corrected first_sample.
        run: number of the run of blocks with the same correction to which it belongs.
        stamp_ns: its stamp; 0 without one.
        data: (frames, channels).
        arrival: steady seconds.
    """

    first: int
    placed: int
    run: int
    stamp_ns: int
    data: NDArray[np.generic]
    arrival: float

    @property
    def end(self) -> int:
        return self.first + len(self.data)


class Numbering:
    """Distinguishes new audio from repeats where first_sample does not advance, and numbers the new audio in order.

    A block at indices that have arrived before is a repeat if its samples are equal to the earlier ones. While the
    source has never advanced the index, the stamps must be equal too. Any other block at such indices is new audio and
    is placed after the latest block. Blocks of a source that advances its index pass unchanged. An index that goes back
    by more than `REPEAT_SECONDS` beyond the block is a restart; it passes unchanged too.
    """

    def __init__(self) -> None:
        self._source: tuple[int, int, int] | None = None
        self._begin(0)

    def _begin(self, first: int) -> None:
        self._first = self._end = first  # of the latest block and of all blocks, as the source numbers them
        self._offset = 0
        self._run = 0
        self._advances = False
        self._closed = False
        self._holes: deque[tuple[int, int]] = deque(maxlen=HOLES_KEPT)
        self._recent: deque[_Recent] = deque(maxlen=BLOCKS_COMPARED)
        self._recent_frames = 0

    def renumber(self, block: AudioBlock, arrival: float) -> AudioBlock:
        """The block with its corrected first_sample; the argument itself when nothing is corrected.

        Args:
            block: of the stream in use.
            arrival: steady seconds.
        """
        source = (block.stream_id, block.sample_rate, block.channels)
        if source != self._source:
            self._source = source
            self._begin(block.first_sample)
        first, end = block.first_sample, block.first_sample + block.frames
        if not block.frames:
            self._closed = True
            return self._placed(block, self._end + self._offset if self._offset else first)
        data = block.data.reshape(-1, block.channels)
        if self._closed or (self._recent and arrival - self._recent[-1].arrival >= REPEAT_SECONDS):
            # A source does not repeat itself after an end or a pause.
            self._forget_recent()
        if first >= self._end:
            self._advances = self._advances or first > self._first
            if first > self._end:
                self._holes.append((self._end, first))
        elif self._restarts(block):
            self._start_run(first, self._offset)
        elif not any(a <= first and end <= b for a, b in self._holes):
            repeated = self._repeated(block, data)
            if repeated is not None:
                return self._placed(block, repeated)
            self._start_run(first, self._offset + self._end - first)
        self._first, self._end, self._closed = first, max(self._end, end), block.end_of_stream
        self._remember(_Recent(first, first + self._offset, self._run, block.stamp_ns or 0, data, arrival))
        return self._placed(block, first + self._offset)

    @staticmethod
    def _placed(block: AudioBlock, first: int) -> AudioBlock:
        return block if first == block.first_sample else replace(block, first_sample=first)

    def _restarts(self, block: AudioBlock) -> bool:
        back = self._end - block.first_sample
        return back > REPEAT_SECONDS * block.sample_rate + block.frames and block.first_sample != self._first

    def _start_run(self, first: int, offset: int) -> None:
        self._run += 1
        self._end, self._offset = first, offset
        self._holes.clear()

    def _repeated(self, block: AudioBlock, data: NDArray[np.generic]) -> int | None:
        """The corrected first_sample of the audio that a block repeats; None when it is new."""
        first, end, stamp_ns = block.first_sample, block.first_sample + block.frames, block.stamp_ns or 0
        if not stamp_ns and self._run and not self._advances and not data.any():
            # All blocks of digital silence are equal: they are a pause of the speech, not repeats.
            return None
        alike = [recent for recent in self._recent if recent.first == first and np.array_equal(recent.data, data)]
        for recent in reversed(alike):
            if self._advances or (recent.stamp_ns == stamp_ns and (stamp_ns or recent.run == self._run)):
                return recent.placed
        overlapping = [
            recent for recent in self._recent if recent.run == self._run and recent.first < end and first < recent.end
        ]
        if alike or not overlapping:
            return None
        for recent in overlapping:
            a, b = max(first, recent.first), min(end, recent.end)
            if not np.array_equal(recent.data[a - recent.first : b - recent.first], data[a - first : b - first]):
                return None
        return first + self._offset

    def _remember(self, recent: _Recent) -> None:
        if len(self._recent) == BLOCKS_COMPARED:
            self._recent_frames -= len(self._recent[0].data)
        self._recent.append(recent)
        self._recent_frames += len(recent.data)
        limit = SECONDS_COMPARED * self._source[1] if self._source else 0
        while len(self._recent) > 1 and self._recent_frames > limit:
            self._recent_frames -= len(self._recent.popleft().data)

    def _forget_recent(self) -> None:
        self._recent.clear()
        self._recent_frames = 0
