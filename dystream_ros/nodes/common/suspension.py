"""Notices that this process was stopped for so long that others have forgotten it.

After 20 s without a sign of life (the lease of DDS) the other processes drop a process that was stopped by SIGSTOP or
Ctrl-Z. Where the stopped one has not dropped them in turn, Fast DDS 2 may leave it unfound for as long as both live:
what it publishes reaches nobody, its services are missing. A new participant is found. A machine that sleeps is no such
case: its steady clock stands still, for all processes.
"""

import threading
import time

LEASE = 20.0  # s; that of Fast DDS where no profile says another one
_PERIOD = 0.5  # s between two looks at the clock
_TOGETHER = 5.0  # s between a gap and its SIGCONT, at most; a busy machine serves both late


class Suspension:
    """A thread that sees gaps in its own steady time; one that ends with SIGCONT was a stop.

    A thread also has gaps when a library keeps Python's lock while it loads a model. Those are no stops.

    Args:
        limit: seconds from which a gap counts; 0: never, there is no thread then.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._gap = (float("-inf"), 0.0)  # its end, and its duration
        self._continued = float("inf")
        self._closed = threading.Event()
        if limit:
            threading.Thread(target=self._watch, name="suspension", daemon=True).start()

    @property
    def seconds(self) -> float:
        """Duration of the last stop that was long enough; 0 before one."""
        end, duration = self._gap
        return duration if abs(self._continued - end) < _TOGETHER else 0.0

    def continued(self) -> None:
        """SIGCONT has arrived."""
        self._continued = time.monotonic()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()

    def _watch(self) -> None:
        before = time.monotonic()
        while not self._closed.wait(_PERIOD):
            now = time.monotonic()
            if now - before - _PERIOD >= self._limit:
                self._gap = now, now - before
            before = now
