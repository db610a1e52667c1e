"""A short audio queue between two clocks: the playback rate follows the rate at which audio arrives."""

import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

# Largest change of speed and pitch; it is not audible.
_LARGEST_SLEW = 0.005
# Share of a level error that is corrected per second: a drift of 100 ppm then shifts the level by 2 ms.
_GAIN = 0.05
# Time constant of the mean level in seconds, since audio arrives in chunks.
_SMOOTHING = 2.0
# Least that is left out at once: less is made up for by the speed, without a click.
_STALL = 0.1  # s
_FADE = 0.004  # s, against the click of a sudden start or end
_TAPS = 4


class ElasticBuffer:
    """Mono audio at a nominal rate, pushed by one thread and pulled by another.

    Playback starts when `target` seconds are queued; from then on the speed is controlled to keep that level. When the
    queue runs empty, the audio fades out, and playback starts again at `target` seconds.

    A device that stalls, as many do when they are opened, or that is not open yet, misses what arrived meanwhile, at
    most the duration of the stall: all further sound would otherwise be late by the stall, which the speed makes up for
    at 5 ms a second.

    Attributes:
        underruns: number of times the queue ran empty.
        stalled: samples that were left out while the device stalled, or was not open.
        dropped: samples that did not fit.

    Args:
        rate: samples per second.
        target: seconds kept queued.
        limit: seconds that may be queued; audio beyond is dropped.
        clock: steady time in seconds.
    """

    def __init__(self, rate: int, target: float, limit: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.underruns = 0
        self.stalled = 0
        self._clock = clock
        self._pulled = False  # whether the device has been open
        self._due: float | None = None  # of the next pull; before the first one, the time of the last push
        self._missed = 0.0  # s by which the device has taken less than real time, while more than the target waits
        self.dropped = 0
        self._rate = rate
        self._target = target
        self._limit = round(limit * rate)
        self._lock = threading.Lock()
        self._samples: Samples = np.zeros(0, np.float32)
        self._position = 0.0  # of the next sample to play, in self._samples
        self._playing = False
        self._mean = target

    @property
    def level(self) -> float:
        """Seconds queued."""
        with self._lock:
            return self._queued() / self._rate

    @property
    def speed(self) -> float:
        """Playback speed, 1 within 0.5 %."""
        with self._lock:
            return self._speed()

    def push(self, samples: Samples) -> None:
        """Append (n,) samples."""
        with self._lock:
            if not self._pulled:
                self._miss_unopened()
                self._leave_out(self._missed)
            room = max(0, self._limit - int(self._queued()))
            self.dropped += max(0, samples.size - room)
            played = max(0, int(self._position) - 1)  # interpolation needs one sample before the position
            self._samples = np.concatenate([self._samples[played:], samples[:room]])
            self._position -= played

    def drop(self, newest: int) -> None:
        """Fade out what is queued, and drop it but for the `newest` samples that were pushed last."""
        with self._lock:
            end = max(0, self._samples.size - newest)
            at = min(int(self._position), end)
            rest = self._samples[at : min(end, at + round(_FADE * self._rate))].copy()
            _fade(rest, self._rate, rising=False)
            before = self._samples[max(0, at - 1) : at]  # interpolation needs one sample before the position
            self._position -= at - before.size
            self._samples = np.concatenate([before, rest, self._samples[end:]])

    def pull(self, count: int) -> Samples:
        """The next (count,) samples to play; silence where nothing is queued."""
        with self._lock:
            if not self._pulled:
                self._miss_unopened()
                self._pulled = True
            self._skip_stall(count)
            if not self._playing and self._queued() < self._target * self._rate:
                return np.zeros(count, np.float32)
            starts = not self._playing
            if starts:
                self._playing, self._mean = True, self._queued() / self._rate
            speed = self._speed()
            at: NDArray[np.float64] = self._position + speed * np.arange(count, dtype=np.float64)
            available = int(np.searchsorted(at, self._samples.size - _TAPS + 1))
            played = np.zeros(count, np.float32)
            played[:available] = _interpolated(self._samples, at[:available])
            self._position += speed * available
            share = min(1.0, count / self._rate / _SMOOTHING)
            self._mean += share * (self._queued() / self._rate - self._mean)
            if starts:
                _fade(played[:available], self._rate, rising=True)
            if available < count:
                _fade(played[:available], self._rate, rising=False)
                self._stop()
            return played

    def _miss_unopened(self) -> None:
        """Register what a device that is not open yet would have played since the last push.

        At each push, since a burst shortly before the device is opened has missed nothing of the time before.
        """
        now = self._clock()
        if self._due is not None:
            self._missed = min(self._missed + now - self._due, self._excess())
        self._due = now

    def _skip_stall(self, count: int) -> None:
        """Leave out what arrived while the device stalled."""
        now = self._clock()
        if self._due is not None:
            self._missed = max(0.0, self._missed + now - self._due)
        self._due = now + count / self._rate
        if not self._excess():
            self._missed = 0.0
        left_out = min(self._missed, self._excess())
        if left_out >= _STALL:
            self._leave_out(left_out)

    def _leave_out(self, left_out: float) -> None:
        """Leave out these seconds that the device has missed."""
        self._position += round(left_out * self._rate)
        self.stalled += round(left_out * self._rate)
        self._missed -= left_out
        self._mean = self._queued() / self._rate

    def _stop(self) -> None:
        self.underruns += 1
        self._playing = False
        self._samples, self._position = np.zeros(0, np.float32), 0.0

    def _excess(self) -> float:
        """Seconds queued beyond the target level."""
        return max(0.0, self._queued() / self._rate - self._target)

    def _queued(self) -> float:
        return self._samples.size - self._position

    def _speed(self) -> float:
        return 1.0 + float(np.clip(_GAIN * (self._mean - self._target), -_LARGEST_SLEW, _LARGEST_SLEW))


def _interpolated(samples: Samples, at: NDArray[np.float64]) -> Samples:
    """Cubic (Catmull-Rom) values of `samples` at fractional positions, at least 2 from the end."""
    whole = at.astype(np.int64)
    t = (at - whole).astype(np.float32)
    before, here, after, beyond = (samples[np.maximum(whole + offset, 0)] for offset in (-1, 0, 1, 2))
    slope, curve = 0.5 * (after - before), before - 2.5 * here + 2.0 * after - 0.5 * beyond
    return here + t * (slope + t * (curve + t * (0.5 * (beyond - before) + 1.5 * (here - after))))


def _fade(played: Samples, rate: int, rising: bool) -> None:
    """Fade the start in, or the end out, in place."""
    length = min(played.size, round(_FADE * rate))
    ramp = np.linspace(0.0, 1.0, length, dtype=np.float32)
    if rising:
        played[:length] *= ramp
    else:
        played[played.size - length :] *= ramp[::-1]
