"""Limits of the time that a joint spends beyond a position, such as a wide open jaw."""

import numpy as np

from dystream_ros.actuators.calibration import Calibration
from dystream_ros.actuators.calibration_file import dwell_return
from dystream_ros.actuators.profile import Array


class Dwell:
    """Clips the targets of joints that have been beyond their position for as long as is allowed.

    The time beyond accumulates and drains on the near side. The way back is counted in advance, so that the joint is
    back when its time is over.
    """

    def __init__(self, calibration: Calibration) -> None:
        limits = calibration.dwell_limits
        joints = [calibration.joints[calibration.index(limit.joint)] for limit in limits]
        self._joints = np.array([calibration.index(limit.joint) for limit in limits], np.intp)
        self._beyond = np.array([limit.beyond for limit in limits])
        self._side = np.array([1.0 if limit.beyond > joint.neutral else -1.0 for limit, joint in zip(limits, joints)])
        back = [
            dwell_return(joint, limit.beyond, joint.maximum if limit.beyond > joint.neutral else joint.minimum)
            for limit, joint in zip(limits, joints)
        ]
        self._allowed = np.array([limit.seconds for limit in limits]) - np.array(back)
        self._drain = np.array([limit.seconds / limit.recovery for limit in limits])
        self._spent: Array = np.zeros(len(limits))
        self._closed = np.zeros(len(limits), bool)

    @property
    def closed(self) -> tuple[int, ...]:
        """Indices of the joints that are kept on the near side now."""
        return tuple(int(joint) for joint in self._joints[self._closed])

    def clip(self, target: Array, position: Array, seconds: float) -> Array:
        """The targets (joints,) with those limits.

        Args:
            position: present commands (joints,).
            seconds: since the last call.
        """
        if not len(self._joints):
            return target
        outside = self._side * (position[self._joints] - self._beyond) > 1e-6
        self._spent = np.where(outside, self._spent + seconds, np.maximum(self._spent - self._drain * seconds, 0.0))
        self._closed = (self._closed & (self._spent > 0)) | (self._spent + seconds >= self._allowed)
        clipped = target.copy()
        for index in np.flatnonzero(self._closed):
            joint, side = self._joints[index], self._side[index]
            clipped[joint] = side * min(side * clipped[joint], side * self._beyond[index])
        return clipped
