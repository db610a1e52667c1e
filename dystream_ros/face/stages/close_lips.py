"""Closes the lips at an interruption."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dystream_ros.face.arkit import SPEECH_INDEX
from dystream_ros.face.motion import MotionFrame
from dystream_ros.face.stages.stage import MotionStage

_SPEECH = np.array(SPEECH_INDEX)

# How far the lips are closed, frame by frame after the interruption. They close within two frames, stay closed while
# the interrupted words leave the lookahead and the memory of the encoder, and return to the model without a jump.
AMOUNTS = (0.6, 1.0, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25)


class CloseLips(MotionStage):
    """Closes the lips for nine frames after an interruption; all other motion passes unchanged.

    Args:
        close: the model's `close_lips(motion, amount)`: the lips' coefficients, or their direction in a latent, are
            known to the model alone.
    """

    def __init__(self, close: Callable[[MotionFrame, float], MotionFrame]) -> None:
        self._close = close
        self.reset()

    def interrupt(self) -> None:
        """Start to close the lips at the next frame."""
        self._position = 0

    def apply(self, motion: MotionFrame, now: float) -> MotionFrame:
        """The motion with its lips closed as far as this frame after the interruption asks for."""
        if self._position == len(AMOUNTS):
            return motion
        amount = AMOUNTS[self._position]
        self._position += 1
        return self._close(motion, amount)

    def reset(self) -> None:
        """End the closing at once."""
        self._position = len(AMOUNTS)


def close_named_lips(motion: MotionFrame, amount: float) -> MotionFrame:
    """A motion of the 52 ARKit coefficients with those of speech reduced by a share of 0 to 1."""
    values = motion.values.copy()
    values[_SPEECH] *= 1.0 - amount
    return replace(motion, values=values)
