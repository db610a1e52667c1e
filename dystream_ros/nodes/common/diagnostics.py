"""Publishes the health of a node on /diagnostics, once per second."""

from collections.abc import Callable, Mapping

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.reports import Reports

OK, WARN, ERROR, STALE = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR, DiagnosticStatus.STALE

# Level (one of the above), message, values by name.
Health = tuple[bytes, str, Mapping[str, object]]


class Diagnostics:
    """Publishes the result of `health` once per second of the steady clock.

    Where `health` finds nothing wrong, a failure that was reported within the last seconds is shown in its place, with
    the text of the log: what is wrong, and what to do.

    Args:
        node: the node, whose executor calls `health`.
        health: present level, message and values of the node.
        reports: of the node; its counters are added to the values.
    """

    def __init__(self, node: Node, health: Callable[[], Health], reports: Reports) -> None:
        self._node = node
        self._health = health
        self._reports = reports
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", qos.status())
        node.create_timer(1.0, self.publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def publish(self) -> None:
        """Publish the present health, also between two seconds."""
        level, message, values = self._health()
        if level == OK and (recent := self._reports.recent()) is not None:
            error, message = recent
            level = ERROR if error else WARN
        values = {**values, **self._reports.counts()}
        name = self._node.get_fully_qualified_name()
        status = DiagnosticStatus(level=level, name=f"{name}: state", message=message, hardware_id=name)
        status.values = [KeyValue(key=key, value=str(value)) for key, value in values.items()]
        array = DiagnosticArray(status=[status])
        array.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(array)
