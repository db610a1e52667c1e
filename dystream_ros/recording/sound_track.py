"""Audio chunks that come with time stamps, as one continuous sound."""

import numpy as np
import soxr

from dystream_ros.audio.block import AudioBlock, check_block, to_mono

SECOND_NS = 1_000_000_000
# A chunk that its stamp and its index put this far apart begins anew at its stamp: a jump of the clock, a pause.
_TOLERANCE_NS = 60_000_000


class SoundTrack:
    """Mono sound of one party at `rate`, silence where there is none.

    Attributes:
        heard: whether any sound came.
        ended: whether the source has said that nothing follows.

    Args:
        start_ns: time of the first sample.
        rate: Hz of the sound that is taken.
    """

    def __init__(self, start_ns: int, rate: int) -> None:
        self._start_ns = start_ns
        self._rate = rate
        self._taken = 0
        self._samples = np.zeros(0, np.float32)
        self._source: tuple[int, int] | None = None
        self._next_ns = 0
        self._position = 0
        self._resampler: soxr.ResampleStream | None = None
        self.heard = False
        self.ended = False

    @property
    def end_ns(self) -> int:
        """Time of the end of the newest chunk."""
        return self._next_ns

    def push(self, block: AudioBlock, arrival_ns: int) -> None:
        """Take a block; without a stamp it counts from its arrival.

        Raises:
            AudioRejected: it cannot be used.
        """
        check_block(block)
        source = (block.stream_id, block.sample_rate)
        begins_ns = block.stamp_ns or (self._next_ns if source == self._source else arrival_ns)
        if source != self._source or abs(begins_ns - self._next_ns) > _TOLERANCE_NS:
            self._finish()
            self._source = source
            self._position = round((begins_ns - self._start_ns) * self._rate / SECOND_NS)
            self._next_ns = begins_ns
            self._resampler = soxr.ResampleStream(block.sample_rate, self._rate, 1, dtype="float32")
        self._next_ns += block.frames * SECOND_NS // block.sample_rate
        if block.frames:
            self._put(self._resampler.resample_chunk(to_mono(block)))
        self.heard = True
        self.ended = block.end_of_stream
        if self.ended:
            self._finish()

    def take_until(self, end_ns: int) -> np.ndarray:
        """Float32 (n,) that follows what was taken before, up to a time."""
        count = max(0, round((end_ns - self._start_ns) * self._rate / SECOND_NS) - self._taken)
        self._reserve(self._taken + count)
        taken, self._samples = self._samples[:count], self._samples[count:]
        self._taken += count
        return taken

    def _finish(self) -> None:
        if self._resampler is not None:
            self._put(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
            self._resampler = None
        self._source = None

    def _put(self, samples: np.ndarray) -> None:
        """Add samples at the position that has been reached; what was taken already is too late."""
        late = min(max(0, self._taken - self._position), samples.size)
        self._position += samples.size
        if late == samples.size:
            return
        self._reserve(self._position)
        end = self._position - self._taken
        self._samples[end - (samples.size - late) : end] += samples[late:]

    def _reserve(self, end: int) -> None:
        missing = end - self._taken - self._samples.size
        if missing > 0:
            self._samples = np.concatenate([self._samples, np.zeros(missing, np.float32)])
