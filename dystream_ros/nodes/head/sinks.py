"""Passes each frame to the sinks of a head: to the required ones at once, to the optional ones while there is time."""

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
        skipped: frames that a sink was wanted for and did not show, by the sink's name.

    Args:
        sinks: those that are not optional come first, whatever their order here.
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
            behind: called before each optional sink: whether the head is late, so that it has to be skipped.
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

    def close(self) -> None:
        """Close every sink."""
        for sink in self._sinks:
            sink.close()

    def _show(self, sink: FrameSink, frame: Frame) -> bool:
        """Whether it succeeded; a sink that fails must not cost the others their frame."""
        try:
            sink.show(frame)
        except Exception as error:
            self._reports.error(sink.failure_counter, f"no {sink.name} of this frame: {type(error).__name__}: {error}")
            return False
        return True
