"""A joint trajectory controller that takes a stream of short trajectories, as that of ros2_control does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Point:
    """A point of a trajectory: positions (joints,), rad, to be reached `seconds` after its beginning.

    Attributes:
        velocity: (joints,), rad/s; None: the joints go there at a constant speed.
    """

    position: Array
    velocity: Array | None
    seconds: float


class TrajectoryController:
    """Interpolates from the present desired state through the points of the newest trajectory.

    This is the behaviour of joint_trajectory_controller with `interpolate_from_desired_state: true` and a stamp of 0: a
    trajectory starts when it arrives, and replaces the one before. Points with velocities are joined by cubic splines,
    others by lines.

    Args:
        position: at the beginning (joints,), rad.
    """

    def __init__(self, position: Array) -> None:
        at_rest = np.array(position, np.float64)
        self._points = [Point(at_rest, np.zeros_like(at_rest), 0.0)]
        self._start = 0.0

    def take(self, points: Sequence[Point], now: float) -> None:
        """A trajectory of at least one point, in the order of their times, which are not negative."""
        position, velocity = self.desired(now)
        self._points = [Point(position, velocity, 0.0), *points]
        self._start = now

    def desired(self, now: float) -> tuple[Array, Array]:
        """Desired positions and velocities; the last point is held."""
        passed = now - self._start
        end = self._points[-1]
        if passed >= end.seconds:
            return end.position.copy(), np.zeros_like(end.position)
        index = next(index for index, point in enumerate(self._points) if point.seconds > passed)
        return _between(self._points[index - 1], self._points[index], passed)


def _between(begin: Point, end: Point, passed: float) -> tuple[Array, Array]:
    h = end.seconds - begin.seconds
    x = (passed - begin.seconds) / h
    rise = end.position - begin.position
    if end.velocity is None:
        return begin.position + x * rise, rise / h
    m0 = begin.velocity * h if begin.velocity is not None else np.zeros_like(rise)
    m1 = end.velocity * h
    position = begin.position + x * (m0 + x * (3 * rise - 2 * m0 - m1 + x * (m0 + m1 - 2 * rise)))
    velocity = (m0 + x * (2 * (3 * rise - 2 * m0 - m1) + 3 * x * (m0 + m1 - 2 * rise))) / h
    return position, velocity
