"""Brings the face from where it is to neutral, and replaces frames that the model could not compute."""

from collections.abc import Callable

import numpy as np

from dystream_ros.face.motion import POSE_NAMES, MotionFrame, MotionLayout
from dystream_ros.face.stages.stage import MotionStage


class ReturnToNeutral(MotionStage):
    """Leads the face to neutral and holds it there, from `begin` to `reset`.

    The way has the shape of half a cosine: slow at both ends, without a jump.

    Args:
        layout: of the motions.
    """

    def __init__(self, layout: MotionLayout) -> None:
        self._neutral = np.array(layout.neutral, np.float32)
        self._still = np.zeros(len(POSE_NAMES), np.float32)
        self._latent = np.zeros(layout.latent_size, np.float32)
        self._last: MotionFrame | None = None
        self.reset()

    @property
    def arrived(self) -> bool:
        """Whether the last frame returned was neutral."""
        return self._step > 0 and self._step >= self._frames

    def begin(self, frames: int, start: MotionFrame | None = None) -> None:
        """Start the way to neutral.

        Args:
            frames: length of the way, 0 or more.
            start: where it starts; the last frame that passed this stage when None.
        """
        self._active, self._frames, self._step = True, frames, 0
        last = self._last if start is None else start
        self._from = (self._neutral, self._still) if last is None else (last.values, last.head_pose)

    def apply(self, motion: MotionFrame, now: float) -> MotionFrame:
        """The frame on the way to neutral with the argument's number and `speaking`; the argument itself when idle."""
        if self._active:
            self._step += 1
            share = min(1.0, self._step / max(self._frames, 1))
            left = np.float32(0.5 + 0.5 * np.cos(np.pi * share)) if share < 1.0 else np.float32(0.0)
            values, pose = self._from
            motion = MotionFrame(
                motion.frame,
                self._neutral + left * (values - self._neutral),
                left * pose,
                motion.speaking,
                self._latent,
            )
        self._last = motion
        return motion

    def reset(self) -> None:
        """Give the face back to the model; what was shown before is forgotten."""
        self._active, self._frames, self._step = False, 0, 0
        self._last = None

    def release(self) -> None:
        """Give the face back to the model at the next frame."""
        self._active, self._step = False, 0

    @property
    def active(self) -> bool:
        """Whether the face is on its way or at neutral."""
        return self._active


class ReplaceFailedFrames(MotionStage):
    """Shows the way to neutral in place of frames that hold NaN or infinity.

    A session that fails returns such frames (`engine.fault_tolerant_session`); a model that diverges makes them itself.

    Args:
        layout: of the motions.
        frames: gives the length of the way to neutral in frames, now.
    """

    def __init__(self, layout: MotionLayout, frames: Callable[[], int]) -> None:
        self._way = ReturnToNeutral(layout)
        self._frames = frames

    def apply(self, motion: MotionFrame, now: float) -> MotionFrame:
        """The argument when all of its numbers are finite, else a frame on the way to neutral."""
        if is_finite(motion):
            self._way.release()
        elif not self._way.active:
            self._way.begin(self._frames())
        return self._way.apply(motion, now)

    def reset(self) -> None:
        """Forget what was shown."""
        self._way.reset()


def is_finite(motion: MotionFrame) -> bool:
    """Whether values, head pose and latent of a motion are finite numbers."""
    return all(bool(np.isfinite(part).all()) for part in (motion.values, motion.head_pose, motion.latent))


def failed_frame(layout: MotionLayout, frame: int) -> MotionFrame:
    """A frame of NaN: what a session returns when its model fails."""
    return MotionFrame(
        frame,
        np.full(len(layout.names), np.nan, np.float32),
        np.full(len(POSE_NAMES), np.nan, np.float32),
        latent=np.full(layout.latent_size, np.nan, np.float32),
    )
