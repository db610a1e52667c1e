"""Switches the node `attention` on and off while a goal has the gaze, and leaves it as it was."""

from typing import Any

from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter

_ENABLED = "enabled"


class AttentionSwitch:
    """The parameter `enabled` of another node. No method waits.

    Args:
        node: whose clients are used.
        name: full name of the node `attention`, which need not run.
    """

    def __init__(self, node: Node, name: str) -> None:
        self._get = node.create_client(GetParameters, f"{name}/get_parameters")
        self._set = node.create_client(SetParameters, f"{name}/set_parameters")
        self._wanted: bool | None = None
        self._before: bool | None = None

    def take(self, on: bool) -> bool:
        """Switch it on or off until `give_back`; returns whether the node runs."""
        self._wanted = on
        if not self._get.service_is_ready():
            return False
        if self._before is None:
            asked = self._get.call_async(GetParameters.Request(names=[_ENABLED]))
            asked.add_done_callback(self._on_before)
        else:
            self._write(on)
        return True

    def give_back(self) -> bool:
        """Make it as it was before the first `take`; returns whether it has the gaze now."""
        before, self._before, self._wanted = self._before, None, None
        if before is None:
            return False
        self._write(before)
        return before

    def _on_before(self, answered: Any) -> None:
        response = answered.result()
        if self._wanted is None or response is None or not response.values:
            return
        self._before = response.values[0].bool_value
        self._write(self._wanted)

    def _write(self, on: bool) -> None:
        value = Parameter(_ENABLED, value=on).to_parameter_msg()
        self._set.call_async(SetParameters.Request(parameters=[value]))
