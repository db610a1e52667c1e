"""A short queue of sound between two clocks: the rate of playback follows the rate at which sound comes."""

import threading

import numpy as np

# The greatest change of pitch and speed, which nobody hears.
_LARGEST_SLEW = 0.005
# Share of an error of the level that is made up for in a second; 100 ppm of drift then shift the level by 2 ms.
_GAIN = 0.05
# The level is looked at through a mean of so many seconds, since sound comes in chunks.
_SMOOTHING = 2.0
_FADE = 0.004  # s, against the click of a sudden start or end
_TAPS = 4


class ElasticBuffer:
    """Mono sound at a nominal rate, pushed by one thread and pulled by another.

    Playback begins when `target` seconds are there; from then on the speed is steered so that as much stays. When
    the sound runs out it fades, and playback begins again when `target` seconds have come.

    Attributes:
        dry: how often the sound ran out.
        dropped: samples that did not fit.

    Args:
        rate: samples a second.
        target: seconds kept ready.
        limit: seconds that may wait; what comes beyond is dropped.
    """

    def __init__(self, rate: int, target: float, limit: float) -> None:
        self.dry = 0
        self.dropped = 0
        self._rate = rate
        self._target = target
        self._limit = round(limit * rate)
        self._lock = threading.Lock()
        self._samples = np.zeros(0, np.float32)
        self._position = 0.0  # of the next sample to play, in self._samples
        self._playing = False
        self._mean = target

    @property
    def level(self) -> float:
        """Seconds that wait."""
        with self._lock:
            return self._waiting() / self._rate

    @property
    def speed(self) -> float:
        """Playback speed, 1 within 0.5 %."""
        with self._lock:
            return self._speed()

    def push(self, samples: np.ndarray) -> None:
        """Add float32 (n,)."""
        with self._lock:
            room = max(0, self._limit - int(self._waiting()))
            self.dropped += max(0, samples.size - room)
            played = max(0, int(self._position) - 1)  # one before the position is needed to interpolate
            self._samples = np.concatenate([self._samples[played:], samples[:room]])
            self._position -= played

    def pull(self, count: int) -> np.ndarray:
        """Float32 (count,) to play next; silence where there is none."""
        with self._lock:
            if not self._playing and self._waiting() < self._target * self._rate:
                return np.zeros(count, np.float32)
            begins = not self._playing
            if begins:
                self._playing, self._mean = True, self._waiting() / self._rate
            speed = self._speed()
            at = self._position + speed * np.arange(count)
            there = int(np.searchsorted(at, self._samples.size - _TAPS + 1))
            played = np.zeros(count, np.float32)
            played[:there] = _interpolated(self._samples, at[:there])
            self._position += speed * there
            share = min(1.0, count / self._rate / _SMOOTHING)
            self._mean += share * (self._waiting() / self._rate - self._mean)
            if begins:
                _fade(played[:there], self._rate, rising=True)
            if there < count:
                _fade(played[:there], self._rate, rising=False)
                self._run_dry()
            return played

    def _run_dry(self) -> None:
        self.dry += 1
        self._playing = False
        self._samples, self._position = np.zeros(0, np.float32), 0.0

    def _waiting(self) -> float:
        return self._samples.size - self._position

    def _speed(self) -> float:
        return 1.0 + float(np.clip(_GAIN * (self._mean - self._target), -_LARGEST_SLEW, _LARGEST_SLEW))


def _interpolated(samples: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Cubic (Catmull-Rom) values of `samples` at fractional positions, at least 2 from the end."""
    whole = at.astype(np.int64)
    t = (at - whole).astype(np.float32)
    before, here, after, beyond = (samples[np.maximum(whole + offset, 0)] for offset in (-1, 0, 1, 2))
    slope, curve = 0.5 * (after - before), before - 2.5 * here + 2.0 * after - 0.5 * beyond
    return here + t * (slope + t * (curve + t * (0.5 * (beyond - before) + 1.5 * (here - after))))


def _fade(played: np.ndarray, rate: int, rising: bool) -> None:
    """Fade the beginning in, or the end out, in place."""
    length = min(played.size, round(_FADE * rate))
    ramp = np.linspace(0.0, 1.0, length, dtype=np.float32)
    if rising:
        played[:length] *= ramp
    else:
        played[played.size - length :] *= ramp[::-1]
