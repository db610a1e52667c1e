"""When the next audio chunk may be sent: in real time, or as fast as the head computes motion."""

import threading
import time
from typing import Protocol


class Pace(Protocol):
    """Decides when a chunk may be sent. The thread that sends calls `begin` and `wait`."""

    def begin(self, start_ns: int) -> None:
        """Start one playback of the files.

        Args:
            start_ns: ROS time of its first sample; the present time at the first playback.
        """
        ...

    def wait(self, end_ns: int, stopping: threading.Event) -> None:
        """Wait until the audio that ends at this ROS time may be sent, or `stopping` is set."""
        ...

    def motion_received(self, end_ns: int) -> None:
        """Register a received motion whose frame ends at this ROS time; any thread."""
        ...


class RealTimePace:
    """Sends a chunk at the ROS time of its end, as a microphone does."""

    def __init__(self) -> None:
        self._origin: tuple[int, int] | None = None  # ROS time and steady time of one instant

    def begin(self, start_ns: int) -> None:
        # One origin for all repetitions: otherwise the delay of each one would add up.
        self._origin = self._origin or (start_ns, time.monotonic_ns())

    def wait(self, end_ns: int, stopping: threading.Event) -> None:
        if self._origin is None:
            raise RuntimeError("call `begin` before `wait`")
        start_ns, begun_ns = self._origin
        remaining_ns = begun_ns + end_ns - start_ns - time.monotonic_ns()
        stopping.wait(max(0, remaining_ns) / 1e9)

    def motion_received(self, end_ns: int) -> None:
        pass


class HeadPace:
    """Sends chunks as fast as a head computes their motion, at most `ahead` before it.

    Without this limit the queues of the middleware overflow and drop audio without notice.

    Args:
        ahead: seconds.
    """

    def __init__(self, ahead: float) -> None:
        self._ahead_ns = round(ahead * 1e9)
        self._advanced = threading.Condition()
        self._motion_ns = 0
        self._begun = False

    def begin(self, start_ns: int) -> None:
        with self._advanced:
            # A repetition goes on from the motion received: files shorter than `ahead` would never wait for any.
            if not self._begun:
                self._begun, self._motion_ns = True, start_ns

    def wait(self, end_ns: int, stopping: threading.Event) -> None:
        with self._advanced:
            while end_ns > self._motion_ns + self._ahead_ns and not stopping.is_set():
                self._advanced.wait(0.1)

    def motion_received(self, end_ns: int) -> None:
        with self._advanced:
            self._motion_ns = max(self._motion_ns, end_ns)
            self._advanced.notify_all()
