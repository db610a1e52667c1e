"""The skill `set_expression`: its topic, passed on to the head's topic `expression`."""

from typing import Any

from rclpy.node import Node
from rclpy.publisher import Publisher

from dystream_ros.face.expressions import EXPRESSIONS
from dystream_ros.msg import FaceExpression
from dystream_ros.nodes.audio_input.message_class import TypeUnavailable, message_class
from dystream_ros.nodes.common import qos

TOPIC = "expression"
_OURS, _THEIRS = "dystream_ros/msg/FaceExpression", "hri_msgs/msg/Expression"


class ExpressionOutput:
    """Publishes expressions with the type that the head subscribes to.

    Args:
        node: gets the publisher, once a head is there.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._type = ""
        self._publisher: Publisher | None = None

    def publish(self, name: str = "", valence: float = 0.0, arousal: float = 0.0) -> None:
        """Show an expression by name, or by valence and arousal of -1 to 1 without one.

        Raises:
            ValueError: a value that is not accepted, no head, or one whose type is not installed here.
        """
        if name and name not in EXPRESSIONS:
            raise ValueError(f"there is no expression {name!r}; accepted are {', '.join(EXPRESSIONS)}")
        for what, value in (("valence", valence), ("arousal", arousal)):
            if not -1.0 <= value <= 1.0:
                raise ValueError(f"{what} is {value}; accepted is -1 to 1")
        self._find_type()
        if self._publisher is None:
            raise ValueError(f"no head subscribes to {self._node.resolve_topic_name(TOPIC)}")
        if self._type == _OURS:
            shown: Any = FaceExpression(name=name, intensity=1.0)
        else:
            shown = message_class(_THEIRS, "expression")(expression=name, confidence=1.0)
            shown.header.stamp = self._node.get_clock().now().to_msg()
        shown.valence, shown.arousal = float(valence), float(arousal)
        self._publisher.publish(shown)

    def prepare(self) -> None:
        """Make the publisher ahead of the first expression, once the head is there: discovery takes time."""
        self._find_type()

    def _find_type(self) -> None:
        found = {each.topic_type for each in self._node.get_subscriptions_info_by_topic(self._topic)}
        accepted = found & {_OURS, _THEIRS}
        if not accepted or self._type in accepted:
            return
        kind = sorted(accepted)[0]
        try:
            message = FaceExpression if kind == _OURS else message_class(_THEIRS, "expression", "valence", "arousal")
        except TypeUnavailable as unavailable:
            raise ValueError(f"the head takes {kind}: {unavailable}") from unavailable
        if self._publisher is not None:
            self._node.destroy_publisher(self._publisher)
        self._publisher, self._type = self._node.create_publisher(message, TOPIC, qos.events()), kind

    @property
    def _topic(self) -> str:
        return self._node.resolve_topic_name(TOPIC)
