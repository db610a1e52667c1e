"""Gestures that a face was asked to make, one after the other."""

from collections import deque
from dataclasses import dataclass

from dystream_ros.face.gestures import Gesture
from dystream_ros.face.numbers import Numbers, minimum_jerk, zeros

QUEUE_LIMIT = 8  # gestures that wait; who asks for more is told so
_YIELD = 0.24  # s in which an interrupted gesture ends


@dataclass(frozen=True)
class _Running:
    gesture: Gesture
    intensity: float
    duration: float
    begun: float

    def at(self, now: float) -> Numbers:
        return self.intensity * self.gesture.at(now - self.begun, self.duration)


class Gestures:
    """The running gesture and those that wait; an interrupted one gives way without a jump."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Make none at once."""
        self._running: _Running | None = None
        self._waiting: deque[tuple[Gesture, float, float]] = deque()
        self._rest, self._rest_begun = zeros(), 0.0
        self._shown = zeros()

    @property
    def idle(self) -> bool:
        """Whether no gesture runs or waits."""
        return self._running is None and not self._waiting and not self._rest.any()

    @property
    def waiting(self) -> int:
        """Number of gestures that wait."""
        return len(self._waiting)

    def play(self, gesture: Gesture, intensity: float, duration: float, now: float, queue: bool = True) -> None:
        """Make a gesture after those that wait, or at once.

        Args:
            intensity: 0 to 1.
            duration: s, as `gestures.gesture_length` returns it.
            queue: False to interrupt the running gesture and drop those that wait.
        """
        if not queue:
            self.stop(now)
            self._running = _Running(gesture, intensity, duration, now)
        else:
            self._waiting.append((gesture, intensity, duration))

    def stop(self, now: float) -> None:
        """End the running gesture and drop those that wait."""
        self._rest, self._rest_begun = self._shown, now
        self._running = None
        self._waiting.clear()

    def step(self, now: float) -> Numbers:
        """What the gestures add at `now`, (58,)."""
        if self._running is not None and now >= self._running.begun + self._running.duration:
            self._running = None
        if self._running is None and self._waiting:
            self._running = _Running(*self._waiting.popleft(), now)
        left = 1.0 - minimum_jerk((now - self._rest_begun) / _YIELD)
        if left == 0.0:
            self._rest = zeros()
        self._shown = left * self._rest
        if self._running is not None:
            self._shown = self._shown + self._running.at(now)
        return self._shown


@dataclass(frozen=True)
class Play:
    """A gesture that was asked for; the arguments are those of `Gestures.play`. To be called when it takes effect."""

    gestures: Gestures
    gesture: Gesture
    intensity: float
    duration: float
    queue: bool

    def __call__(self, now: float) -> None:
        self.gestures.play(self.gesture, self.intensity, self.duration, now, self.queue)
