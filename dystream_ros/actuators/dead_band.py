"""A dead band for joints of a face at rest, which opens when the face moves."""

import numpy as np

from dystream_ros.actuators.profile import Array

_MEAN = 0.2  # s, of the recent mean that a motion is compared with
_OPEN = 0.03  # s, time constant with which the band vanishes when the face moves
_CLOSE = 0.6  # s, time constant with which it returns


class DeadBand:
    """Play between target and command, like that of a gear: a target that wanders inside the band moves nothing.

    A target that leaves its recent mean by more than the band is a motion: the band then vanishes, so that lips close
    and a gaze arrives exactly, and returns when the target rests. Neither boundary is a step, so the output is as
    continuous as the target.

    Args:
        width: deviation that is not corrected at rest (joints,), rad; 0 for none.
        position: positions at the beginning (joints,).
    """

    def __init__(self, width: Array, position: Array) -> None:
        self._width = np.array(width, np.float64)
        self.rest_at(position)

    def rest_at(self, position: Array) -> None:
        """Begin again at these positions."""
        self._held, self._mean = np.array(position, np.float64), np.array(position, np.float64)
        self._open_width = self._width.copy()

    def step(self, target: Array, seconds: float) -> Array:
        """The positions to go to (joints,), `seconds` after the last step."""
        self._mean += (target - self._mean) * -np.expm1(-seconds / _MEAN)
        activity = np.abs(target - self._mean) / np.maximum(self._width, 1e-12)
        # Between half a band and a whole one from the mean the band closes gradually.
        wanted = self._width * np.clip(2 - 2 * activity, 0.0, 1.0)
        constant = np.where(wanted < self._open_width, _OPEN, _CLOSE)
        self._open_width += (wanted - self._open_width) * -np.expm1(-seconds / constant)
        self._held = np.clip(self._held, target - self._open_width, target + self._open_width)
        return self._held.copy()
