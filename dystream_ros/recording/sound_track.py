"""Audio blocks with time stamps as one continuous track."""

import numpy as np
import soxr
from numpy.typing import NDArray

from dystream_ros.audio.block import AudioBlock, AudioRejected, check_block, to_mono

SECOND_NS = 1_000_000_000
# A block whose stamp differs by more from the end of the block before it starts a new stretch at its stamp: the clock
# jumped, or the source paused.
_TOLERANCE_NS = 60_000_000
# Sound further ahead of the samples taken is refused: it would fill the memory.
LONGEST_AHEAD = 720  # s; 140 MB


class SoundTrack:
    """Mono audio of one party at a constant rate, silent where nothing was pushed.

    Attributes:
        started: whether any block was pushed.
        ended: whether the newest block ended its stream.

    Args:
        start_ns: time of the first sample.
        rate: sample rate of the track, in Hz.
    """

    def __init__(self, start_ns: int, rate: int) -> None:
        self.started = False
        self.ended = False
        self._start_ns = start_ns
        self._rate = rate
        self._taken = 0  # samples
        # Samples that follow the taken ones, from index `_first`; zero behind those that were added.
        self._buffer: NDArray[np.float32] = np.zeros(0, np.float32)
        self._first = 0
        self._source: tuple[int, int] | None = None
        self._next_ns = 0
        self._position = 0  # of the next sample to add, from the start of the track
        self._resampler: soxr.ResampleStream | None = None

    @property
    def end_ns(self) -> int:
        """Time of the end of the newest block; 0 before the first."""
        return self._next_ns

    def push(self, block: AudioBlock, arrival_ns: int) -> None:
        """Add a block at its stamp, or at `arrival_ns` if neither it nor the block before it has a stamp.

        Raises:
            AudioRejected: the block cannot be used, or lies more than `LONGEST_AHEAD` ahead.
        """
        check_block(block)
        source = (block.stream_id, block.sample_rate)
        begins_ns = block.stamp_ns or (self._next_ns if source == self._source else arrival_ns)
        ahead = (begins_ns - self._start_ns) / SECOND_NS - self._taken / self._rate
        if ahead > LONGEST_AHEAD:
            raise AudioRejected(
                "queue_full",
                f"a chunk begins {ahead:.0f} s after the newest sound of the video; accepted are {LONGEST_AHEAD} s: "
                "send the audio later, or correct its stamps",
            )
        if self._resampler is None or source != self._source or abs(begins_ns - self._next_ns) > _TOLERANCE_NS:
            self._finish()
            self._source = source
            self._position = round((begins_ns - self._start_ns) * self._rate / SECOND_NS)
            self._next_ns = begins_ns
            self._resampler = soxr.ResampleStream(block.sample_rate, self._rate, 1, dtype="float32")
        self._next_ns += block.frames * SECOND_NS // block.sample_rate
        if block.frames:
            self._add(self._resampler.resample_chunk(to_mono(block)))
        self.started = True
        self.ended = block.end_of_stream
        if self.ended:
            self._finish()

    def take_until(self, end_ns: int) -> NDArray[np.float32]:
        """Samples float32 (n,) from the end of those taken before up to `end_ns`, silent where none were pushed."""
        count = max(0, round((end_ns - self._start_ns) * self._rate / SECOND_NS) - self._taken)
        self._reserve(self._taken + count)
        taken = self._buffer[self._first : self._first + count].copy()
        self._first += count
        self._taken += count
        return taken

    def _finish(self) -> None:
        if self._resampler is not None:
            self._add(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
            self._resampler = None
        self._source = None

    def _add(self, samples: NDArray[np.float32]) -> None:
        """Add samples at the current position; those whose place was taken already are dropped."""
        late = min(max(0, self._taken - self._position), samples.size)
        self._position += samples.size
        if late == samples.size:
            return
        self._reserve(self._position)
        end = self._first + self._position - self._taken
        self._buffer[end - (samples.size - late) : end] += samples[late:]

    def _reserve(self, end: int) -> None:
        """Make room up to a position; the buffer doubles, so that many small blocks cost no more than a large one."""
        needed = end - self._taken
        if self._first + needed > self._buffer.size:
            buffer = np.zeros(max(2 * needed, self._rate), np.float32)
            waiting = self._buffer[self._first :]
            buffer[: waiting.size] = waiting
            self._buffer, self._first = buffer, 0
