"""A session that tolerates failures of its model: failed frames are NaN, and attempts follow at growing intervals."""

from collections.abc import Callable

import numpy as np

from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.engine.interfaces import DelegatedMotionSource, HeadSession, Samples
from dystream_ros.face.dials import EventRates
from dystream_ros.face.motion import MotionFrame
from dystream_ros.face.stages.return_to_neutral import failed_frame, is_finite

LONGEST_PAUSE = 125  # frames between two attempts, 5 s


class FaultTolerantSession(DelegatedMotionSource):
    """Wraps a session and returns a frame of NaN where its model fails. Implements `HeadSession`.

    A failure is an exception or a number that is not finite; the session is reset after it. The next attempt is made
    after 0, 1, 3, 7, 15 ... and at most 125 frames, by the number of failures in a row; the model is not called for the
    frames in between, which are NaN too. The stage `ReplaceFailedFrames` shows the return to neutral instead.

    Args:
        session: fresh.
        report: called for each failed attempt, with a message and the number of frames until the next attempt.
    """

    def __init__(self, session: HeadSession, report: Callable[[str, int], None]) -> None:
        super().__init__(session)
        self._session = session
        self._report = report
        self._begin()

    def _begin(self) -> None:
        self._frame = 0
        self._pause = 0
        self._failure = ""
        self._attempts = 0
        # After a reset the session needs the lookahead of its first frame again. Earlier steps have received it.
        self._recent: list[Samples] = [np.zeros(self.lookahead, np.float32) for _ in range(2)]

    @property
    def samples_needed(self) -> int:
        """Samples of each party for the next step."""
        return self.hop + (0 if self._frame else self.lookahead)

    @property
    def failure(self) -> str:
        """Message of the current failure; "" while the model works. May be read from any thread."""
        return self._failure

    def step(self, self_audio: Samples, other_audio: Samples) -> MotionFrame:
        """The next frame; NaN when the model fails. Raises nothing."""
        audio: list[Samples] = [
            np.concatenate([recent, new]) for recent, new in zip(self._recent, (self_audio, other_audio))
        ]
        motion = self._attempt(audio) if self._pause == 0 else None
        if self._pause > 0:
            self._pause -= 1
        if motion is None:
            motion = failed_frame(self.layout, self._frame)
        self._recent = [samples[samples.size - self.lookahead :] for samples in audio]
        self._frame += 1
        return motion

    def emitted(self, motion: MotionFrame) -> None:
        """Pass on the shown motion, except after a failure, when the session was reset."""
        if not self._failure:
            self._session.emitted(motion)

    def set_event_rates(self, rates: EventRates) -> None:
        """Set how often events start from the next frame on; a model without events ignores it."""
        self._session.set_event_rates(rates)

    def reset(self, seed: int | None = None) -> None:
        """Make this the same as a new session; None keeps the seed."""
        self._session.reset(seed)
        self._begin()

    def _attempt(self, audio: list[Samples]) -> MotionFrame | None:
        """The model's frame; None after a failure, which also sets the pause until the next attempt."""
        try:
            motion = self._session.step(*(samples[-self._session.samples_needed :] for samples in audio))
            if not is_finite(motion):
                raise FloatingPointError("the motion holds NaN or infinity")
        except Exception as error:
            self._attempts += 1
            self._failure = f"{type(error).__name__}: {error}"
            pause = min(2 ** (self._attempts - 1) - 1, LONGEST_PAUSE)
            retry = f"next attempt in {(pause + 1) * self.hop / MEDIA_RATE:.2g} s"
            self._report(
                f"the model failed at frame {self._frame} ({self._failure}); the face returns to neutral; {retry}",
                pause + 1,
            )
            # One more than the frames to skip: `step` subtracts the present frame at once.
            self._pause = pause + 1
            self._session.reset()
            return None
        self._failure, self._attempts = "", 0
        return MotionFrame(self._frame, motion.values, motion.head_pose, motion.speaking, motion.latent)
