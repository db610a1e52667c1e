"""Positions of the joints as the robot reports them."""

import math

import numpy as np
from sensor_msgs.msg import JointState

from dystream_ros.actuators.calibration import Calibration
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.executable import RunnableNode


class Feedback:
    """Newest position of each joint on `joint_states`."""

    def __init__(self, node: RunnableNode) -> None:
        self._positions: dict[str, float] = {}
        # A robot sends hundreds a second, reliably or not.
        node.create_subscription(
            JointState, "joint_states", self._on_states, qos.requests(), callback_group=node.messages
        )

    def positions(self, calibration: Calibration) -> np.ndarray | None:
        """Positions of all joints (joints,), rad; None while one is not known."""
        if not all(name in self._positions for name in calibration.names):
            return None
        return np.array([self._positions[name] for name in calibration.names])

    def missing(self, calibration: Calibration) -> list[str]:
        """Joints whose position is not known."""
        return [name for name in calibration.names if name not in self._positions]

    def _on_states(self, message: JointState) -> None:
        for name, position in zip(message.name, message.position):
            if math.isfinite(position):
                self._positions[name] = position
