"""The contract of a motion stage, and the ordered list of them."""

from collections.abc import Sequence
from typing import Protocol

from dystream_ros.face.motion import MotionFrame


class MotionStage(Protocol):
    """Changes the motion of a frame before it is shown. Derive from it; the thread of the frames calls all methods."""

    def apply(self, motion: MotionFrame, now: float) -> MotionFrame:
        """The motion to show: the argument itself when the stage is idle, else a new frame; never a changed argument.

        Args:
            motion: of the stage before; its values may be NaN where the model failed.
            now: media time of the middle of the frame in seconds since the last reset.
        """
        ...

    def interrupt(self) -> None:
        """The self party was interrupted: what was being said ends now."""
        return

    def reset(self) -> None:
        """Forget everything: a new conversation begins."""
        return


class MotionStages:
    """Stages in order; what the last one returns is shown, and is fed back to the model when it differs."""

    def __init__(self, stages: Sequence[MotionStage] = ()) -> None:
        self._stages = tuple(stages)

    def apply(self, motion: MotionFrame, now: float) -> MotionFrame:
        """The motion to show at media time `now` in seconds; the argument itself when no stage changed it."""
        for stage in self._stages:
            motion = stage.apply(motion, now)
        return motion

    def interrupt(self) -> None:
        """Pass an interruption of the self party to every stage."""
        for stage in self._stages:
            stage.interrupt()

    def reset(self) -> None:
        """Reset every stage."""
        for stage in self._stages:
            stage.reset()
