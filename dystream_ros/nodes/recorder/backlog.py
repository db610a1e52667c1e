"""Messages that wait to be written: bounded in number and in bytes."""

import queue
import threading
from collections.abc import Callable

Job = Callable[[], None]


class Backlog:
    """Jobs of one thread for another; `put` never waits.

    Args:
        most: jobs that may wait.
        most_bytes: bytes that their messages may hold together.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._lock = threading.Lock()
        self._jobs: queue.Queue[tuple[Job, int]] = queue.Queue(most)

    def put(self, job: Job, size: int) -> bool:
        """Add a job whose message holds `size` bytes; False where there is no room for it."""
        with self._lock:
            if self._bytes + size > self._most_bytes:
                return False
            try:
                self._jobs.put_nowait((job, size))
            except queue.Full:
                return False
            self._bytes += size
            return True

    def take(self, timeout: float) -> Job | None:
        """The oldest job, or None when none came within `timeout` seconds."""
        try:
            job, size = self._jobs.get(timeout=timeout)
        except queue.Empty:
            return None
        with self._lock:
            self._bytes -= size
        return job
