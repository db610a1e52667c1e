"""Passes each frame to the sinks of a head; a head that is late skips the optional ones."""

import time
from collections.abc import Callable, Sequence

from dystream_ros.engine.frame import Frame
from dystream_ros.engine.interfaces import FrameSink
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.head.stage_times import StageTimes


class FrameSinks:
    """The sinks of a head, in order; used in the thread that makes the frames.

    Attributes:
        last: frame shown last; None before the first.
        frames: frames shown so far.
        skipped: by sink, number of frames with receivers that the sink skipped or failed on.

    Args:
        sinks: in any order; those that are not optional come first.
        stages: receives the duration of publishing.
        reports: receives failures of sinks.
    """

    def __init__(self, sinks: Sequence[FrameSink], stages: StageTimes, reports: Reports) -> None:
        self.last: Frame | None = None
        self.frames = 0
        self.skipped = {sink.name: 0 for sink in sinks}
        self._sinks = sorted(sinks, key=lambda sink: sink.optional)
        self._stages = stages
        self._reports = reports

    def show(self, frame: Frame, behind: Callable[[], bool]) -> None:
        """Pass a frame on.

        Args:
            behind: returns whether the head is late; called before each optional sink, which is skipped if it is.
        """
        begun = time.monotonic_ns()
        self.last = frame
        self.frames += 1
        required = [sink for sink in self._sinks if not sink.optional]
        for sink in required:
            self._show(sink, frame)
        now = time.monotonic_ns()
        self._stages.add("publishing", now - begun)
        self._stages.add("processing", now - frame.ready_ns)
        for sink in self._sinks[len(required) :]:
            if sink.wanted and (behind() or not self._show(sink, frame)):
                self.skipped[sink.name] += 1

    def _show(self, sink: FrameSink, frame: Frame) -> bool:
        """Whether the sink succeeded; its exception is reported, and the other sinks still get the frame."""
        try:
            sink.show(frame)
        except Exception as error:
            self._reports.error(sink.failure_counter, f"no {sink.name} of this frame: {type(error).__name__}: {error}")
            return False
        return True
