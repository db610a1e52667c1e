"""`python -m dystream_ros.nodes.control ACTION`: lifecycle, reset, interrupt, health, parameters of a head."""

import argparse
import sys

import rclpy
import yaml
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python
from rclpy.utilities import remove_ros_args
from std_srvs.srv import Trigger

from dystream_ros.nodes.control.health import FaceUnhealthy, check_health

TRANSITIONS = {
    "configure": Transition.TRANSITION_CONFIGURE,
    "activate": Transition.TRANSITION_ACTIVATE,
    "deactivate": Transition.TRANSITION_DEACTIVATE,
    "cleanup": Transition.TRANSITION_CLEANUP,
}
# Each state has a shutdown transition of its own.
SHUTDOWNS = {
    "unconfigured": Transition.TRANSITION_UNCONFIGURED_SHUTDOWN,
    "inactive": Transition.TRANSITION_INACTIVE_SHUTDOWN,
    "active": Transition.TRANSITION_ACTIVE_SHUTDOWN,
}
TRIGGERS = ("reset", "interrupt")


class RequestFailed(Exception):
    """A service is missing, did not respond, or refused the request; the message gives the cause."""


class HeadClient:
    """Calls the services of one head. All methods raise `RequestFailed`.

    Args:
        node: whose clients are used; nothing else spins it.
        head: full name of the head, e.g. /head.
        timeout: seconds until a service appears, and until it responds.
    """

    def __init__(self, node: Node, head: str, timeout: float) -> None:
        self._node = node
        self._head = head
        self._timeout = timeout

    def state(self) -> str:
        """Label of the lifecycle state, e.g. "inactive"."""
        response: GetState.Response = self._call(GetState, "get_state", GetState.Request())
        return response.current_state.label

    def change(self, action: str) -> str:
        """Make one of `TRANSITIONS`; returns the state reached."""
        self._change(action, TRANSITIONS[action])
        return self.state()

    def shutdown(self) -> str:
        """Shut the head down from its current state; it then no longer responds."""
        state = self.state()
        if state not in SHUTDOWNS:
            raise RequestFailed(f"{self._head} is {state}; shutdown is accepted in {', '.join(SHUTDOWNS)}")
        self._change("shutdown", SHUTDOWNS[state])
        return "shutdown"

    def trigger(self, action: str) -> str:
        """Call one of `TRIGGERS`; returns the message of its response."""
        response: Trigger.Response = self._call(Trigger, action, Trigger.Request())
        if not response.success:
            raise RequestFailed(response.message)
        return response.message

    def get(self, name: str) -> str:
        """The value of a parameter."""
        request = GetParameters.Request(names=[name])
        response: GetParameters.Response = self._call(GetParameters, "get_parameters", request)
        if not response.values or response.values[0].type == ParameterType.PARAMETER_NOT_SET:
            raise RequestFailed(f"{self._head} has no parameter '{name}'; docs/nodes.md lists its parameters")
        return str(parameter_value_to_python(response.values[0]))

    def set(self, name: str, value: str) -> str:
        """Set a parameter to a value in YAML; returns the value that it has now."""
        try:
            read = yaml.safe_load(value)
            if any(
                isinstance(each, int) and abs(each) >= 2**63 for each in (read if isinstance(read, list) else [read])
            ):
                raise OverflowError("an integer has at most 64 bits")
            # Nothing, and a colour such as #203040, which is a comment in YAML, are texts.
            parameter = Parameter(name, value=value if read is None else read).to_parameter_msg()
        except (yaml.YAMLError, TypeError, OverflowError) as error:
            raise RequestFailed(
                f"'{value}' is no parameter value: {error}; accepted is a number, a boolean or a text, in YAML"
            ) from error
        request = SetParameters.Request(parameters=[parameter])
        response: SetParameters.Response = self._call(SetParameters, "set_parameters", request)
        [result] = response.results
        if not result.successful:
            raise RequestFailed(result.reason)
        return self.get(name)

    def _change(self, action: str, transition: int) -> None:
        request = ChangeState.Request(transition=Transition(id=transition))
        response: ChangeState.Response = self._call(ChangeState, "change_state", request)
        if not response.success:
            raise RequestFailed(f"{self._head} refused {action}; its log gives the reason")

    def _call(self, service: type, name: str, request: object) -> object:
        """The response of the service `name` of the head."""
        client = self._node.create_client(service, f"{self._head}/{name}")
        try:
            if not client.wait_for_service(self._timeout):
                raise RequestFailed(
                    f"no service {client.service_name} within {self._timeout:g} s; check that the node runs, its name "
                    "(--node) and ROS_DOMAIN_ID"
                )
            response = client.call_async(request)
            rclpy.spin_until_future_complete(self._node, response, timeout_sec=self._timeout)
            if not response.done():
                raise RequestFailed(
                    f"{client.service_name} did not respond within {self._timeout:g} s; raise --timeout, or look into "
                    "the log of the node"
                )
            return response.result()
        finally:
            self._node.destroy_client(client)


def main(argv: list[str] | None = None) -> int:
    """Run one action; returns the exit status: 0, or 2 when it failed."""
    argv = sys.argv if argv is None else ["", *argv]
    parser = argparse.ArgumentParser(prog="python -m dystream_ros.nodes.control", description=__doc__.split(": ")[1])
    parser.add_argument("--node", default="/head", help="full name of the head (default: %(default)s)")
    parser.add_argument(
        "--timeout",
        type=float,
        default=30.0,
        help="seconds to wait for a service to appear, and for its response (default: %(default)s)",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("state", help="print the lifecycle state")
    for action in TRANSITIONS:
        actions.add_parser(action, help="make this transition and print the state reached")
    actions.add_parser("shutdown", help="shut the head down from any state")
    for action in TRIGGERS:
        actions.add_parser(action, help=f"call ~/{action} and print its message")
    healthy = actions.add_parser("health", help="exit status 0 if the face moves: for a supervisor")
    healthy.add_argument("--motion", default="motion", help="topic of the motion (default: %(default)s)")
    actions.add_parser("get", help="print a parameter").add_argument("name", help="parameter")
    setter = actions.add_parser("set", help="set a parameter and print its value")
    setter.add_argument("name", help="parameter")
    setter.add_argument("value", help="new value, in YAML")
    args = parser.parse_args(remove_ros_args(argv)[1:])

    rclpy.init(args=argv)
    node = rclpy.create_node("control")
    head = HeadClient(node, "/" + args.node.strip("/"), args.timeout)
    try:
        text = check_health(node, args.motion, args.timeout) if args.action == "health" else _run(head, args)
        sys.stdout.write(f"{text}\n")
    except (RequestFailed, FaceUnhealthy) as failed:
        sys.stderr.write(f"{failed}\n")
        return 2
    except (KeyboardInterrupt, ExternalShutdownException):
        return 130  # as of shells
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    return 0


def _run(head: HeadClient, args: argparse.Namespace) -> str:
    """Perform the action; returns the text to print."""
    if args.action == "state":
        return head.state()
    if args.action == "shutdown":
        return head.shutdown()
    if args.action == "get":
        return head.get(args.name)
    if args.action == "set":
        return head.set(args.name, args.value)
    if args.action in TRIGGERS:
        return head.trigger(args.action)
    return head.change(args.action)


if __name__ == "__main__":
    sys.exit(main())
