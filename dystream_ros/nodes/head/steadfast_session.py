"""A session that never fails: where the model does, the face comes to rest and the model starts anew."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from dystream_ros.face.motion import MotionFrame, MotionLayout
from dystream_ros.nodes.head.rest import Rest


class SteadfastSession:
    """Has the interface of `Session` and runs one; a frame of its own stands in for each that the model cannot make.

    A failure is an exception, or a number that is not finite. The face then goes to neutral in `ramp_frames` frames,
    instead of freezing in whatever it was doing, while the session tries again, from its beginning, at every frame.

    Args:
        session: the session to run, fresh.
        ramp_frames: gives the length of the way to rest, in frames, now.
        report: told what failed.
    """

    def __init__(self, session: Any, ramp_frames: Callable[[], int], report: Callable[[str], None]) -> None:
        self._session = session
        self._ramp_frames = ramp_frames
        self._report = report
        self._rest: Rest | None = None
        self._begin()

    def _begin(self) -> None:
        self._frame = 0
        self._last: MotionFrame | None = None
        self._rest = None
        # Audio that a session which starts anew has to hear once more: its lookahead at the first step.
        self._heard = [np.zeros(self.lookahead, np.float32) for _ in range(2)]

    @property
    def layout(self) -> MotionLayout:
        return self._session.layout

    @property
    def hop(self) -> int:
        return self._session.hop

    @property
    def lookahead(self) -> int:
        return self._session.lookahead

    @property
    def samples_needed(self) -> int:
        return self.hop + (0 if self._frame else self.lookahead)

    def step(self, self_audio: np.ndarray, other_audio: np.ndarray) -> MotionFrame:
        """As `Session.step`; raises nothing."""
        audio = [np.concatenate([heard, new]) for heard, new in zip(self._heard, (self_audio, other_audio))]
        try:
            motion = self._session.step(*(each[-self._session.samples_needed :] for each in audio))
            _check_finite(motion)
            self._rest = None
        except Exception as error:
            self._report(f"the model failed at frame {self._frame} ({type(error).__name__}: {error}); face to rest")
            self._session.reset()
            motion = self._resting()
        self._heard = [each[each.size - self.lookahead :] for each in audio]
        self._last = dataclasses.replace(motion, frame=self._frame)
        self._frame += 1
        return self._last

    def reset(self, seed: int | None = None) -> None:
        self._session.reset(seed)
        self._begin()

    def hush(self) -> None:
        self._session.hush()

    def _resting(self) -> MotionFrame:
        if self._rest is None:
            self._rest = Rest(self.layout, self._last, self._ramp_frames())
        return self._rest.step()


def _check_finite(motion: MotionFrame) -> None:
    for name in ("values", "head_pose", "latent"):
        if not np.isfinite(getattr(motion, name)).all():
            raise FloatingPointError(f"{name} of the motion hold NaN or infinity")
