"""A function that is called at a steady rate in a thread of its own, beside the executor."""

import threading
import time
from collections.abc import Callable


class Beat:
    """Calls a function at a rate until `close`.

    rclpy's executor makes two wait sets of all entities of a node for each call of a timer, in Python. At 50 calls per
    second this takes as long as the commands of a head with twelve joints. A call that is late is made at once; calls
    whose time has passed altogether are left out.

    Args:
        rate: calls per second, Hz.
        call: the function.
        failed: receives its exceptions; the calls go on.
        name: of the thread.
    """

    def __init__(self, rate: float, call: Callable[[], object], failed: Callable[[Exception], None], name: str) -> None:
        self._period, self._call, self._failed = 1.0 / rate, call, failed
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread, and wait for it; the function is not called any more."""
        self._closed.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        due = time.monotonic() + self._period
        while not self._closed.wait(max(0.0, due - time.monotonic())):
            try:
                self._call()
            except Exception as error:
                self._failed(error)
            passed = time.monotonic() - due
            due += self._period * (1 + max(0, passed // self._period))
