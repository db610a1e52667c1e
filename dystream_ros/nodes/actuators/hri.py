"""Action units and expression of the face as messages of hri_msgs, where that package is installed."""

import importlib
from typing import Any

from rclpy.node import Node

from dystream_ros.face.emotion import expression_of
from dystream_ros.face.facs import ActionUnits
from dystream_ros.nodes.common import qos

TOPICS = ("facial_action_units", "expression_shown")


class HriOutputs:
    """Publishes FacialActionUnits and Expression of each motion, while somebody subscribes to them.

    Not under /humans, which REP-155 reserves for the people that a robot perceives.
    """

    def __init__(self, node: Node) -> None:
        self._names: tuple[str, ...] | None = None
        self._units = ActionUnits(())
        self._messages: Any = None
        try:
            self._messages = importlib.import_module("hri_msgs.msg")
        except ImportError:
            node.get_logger().info(f"hri_msgs is not installed: {' and '.join(TOPICS)} are not published")
            return
        self._publishers = (
            node.create_publisher(self._messages.FacialActionUnits, TOPICS[0], qos.motion()),
            node.create_publisher(self._messages.Expression, TOPICS[1], qos.motion()),
        )

    def publish(self, header: Any, names: tuple[str, ...], values: Any, head_pose: Any) -> None:
        """Publish those that have a subscriber; arguments as in `ActionUnits`."""
        if self._messages is None:
            return
        wanted = [publisher.get_subscription_count() > 0 for publisher in self._publishers]
        if not any(wanted):
            return
        if names != self._names:
            self._names, self._units = names, ActionUnits(names)
        intensities = self._units.intensities(values, head_pose)
        if wanted[0]:
            units = self._messages.FacialActionUnits(header=header)
            units.intensity = intensities
            units.confidence = [1.0 if index in self._units.covered else 0.0 for index in range(len(intensities))]
            self._publishers[0].publish(units)
        if wanted[1]:
            shown = expression_of(intensities)
            message = self._messages.Expression(header=header, expression=shown.name)
            message.valence, message.arousal, message.confidence = shown.valence, shown.arousal, shown.confidence
            self._publishers[1].publish(message)
