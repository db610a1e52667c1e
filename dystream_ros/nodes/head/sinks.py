"""Passes each frame to the sinks of a head: to the quick ones at once, to the slow ones in threads of their own."""

import time
from collections.abc import Sequence

from dystream_ros.engine.frame import Frame
from dystream_ros.engine.interfaces import FrameSink
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.head.sink_thread import SinkThread
from dystream_ros.nodes.head.stage_times import StageTimes


class FrameSinks:
    """The sinks of a head; used in the thread that makes the frames.

    Attributes:
        last: frame shown last; None before the first.
        frames: frames shown so far.

    Args:
        quick: receive every frame in this thread, in order.
        beside: threads of the slow sinks.
        period_ns: duration of a frame.
        stages: receives the duration of publishing.
        reports: receives failures of sinks.
    """

    def __init__(
        self,
        quick: Sequence[FrameSink],
        beside: Sequence[SinkThread],
        period_ns: int,
        stages: StageTimes,
        reports: Reports,
    ) -> None:
        self.last: Frame | None = None
        self.frames = 0
        self._quick = tuple(quick)
        self._beside = tuple(beside)
        self._period_ns = period_ns
        self._stages = stages
        self._reports = reports

    def show(self, frame: Frame) -> None:
        """Pass a frame on."""
        begun = time.monotonic_ns()
        self.last = frame
        self.frames += 1
        self.show_quick(frame)
        now = time.monotonic_ns()
        self._stages.add("publishing", now - begun)
        self._stages.add("processing", now - frame.ready_ns)
        for thread in self._beside:
            thread.offer(frame, self._period_ns, now - frame.ready_ns)

    def show_quick(self, frame: Frame) -> None:
        """Pass a frame to the quick sinks only; an exception is reported, and the other sinks still get the frame."""
        for sink in self._quick:
            if not sink.wanted:
                continue
            try:
                sink.show(frame)
            except Exception as error:
                text = f"no {sink.name} of this frame: {type(error).__name__}: {error}"
                self._reports.error(sink.failure_counter, text)

    def drain(self) -> None:
        """Wait until every sink has shown the last frame."""
        for thread in self._beside:
            thread.drain()
