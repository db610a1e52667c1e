"""Moves the face to neutral, and replaces frames that the model could not compute."""

from collections.abc import Callable

import numpy as np

from dystream_ros.face.motion import POSE_NAMES, MotionFrame, MotionLayout
from dystream_ros.face.stages.stage import MotionStage


class ReturnToNeutral(MotionStage):
    """Moves the face to neutral and holds it there, from `begin` to `release` or `reset`.

    The transition is half a cosine: slow at both ends, without a jump.

    Args:
        neutral: the face at rest, `engine.interfaces.MotionSource.neutral`.
    """

    def __init__(self, neutral: MotionFrame) -> None:
        self._neutral = neutral
        self._last: MotionFrame | None = None
        self.reset()

    @property
    def arrived(self) -> bool:
        """Whether the last frame returned was neutral."""
        return self._step > 0 and self._step >= self._frames

    def begin(self, frames: int, start: MotionFrame | None = None) -> None:
        """Start the transition.

        Args:
            frames: duration of the transition in frames, 0 or more.
            start: frame to start from; the last frame of this stage when None.
        """
        self._active, self._frames, self._step = True, frames, 0
        self._from = start or self._last or self._neutral

    def apply(self, motion: MotionFrame, now: float) -> MotionFrame:
        """The transition's frame with the index and `speaking` of the argument; the argument itself when idle."""
        if self._active:
            self._step += 1
            share = min(1.0, self._step / max(self._frames, 1))
            remaining = np.float32(0.5 + 0.5 * np.cos(np.pi * share)) if share < 1.0 else np.float32(0.0)
            start, end = self._from, self._neutral
            motion = MotionFrame(
                motion.frame,
                end.values + remaining * (start.values - end.values),
                end.head_pose + remaining * (start.head_pose - end.head_pose),
                motion.speaking,
                end.latent + remaining * (start.latent - end.latent),
            )
        self._last = motion
        return motion

    def reset(self) -> None:
        """Become idle at once, and forget the last frame."""
        self._active, self._frames, self._step = False, 0, 0
        self._last = None

    def release(self) -> None:
        """Become idle at the next frame."""
        self._active, self._step = False, 0

    @property
    def active(self) -> bool:
        """Whether the face moves to neutral or is held there."""
        return self._active


class ReplaceFailedFrames(MotionStage):
    """Replaces frames that contain NaN or infinity by a transition to neutral.

    A session whose model fails returns such frames (`engine.fault_tolerant_session`), and so does a diverging model.

    Args:
        neutral: the face at rest.
        frames: returns the duration of the transition in frames.
    """

    def __init__(self, neutral: MotionFrame, frames: Callable[[], int]) -> None:
        self._to_neutral = ReturnToNeutral(neutral)
        self._frames = frames

    def apply(self, motion: MotionFrame, now: float) -> MotionFrame:
        """The argument when all of its numbers are finite, else a frame of the transition to neutral."""
        if is_finite(motion):
            self._to_neutral.release()
        elif not self._to_neutral.active:
            self._to_neutral.begin(self._frames())
        return self._to_neutral.apply(motion, now)

    def reset(self) -> None:
        """Become idle, and forget the last frame."""
        self._to_neutral.reset()


def is_finite(motion: MotionFrame) -> bool:
    """Whether values, head pose and latent of a motion are finite numbers."""
    return all(bool(np.isfinite(part).all()) for part in (motion.values, motion.head_pose, motion.latent))


def failed_frame(layout: MotionLayout, frame: int) -> MotionFrame:
    """A frame of NaN, which marks a failure of the model."""
    return MotionFrame(
        frame,
        np.full(len(layout.names), np.nan, np.float32),
        np.full(len(POSE_NAMES), np.nan, np.float32),
        latent=np.full(layout.latent_size, np.nan, np.float32),
    )
