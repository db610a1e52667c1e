"""Commands to the controllers of ros2_control, and a preview for rviz and the like."""

import array
from collections.abc import Mapping

import numpy as np
from rclpy.node import Node
from rclpy.publisher import Publisher
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from dystream_ros.actuators.calibration import TRAJECTORY, Calibration, Controller
from dystream_ros.actuators.profile import State
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import SECOND, duration_message

PREVIEW = "joint_preview"


class Outputs:
    """Publishers of one calibration; `close` removes them.

    Joints that rest are not sent: a controller keeps its last command. One that starts later is sent the positions of
    the joints once.

    Args:
        node: publishes and logs.
        calibration: its joints and controllers.
        ramp: time in which a trajectory controller that starts later is to reach joints that rest, s.
    """

    def __init__(self, node: Node, calibration: Calibration, ramp: float) -> None:
        self._node = node
        self._ramp = ramp
        self._names = list(calibration.names)
        self._controllers: list[tuple[Controller, Publisher, np.ndarray]] = []
        for controller in calibration.controllers:
            message = JointTrajectory if controller.kind == TRAJECTORY else Float64MultiArray
            publisher = node.create_publisher(message, controller.topic, qos.motion())
            joints = np.array([calibration.index(name) for name in controller.joints])
            self._controllers.append((controller, publisher, joints))
            node.get_logger().info(
                f"{publisher.topic_name} ({controller.kind}): {', '.join(controller.joints)}, in this order"
            )
        self._preview = node.create_publisher(JointState, PREVIEW, qos.motion())
        self._sent: list[np.ndarray | None] = [None] * len(self._controllers)
        self._listeners = [0] * len(self._controllers)
        self._previewed: np.ndarray | None = None

    def resend(self) -> None:
        """Send all joints with the next command, also those that rest."""
        self._sent = [None] * len(self._controllers)
        self._previewed = None

    def hold(self, known: Mapping[str, float], seconds: float) -> list[str]:
        """End the way of each controller where its joints are now; returns the joints of those that go on.

        Args:
            known: present positions of joints by name, rad.
            seconds: as for `publish`.
        """
        left: list[str] = []
        for index, (controller, publisher, _) in enumerate(self._controllers):
            if not all(name in known for name in controller.joints):
                left += controller.joints
                continue
            position = np.array([known[name] for name in controller.joints])
            publisher.publish(_command(controller, position, np.zeros_like(position), seconds))
            self._sent[index] = None
        return sorted(set(left))

    def publish(self, state: State, seconds: float, dry_run: bool = False) -> bool:
        """Publish the joints that have moved since their last command; returns whether a controller was sent any.

        Args:
            seconds: time in which a trajectory controller is to reach the positions.
            dry_run: only the preview.
        """
        any_sent = False
        if not dry_run:
            for index, (controller, publisher, joints) in enumerate(self._controllers):
                position = state.position[joints]
                sent = self._sent[index]
                before, self._listeners[index] = self._listeners[index], publisher.get_subscription_count()
                rests = sent is not None and np.array_equal(sent, position)
                if rests and self._listeners[index] <= before:
                    continue
                self._sent[index] = position.copy()
                any_sent = True
                duration = max(self._ramp, seconds) if rests else seconds
                publisher.publish(_command(controller, position, state.velocity[joints], duration))
        if not self._preview.get_subscription_count():
            self._previewed = None  # for one that comes later
        elif self._previewed is None or not np.array_equal(self._previewed, state.position):
            self._previewed = state.position.copy()
            preview = JointState(name=self._names)
            preview.header.stamp = self._node.get_clock().now().to_msg()
            preview.position = array.array("d", state.position)
            preview.velocity = array.array("d", state.velocity)
            self._preview.publish(preview)
        return any_sent

    def close(self) -> None:
        """Remove the publishers."""
        for _, publisher, _ in self._controllers:
            self._node.destroy_publisher(publisher)
        self._node.destroy_publisher(self._preview)


def _command(
    controller: Controller, position: np.ndarray, velocity: np.ndarray, seconds: float
) -> JointTrajectory | Float64MultiArray:
    """Positions for a controller, or a trajectory of one point; its stamp of 0 means that it starts now."""
    if controller.kind != TRAJECTORY:
        return Float64MultiArray(data=array.array("d", position))
    point = JointTrajectoryPoint(time_from_start=duration_message(round(seconds * SECOND)))
    point.positions = array.array("d", position)
    point.velocities = array.array("d", velocity)
    return JointTrajectory(joint_names=list(controller.joints), points=[point])
