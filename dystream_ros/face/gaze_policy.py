"""Looking around without a target."""

import math

import numpy as np

_FIXATION = (0.4, 1.8)  # s, by eye
_YAW, _PITCH = math.radians(13.0), math.radians(5.0)  # standard deviations
_WIDEST = 2.0  # of these
_DISTANCE = 2.0  # m


class RandomGaze:
    """Points of short fixations, one after the other; the same seed gives the same points."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._until = -math.inf
        self._point = (_DISTANCE, 0.0, 0.0)

    def at(self, now: float) -> tuple[float, float, float]:
        """The point to look at, m in the frame of the face; `now` in s, which does not decrease."""
        if now >= self._until:
            self._until = now + float(self._random.uniform(*_FIXATION))
            yaw, pitch = np.clip(self._random.standard_normal(2), -_WIDEST, _WIDEST) * (_YAW, _PITCH)
            across = _DISTANCE * math.cos(pitch)
            self._point = (across * math.cos(yaw), across * math.sin(yaw), -_DISTANCE * math.sin(pitch))
        return self._point
