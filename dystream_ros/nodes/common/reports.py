"""Failures of a node: each is counted, and logged at most every few seconds."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

SECONDS_BETWEEN = 5.0


class Logger(Protocol):
    """The part of a node's logger that reports use."""

    def error(self, message: str) -> object: ...

    def warning(self, message: str) -> object: ...


class Reports:
    """Counters by name, each with a message that is logged at most once in `SECONDS_BETWEEN`.

    Safe to use from any thread.

    Args:
        logger: logger of the node.
        clock: steady clock, in seconds.
    """

    def __init__(self, logger: Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        # By counter and subject: time of the last logged message, and number of messages left out since.
        self._logged: dict[tuple[str, str], tuple[float, int]] = {}

    def error(self, counter: str, text: str, amount: int = 1, about: str = "") -> None:
        """Count, and log as an error.

        Args:
            counter: name of the counter, as in `status`.
            text: message of one line.
            amount: added to the counter; 0 for an event that is counted elsewhere.
            about: subject of the message; subjects that share a counter are logged independently.
        """
        # One call for each severity: rclpy raises when the same line of code logs with another severity.
        if message := self._message(counter, text, amount, about):
            self._logger.error(message)

    def warning(self, counter: str, text: str, amount: int = 1, about: str = "") -> None:
        """Count, and log as a warning; arguments as in `error`."""
        if message := self._message(counter, text, amount, about):
            self._logger.warning(message)

    def count(self, counter: str, amount: int = 1) -> None:
        """Count without a message."""
        with self._lock:
            self._counts[counter] = self._counts.get(counter, 0) + amount

    def counts(self) -> dict[str, int]:
        """The counters since the start of the node."""
        with self._lock:
            return dict(self._counts)

    def _message(self, counter: str, text: str, amount: int, about: str) -> str:
        """Count; returns the message to log, or "" when one was logged within the last seconds."""
        key = (counter, about)
        with self._lock:
            if amount:
                self._counts[counter] = self._counts.get(counter, 0) + amount
            logged_at, left_out = self._logged.get(key, (float("-inf"), 0))
            now = self._clock()
            if now - logged_at < SECONDS_BETWEEN:
                self._logged[key] = (logged_at, left_out + 1)
                return ""
            self._logged[key] = (now, 0)
        return text + (f" (and {left_out} more since the last message)" if left_out else "")
