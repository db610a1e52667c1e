"""Positions of the joints as the robot reports them."""

import math
import time

import numpy as np
from sensor_msgs.msg import JointState

from dystream_ros.actuators.calibration import Calibration
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.executable import RunnableNode

_LASTS = 2.0  # s for which a position counts: a joint whose driver has ended may have been moved by hand


class Feedback:
    """Newest position of each joint on `joint_states`; one that is no longer reported is not known."""

    def __init__(self, node: RunnableNode) -> None:
        self._positions: dict[str, tuple[float, float]] = {}  # and when it was reported, steady s
        # A robot sends hundreds a second, reliably or not.
        node.create_subscription(
            JointState, "joint_states", self._on_states, qos.requests(), callback_group=node.messages
        )

    def positions(self, calibration: Calibration) -> np.ndarray | None:
        """Positions of all joints (joints,), rad; None while one is not known."""
        known = self.known()
        if not all(name in known for name in calibration.names):
            return None
        return np.array([known[name] for name in calibration.names])

    def missing(self, calibration: Calibration) -> list[str]:
        """Joints whose position is not known."""
        known = self.known()
        return [name for name in calibration.names if name not in known]

    def known(self) -> dict[str, float]:
        """Positions by name, rad."""
        since = time.monotonic() - _LASTS
        return {name: position for name, (position, at) in self._positions.items() if at >= since}

    def _on_states(self, message: JointState) -> None:
        now = time.monotonic()
        for name, position in zip(message.name, message.position):
            if math.isfinite(position):
                self._positions[name] = position, now
