"""A joint trajectory controller that takes a stream of short trajectories, as that of ros2_control does."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class TrajectoryController:
    """Interpolates from the present desired state to the newest point, with cubic splines.

    This is the behaviour of joint_trajectory_controller with `interpolate_from_desired_state: true`, positions and
    velocities in each point, and a stamp of 0: a trajectory starts when it arrives, and replaces the one before.

    Args:
        position: at the beginning (joints,), rad.
    """

    def __init__(self, position: Array) -> None:
        self._from = np.array(position, np.float64)
        self._speed = np.zeros_like(self._from)
        self._to, self._end_speed = self._from.copy(), self._speed.copy()
        self._start, self._seconds = 0.0, 0.0

    def take(self, position: Array, velocity: Array, seconds: float, now: float) -> None:
        """A trajectory of one point, to be reached `seconds` from now."""
        self._from, self._speed = self.desired(now)
        self._to, self._end_speed = np.array(position), np.array(velocity)
        self._start, self._seconds = now, seconds

    def desired(self, now: float) -> tuple[Array, Array]:
        """Desired positions and velocities; the last point is held."""
        if now >= self._start + self._seconds:
            return self._to.copy(), np.zeros_like(self._to)
        h = self._seconds
        x = (now - self._start) / h
        m0, m1, rise = self._speed * h, self._end_speed * h, self._to - self._from
        position = self._from + x * (m0 + x * (3 * rise - 2 * m0 - m1 + x * (m0 + m1 - 2 * rise)))
        velocity = (m0 + x * (2 * (3 * rise - 2 * m0 - m1) + 3 * x * (m0 + m1 - 2 * rise))) / h
        return position, velocity
