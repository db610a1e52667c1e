"""Bounds on how often something may happen. Needs no ROS."""

import time
from collections.abc import Callable


class Rate:
    """A token bucket: `per_second` on average, `burst` at once.

    Args:
        clock: steady seconds.
    """

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._burst, self._clock = per_second, burst, clock
        self._left, self._at = burst, clock()

    def allow(self, amount: float = 1.0) -> bool:
        """Whether it may happen now; counts it if so."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < amount:
            return False
        self._left -= amount
        return True


class Attempts:
    """Failed attempts by address within the last minute.

    Args:
        most: failures after which an address is blocked.
        seconds: for which a failure counts.
        clock: steady seconds.
    """

    _ADDRESSES = 1000  # remembered; the oldest are forgotten first

    def __init__(self, most: int, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._failures: dict[str, list[float]] = {}

    def failed(self, address: str) -> None:
        """Count a failure."""
        failures = self._failures.pop(address, [])
        self._failures[address] = [*failures[-self._most :], self._clock()]
        while len(self._failures) > self._ADDRESSES:
            del self._failures[next(iter(self._failures))]

    def blocked(self, address: str) -> bool:
        """Whether this address has failed too often."""
        since = self._clock() - self._seconds
        return sum(at > since for at in self._failures.get(address, ())) >= self._most
