"""The way of a face from where it is to rest."""

import numpy as np

from dystream_ros.face.motion import POSE_NAMES, MotionFrame, MotionLayout


class Rest:
    """Frames that lead from `last` to neutral, slow at both ends, and stay there.

    Args:
        last: where the face is; None for a face that has not moved yet.
        frames: length of the way, 0 or more.
    """

    def __init__(self, layout: MotionLayout, last: MotionFrame | None, frames: int) -> None:
        self._neutral = np.array(layout.neutral, np.float32)
        self._from = (
            self._neutral if last is None else last.values,
            np.zeros(len(POSE_NAMES), np.float32) if last is None else last.head_pose,
        )
        self._latent = np.zeros(layout.latent_size, np.float32)
        self._first = 0 if last is None else last.frame + 1
        self._frames = frames
        self._step = 0

    @property
    def there(self) -> bool:
        """Whether the last frame given was neutral."""
        return self._step > 0 and self._step >= self._frames

    def step(self) -> MotionFrame:
        """The next frame."""
        self._step += 1
        share = min(1.0, self._step / max(self._frames, 1))
        left = np.float32(0.5 + 0.5 * np.cos(np.pi * share)) if share < 1.0 else np.float32(0.0)
        values, pose = self._from
        return MotionFrame(
            frame=self._first + self._step - 1,
            values=self._neutral + left * (values - self._neutral),
            head_pose=left * pose,
            latent=self._latent,
        )
