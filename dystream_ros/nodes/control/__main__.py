"""`python -m dystream_ros.nodes.control ACTION`: lifecycle, reset, interrupt and parameters of a running head."""

import argparse
import sys
from typing import Any

import rclpy
import yaml
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python
from rclpy.utilities import remove_ros_args
from std_srvs.srv import Trigger

TRANSITIONS = {
    "configure": Transition.TRANSITION_CONFIGURE,
    "activate": Transition.TRANSITION_ACTIVATE,
    "deactivate": Transition.TRANSITION_DEACTIVATE,
    "cleanup": Transition.TRANSITION_CLEANUP,
}
# The transition differs with the state that it leaves.
SHUTDOWNS = {
    "unconfigured": Transition.TRANSITION_UNCONFIGURED_SHUTDOWN,
    "inactive": Transition.TRANSITION_INACTIVE_SHUTDOWN,
    "active": Transition.TRANSITION_ACTIVE_SHUTDOWN,
}
TRIGGERS = ("reset", "interrupt")


class Unanswered(Exception):
    """A service is not there, or said no."""


class Control:
    """Calls services of one node.

    Args:
        target: name of the node, e.g. /head.
        timeout: seconds that a service may take to appear, and to answer.
    """

    def __init__(self, node: Node, target: str, timeout: float) -> None:
        self._node = node
        self._target = target
        self._timeout = timeout

    def state(self) -> str:
        return self._call(GetState, "get_state", GetState.Request()).current_state.label

    def change(self, action: str) -> str:
        """Make a transition; returns the state reached."""
        transition = TRANSITIONS.get(action)
        if action == "shutdown":
            state = self.state()
            if state not in SHUTDOWNS:
                raise Unanswered(f"{self._target} is {state}, which cannot be shut down")
            transition = SHUTDOWNS[state]
        request = ChangeState.Request(transition=Transition(id=transition))
        if not self._call(ChangeState, "change_state", request).success:
            raise Unanswered(f"{self._target} could not {action}; its log says why")
        return action if action == "shutdown" else self.state()

    def trigger(self, action: str) -> str:
        answer = self._call(Trigger, action, Trigger.Request())
        if not answer.success:
            raise Unanswered(answer.message)
        return answer.message

    def get(self, name: str) -> str:
        [value] = self._call(GetParameters, "get_parameters", GetParameters.Request(names=[name])).values
        return str(parameter_value_to_python(value))

    def set(self, name: str, value: str) -> str:
        parameter = Parameter(name, value=yaml.safe_load(value)).to_parameter_msg()
        request = SetParameters.Request(parameters=[parameter])
        [result] = self._call(SetParameters, "set_parameters", request).results
        if not result.successful:
            raise Unanswered(result.reason)
        return self.get(name)

    def _call(self, service_type: type, name: str, request: Any) -> Any:
        client = self._node.create_client(service_type, f"{self._target}/{name}")
        try:
            if not client.wait_for_service(self._timeout):
                raise Unanswered(f"no service {client.service_name}: is the node running, in this ROS_DOMAIN_ID?")
            answer = client.call_async(request)
            rclpy.spin_until_future_complete(self._node, answer, timeout_sec=self._timeout)
            if not answer.done():
                raise Unanswered(f"{client.service_name} did not answer within {self._timeout} s")
            return answer.result()
        finally:
            self._node.destroy_client(client)


def main(argv: list[str] | None = None) -> int:
    """Do one action; returns 0, or 2 when it was refused."""
    argv = sys.argv if argv is None else ["", *argv]
    parser = argparse.ArgumentParser(prog="python -m dystream_ros.nodes.control", description=__doc__.split(": ")[1])
    parser.add_argument("--node", default="/head", help="full name of the head (default: %(default)s)")
    parser.add_argument("--timeout", type=float, default=30.0, help="seconds to wait (default: %(default)s)")
    actions = parser.add_subparsers(dest="action", required=True)
    for action in ("state", *TRANSITIONS, "shutdown", *TRIGGERS):
        actions.add_parser(action)
    actions.add_parser("get").add_argument("name", help="parameter")
    setter = actions.add_parser("set")
    setter.add_argument("name", help="parameter")
    setter.add_argument("value", help="its new value, as in YAML")
    args = parser.parse_args(remove_ros_args(argv)[1:])

    rclpy.init(args=argv)
    node = rclpy.create_node("control")
    control = Control(node, "/" + args.node.strip("/"), args.timeout)
    try:
        sys.stdout.write(_act(control, args) + "\n")
    except Unanswered as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    return 0


def _act(control: Control, args: argparse.Namespace) -> str:
    if args.action == "state":
        return control.state()
    if args.action in TRIGGERS:
        return control.trigger(args.action)
    if args.action == "get":
        return control.get(args.name)
    if args.action == "set":
        return control.set(args.name, args.value)
    return control.change(args.action)


if __name__ == "__main__":
    sys.exit(main())
