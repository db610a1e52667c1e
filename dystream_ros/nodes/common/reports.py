"""What went wrong in a node: counted every time, said at most every few seconds."""

import threading
import time
from collections.abc import Callable

SECONDS_BETWEEN = 5.0


class Reports:
    """Counters by name, and messages that repeat at most once in `SECONDS_BETWEEN` for each counter.

    Safe to use from any thread.

    Args:
        logger: has `error`, `warning` and `info`, e.g. the logger of a node.
        clock: steady seconds.
    """

    def __init__(self, logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def error(self, counter: str, text: str, amount: int = 1, about: str = "") -> None:
        """Count and say.

        Args:
            amount: added to the counter; 0 says what is counted elsewhere.
            about: tells apart what is counted together but is to be said each on its own.
        """
        # One call for each severity: rclpy refuses a place in the code that changes it.
        if worded := self._worded(counter, text, amount, about):
            self._logger.error(worded)

    def warning(self, counter: str, text: str, amount: int = 1, about: str = "") -> None:
        if worded := self._worded(counter, text, amount, about):
            self._logger.warning(worded)

    def count(self, counter: str, amount: int = 1) -> None:
        """Count without a word."""
        with self._lock:
            self._counts[counter] = self._counts.get(counter, 0) + amount

    def counts(self) -> dict[str, int]:
        """How often each thing was reported since the start of the node."""
        with self._lock:
            return dict(self._counts)

    def _worded(self, counter: str, text: str, amount: int, about: str) -> str:
        """Count; the text to say now, or "" where it was said just before."""
        key = (counter, about)
        with self._lock:
            if amount:
                self._counts[counter] = self._counts.get(counter, 0) + amount
            said_at, unsaid = self._said.get(key, (float("-inf"), 0))
            now = self._clock()
            if now - said_at < SECONDS_BETWEEN:
                self._said[key] = (said_at, unsaid + 1)
                return ""
            self._said[key] = (now, 0)
        return text + (f" (and {unsaid} more since the last message)" if unsaid else "")
