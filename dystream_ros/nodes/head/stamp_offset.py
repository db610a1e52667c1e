"""The difference of ROS time and steady time."""

import time
from collections.abc import Callable

_LASTS_NS = 10_000_000


class StampOffset:
    """ROS time minus steady time, ns; measured at most every 10 ms, since each audio message asks for it twice.

    Any thread may call it.

    Args:
        ros_time_ns: returns ROS time, ns.
    """

    def __init__(self, ros_time_ns: Callable[[], int]) -> None:
        self._ros_time_ns = ros_time_ns
        self._measured: tuple[int, int] | None = None  # steady time of the measurement, and the offset

    def __call__(self) -> int:
        """The present offset."""
        now, measured = time.monotonic_ns(), self._measured
        if measured is None or now - measured[0] > _LASTS_NS:
            measured = self._measured = (now, self._ros_time_ns() - now)
        return measured[1]
