"""Limits of the time that a joint spends beyond a position, such as a wide open jaw."""

import numpy as np
from numpy.typing import NDArray

from dystream_ros.actuators.calibration import Calibration
from dystream_ros.actuators.profile import Array, State
from dystream_ros.actuators.travel_time import return_seconds

_OUTSIDE = 1e-6  # rad beyond the position


class Dwell:
    """Keeps joints on the near side that have been beyond their position for as long as is allowed.

    The time beyond accumulates, and drains on the near side. A joint is called back as soon as it could not stay beyond
    for one more step and still return in time from the worst state that it can be in then. It returns on the fastest
    profile, without smoothing, so that the time of the way back is known and the limit holds exactly.

    A pause of the commands is no part of that time: joints stay where their last command has sent them.
    """

    def __init__(self, calibration: Calibration) -> None:
        limits = calibration.dwell_limits
        joints = [calibration.joints[calibration.index(limit.joint)] for limit in limits]
        self._joints = np.array([calibration.index(limit.joint) for limit in limits], np.intp)
        self._beyond = np.array([limit.beyond for limit in limits])
        self._side = np.array([1.0 if limit.beyond > joint.neutral else -1.0 for limit, joint in zip(limits, joints)])
        self._allowed = np.array([limit.seconds for limit in limits])
        self._back = np.array([return_seconds(joint, limit.beyond) for limit, joint in zip(limits, joints)])
        self._drain = np.array([limit.seconds / limit.recovery for limit in limits])
        self._spent: Array = np.zeros(len(limits))
        self._before = 0.0  # duration of the last step, s
        self._outside = np.zeros(len(limits), bool)
        self._closed = np.zeros(len(limits), bool)

    @property
    def closed(self) -> tuple[int, ...]:
        """Indices of the joints that are kept on the near side now."""
        return tuple(int(joint) for joint in self._joints[self._closed])

    def begin(self, position: Array, seconds: float) -> None:
        """Begin a step: count the last one, and decide which joints are kept on the near side.

        Args:
            position: commands at the end of the last step (joints,).
            seconds: duration of the step that begins.
        """
        self._outside = self._side * (position[self._joints] - self._beyond) > _OUTSIDE
        change = np.where(self._outside, self._before, -self._drain * self._before)
        # A joint that an emergency stop held beyond for an hour recovers within the same time as any other.
        self._spent = np.clip(self._spent + change, 0.0, self._allowed)
        self._before = seconds
        too_late = self._spent + seconds + self._back > self._allowed
        self._closed = (self._closed & (self._spent > 0)) | too_late

    def clip(self, target: Array) -> Array:
        """The targets (joints,) on the near side."""
        clipped = target.copy()
        for index in np.flatnonzero(self._closed):
            joint, side = self._joints[index], self._side[index]
            clipped[joint] = side * min(side * clipped[joint], side * self._beyond[index])
        return clipped

    def returning(self, target: State) -> State:
        """The targets (joints,) of the tracking filter; joints that are called back rest at theirs."""
        index = np.flatnonzero(self._closed & self._outside)
        if not len(index):
            return target
        joints = self._joints[index]
        velocity, acceleration = target.velocity.copy(), target.acceleration.copy()
        # A joint that waited for a target that moves outwards would return later.
        velocity[joints], acceleration[joints] = 0.0, 0.0
        return State(self.clip(target.position), velocity, acceleration)

    def tighten(self, joints: NDArray[np.intp], low: Array, high: Array) -> tuple[Array, Array]:
        """Lowest and highest positions of some joints, of which those on the near side stay there."""
        for index in np.flatnonzero(self._closed & ~self._outside):
            place = joints == self._joints[index]
            if self._side[index] > 0:
                high = np.where(place, np.minimum(high, self._beyond[index]), high)
            else:
                low = np.where(place, np.maximum(low, self._beyond[index]), low)
        return low, high
