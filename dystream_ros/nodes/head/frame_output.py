"""Publishes a frame: its motion at once, its sound, and a picture where somebody wants one and there is time."""

import time
from collections.abc import Callable

from dystream_ros.engine.conversation import Frame
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.head.image_output import ImageOutput
from dystream_ros.nodes.head.motion_output import MotionOutput
from dystream_ros.nodes.head.stage_times import StageTimes
from dystream_ros.rendering.interfaces import Renderer


class FrameOutput:
    """Shows frames on the topics of a head; used in the thread that the renderer belongs to.

    Attributes:
        last: frame shown last; None before the first.
        frames: shown so far.
        images_dropped: pictures that were wanted and not made.

    Args:
        renderer: None where there is none; what it would draw counts as dropped.
    """

    def __init__(
        self,
        motion: MotionOutput,
        images: ImageOutput,
        renderer: Renderer | None,
        stages: StageTimes,
        reports: Reports,
    ) -> None:
        self.last: Frame | None = None
        self.frames = 0
        self.images_dropped = 0
        self._motion = motion
        self._images = images
        self._renderer = renderer
        self._stages = stages
        self._reports = reports

    def show(self, frame: Frame, behind: Callable[[], bool]) -> None:
        """Publish a frame; `behind` is asked, after its motion is out, whether the picture has to be left out."""
        begun = time.monotonic_ns()
        self._motion.publish(frame)
        self._motion.publish_audio(frame.self_audio)
        self.last = frame
        self.frames += 1
        now = time.monotonic_ns()
        self._stages.add("publishing", now - begun)
        self._stages.add("processing", now - frame.ready_ns)
        if not self._images.wanted:
            return
        if self._renderer is None or behind() or not self._show_image(frame):
            self.images_dropped += 1

    def _show_image(self, frame: Frame) -> bool:
        """Render and publish; whether that succeeded."""
        begun = time.monotonic_ns()
        try:
            picture = self._renderer.render(frame.motion)
            rendered = time.monotonic_ns()
            self._images.publish(picture, frame)
        except Exception as error:
            self._reports.error("rendering_failures", f"no image of this frame: {type(error).__name__}: {error}")
            return False
        published = time.monotonic_ns()
        self._stages.add("rendering", rendered - begun)
        self._stages.add("image_publishing", published - rendered)
        self._stages.add("image", published - frame.ready_ns)
        return True
