"""Publishes the health of a node on /diagnostics, once a second."""

from collections.abc import Callable, Mapping

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from dystream_ros.nodes.common import qos

OK, WARN, ERROR, STALE = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR, DiagnosticStatus.STALE

# Level, message, values.
Health = tuple[bytes, str, Mapping[str, object]]


class Diagnostics:
    """Asks `health` once a second, on the steady clock, and publishes what it says."""

    def __init__(self, node: Node, health: Callable[[], Health]) -> None:
        self._node = node
        self._health = health
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", qos.status())
        node.create_timer(1.0, self.publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def publish(self) -> None:
        level, message, values = self._health()
        name = self._node.get_fully_qualified_name()
        status = DiagnosticStatus(level=level, name=f"{name}: state", message=message, hardware_id=name)
        status.values = [KeyValue(key=key, value=str(value)) for key, value in values.items()]
        array = DiagnosticArray(status=[status])
        array.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(array)
