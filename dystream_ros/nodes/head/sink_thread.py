"""A thread in which one sink shows frames: the newest one, so that the thread that makes the frames never waits."""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from dystream_ros.engine.frame import Frame
from dystream_ros.engine.interfaces import FrameSink
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.head.thinning import Thinning

Result = TypeVar("Result")


class SinkThread:
    """Shows frames in a sink that takes longer than a frame may, and runs the jobs that belong to the same thread.

    A frame that is still waiting when the next one is offered is skipped. While showing takes longer than a frame,
    frames are skipped evenly (`Thinning`). All methods may be called from any other thread.

    Args:
        name: of the thread.
        every_frame: `offer` waits until there is room instead of skipping a frame; for driven time.
        reports: receives failures of the sink.
        begin: called first in the new thread, e.g. to set its priority.

    Attributes:
        skipped: frames with receivers that were skipped, or on which the sink failed.
    """

    def __init__(
        self, name: str, every_frame: bool, reports: Reports, begin: Callable[[], object] = lambda: None
    ) -> None:
        self.skipped = 0
        self._every_frame = every_frame
        self._reports = reports
        self._begin = begin
        self._sink: FrameSink | None = None
        self._thinning = Thinning()
        self._jobs: deque[tuple[Callable[[], object], Future]] = deque()
        self._waiting: Frame | None = None
        self._left_out: Frame | None = None  # newer than every frame that was taken
        self._busy = self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def native_id(self) -> int:
        """Id of the thread in the system."""
        return self._thread.native_id or 0

    def run(self, job: Callable[[], Result]) -> "Future[Result]":
        """Call a function in this thread, between two frames; its future is cancelled if the thread ends before."""
        future: Future[Result] = Future()
        with self._changed:
            if self._closed:
                future.cancel()
                return future
            self._jobs.append((job, future))
            self._changed.notify_all()
        return future

    def connect(self, sink: FrameSink) -> None:
        """Set the sink; before the first frame."""
        self._sink = sink

    def offer(self, frame: Frame, period_ns: int, processing_ns: int = 0) -> None:
        """Show a frame, unless the sink has no receivers or a newer frame is offered before its turn.

        Args:
            frame: newer than those before.
            period_ns: duration of a frame.
            processing_ns: how long its motion took.
        """
        sink = self._sink
        with self._changed:
            self._left_out = None
            if sink is None or not sink.wanted:
                self._waiting = None
                return
            if self._every_frame:
                self._changed.wait_for(lambda: self._waiting is None or self._closed)
            elif not self._thinning.takes(frame.motion.frame, period_ns, processing_ns):
                self._left_out = frame
                self.skipped += 1
                return
            elif self._waiting is not None:
                self.skipped += 1
            self._waiting = frame
            self._changed.notify_all()

    def drain(self) -> None:
        """Wait until the frame that was offered last is shown; it is not skipped."""
        with self._changed:
            if self._left_out is not None:
                # It was counted as skipped; an older frame that waits is skipped in its place.
                self.skipped -= self._waiting is None
                self._waiting, self._left_out = self._left_out, None
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._closed or (self._waiting is None and not self._busy))

    def close(self) -> None:
        """Finish the pending jobs and end the thread; a frame that waits is not shown."""
        with self._changed:
            self._closed = True
            self._waiting = self._left_out = None
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        self._begin()
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._jobs or self._waiting is not None or self._closed)
                if not self._jobs and self._waiting is None:
                    return
                self._busy = True
                job, frame = (self._jobs.popleft() if self._jobs else None), None
                if job is None:
                    frame, self._waiting = self._waiting, None
                    self._changed.notify_all()
            if job is not None:
                _complete(*job)
            elif frame is not None:
                self._show(frame)

    def _show(self, frame: Frame) -> None:
        assert self._sink is not None, "frames are offered after `connect`"
        begun = time.monotonic_ns()
        try:
            self._sink.show(frame)
        except Exception as error:
            text = f"no {self._sink.name} of this frame: {type(error).__name__}: {error}"
            self._reports.error(self._sink.failure_counter, text)
            with self._changed:
                self.skipped += 1
        self._thinning.shown(time.monotonic_ns() - begun)


def _complete(job: Callable[[], Result], future: "Future[Result]") -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = job()
    except Exception as error:
        future.set_exception(error)
    else:
        future.set_result(result)
