"""Failures of a node: each is counted, logged at most every few seconds, and shown in the diagnostics for a while."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

SECONDS_BETWEEN = 5.0
SHOWN_SECONDS = 5.0  # for which the diagnostics show the last failure


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
        # By severity (error or not): time and text of the last message.
        self._last: dict[bool, tuple[float, str]] = {}

    def error(self, counter: str, text: str, amount: int = 1, about: str = "") -> None:
        """Count, and log as an error.

        Args:
            counter: name of the counter, as in `status`.
            text: message of one line.
            amount: added to the counter; 0 for an event that is counted elsewhere.
            about: subject of the message; subjects that share a counter are logged independently.
        """
        # One call for each severity: rclpy raises when the same line of code logs with another severity.
        if message := self._message(counter, text, amount, about, error=True):
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

    def recent(self) -> tuple[bool, str] | None:
        """The last failure of `SHOWN_SECONDS`: whether it is an error, and its text; errors come first."""
        with self._lock:
            now = self._clock()
            for error in (True, False):
                at, text = self._last.get(error, (float("-inf"), ""))
                if now - at < SHOWN_SECONDS:
                    return error, text
        return None

    def _message(self, counter: str, text: str, amount: int, about: str, error: bool = False) -> str:
        """Count; returns the message to log, or "" when one was logged within the last seconds."""
        key = (counter, about)
        with self._lock:
            if amount:
                self._counts[counter] = self._counts.get(counter, 0) + amount
            logged_at, left_out = self._logged.get(key, (float("-inf"), 0))
            now = self._clock()
            self._last[error] = (now, text)
            if now - logged_at < SECONDS_BETWEEN:
                self._logged[key] = (logged_at, left_out + 1)
                return ""
            self._logged[key] = (now, 0)
        return text + (f" (and {left_out} more since the last message)" if left_out else "")
