"""When the next chunk may be sent: as it is spoken, or as fast as the head goes."""

import threading
import time


class RealTimePace:
    """A chunk is sent when its last sample has been spoken, as a microphone does it."""

    def __init__(self) -> None:
        self._origin: tuple[int, int] | None = None  # ROS time and steady time of one instant

    def begin(self, start_ns: int) -> None:
        """`start_ns`: ROS time of the first sample, which is now when this is the first time.

        Played again, the sound goes on by the same clock: what each repetition is late by would add up.
        """
        self._origin = self._origin or (start_ns, time.monotonic_ns())

    def wait(self, end_ns: int, stopped: threading.Event) -> None:
        """Until the sound that ends at this ROS time may be sent, or the node is stopped."""
        start_ns, begun = self._origin
        left_ns = begun + end_ns - start_ns - time.monotonic_ns()
        stopped.wait(max(0, left_ns) / 1e9)

    def saw_motion(self, end_ns: int) -> None:
        """A head's motion needs no notice here."""


class HeadPace:
    """Chunks go out as fast as a head makes motion of them, at most `ahead` before it.

    More would overflow the queues between the processes, and the middleware drops what does not fit without a word.

    Args:
        ahead: seconds.
    """

    def __init__(self, ahead: float) -> None:
        self._ahead_ns = round(ahead * 1e9)
        self._seen = threading.Condition()
        self._motion_ns = 0

    def begin(self, start_ns: int) -> None:
        with self._seen:
            self._motion_ns = start_ns

    def wait(self, end_ns: int, stopped: threading.Event) -> None:
        with self._seen:
            while end_ns > self._motion_ns + self._ahead_ns and not stopped.is_set():
                self._seen.wait(0.1)

    def saw_motion(self, end_ns: int) -> None:
        """A head has shown everything up to this ROS time."""
        with self._seen:
            self._motion_ns = max(self._motion_ns, end_ns)
            self._seen.notify_all()
