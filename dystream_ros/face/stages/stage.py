"""The contract of a motion stage, and the ordered list of them."""

from collections.abc import Sequence
from typing import Protocol

from dystream_ros.face.motion import MotionFrame


class MotionStage(Protocol):
    """Changes the motion of a frame before it is shown. Stages inherit from it; one thread calls all methods."""

    def apply(self, motion: MotionFrame, now: float) -> MotionFrame:
        """The motion to show: the argument itself when the stage is idle, else a new frame. It modifies no argument.

        Args:
            motion: from the previous stage; all numbers are NaN where the model failed.
            now: media time of the middle of the frame since the last reset, s.
        """
        ...

    def fed_back(self, shown: MotionFrame) -> MotionFrame:
        """What the model continues from when `shown` was shown in this frame; `shown` itself by default.

        A stage that changes only how the model's motion is presented, such as its size, returns the motion without
        that change. Called once after `apply`.
        """
        return shown

    def interrupt(self) -> None:
        """React to an interruption: the speech of the self party ends now."""
        return

    def reset(self) -> None:
        """Return to the initial state for a new conversation."""
        return


class MotionStages:
    """Stages in order. The result of the last one is shown; what of it the model continues from is fed back."""

    def __init__(self, stages: Sequence[MotionStage] = ()) -> None:
        self._stages = tuple(stages)

    def apply(self, motion: MotionFrame, now: float) -> MotionFrame:
        """The motion to show at media time `now`, s; the argument itself when no stage changed it."""
        for stage in self._stages:
            motion = stage.apply(motion, now)
        return motion

    def fed_back(self, shown: MotionFrame) -> MotionFrame:
        """What to feed back when `shown` was shown: the model's own motion itself when no stage changed that."""
        for stage in reversed(self._stages):
            shown = stage.fed_back(shown)
        return shown

    def interrupt(self) -> None:
        """Pass an interruption of the self party to every stage."""
        for stage in self._stages:
            stage.interrupt()

    def reset(self) -> None:
        """Reset every stage."""
        for stage in self._stages:
            stage.reset()
