"""Services of the head and of say, for coroutines; the answers come in the thread of the executor."""

import asyncio
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters
from rclpy.client import Client
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python
from std_srvs.srv import SetBool, Trigger

from dystream_ros.nodes.web.head_parameters import Listed, Value, listed
from dystream_ros.nodes.web.message_fields import Refused
from dystream_ros.nodes.web.protocol import RESTS

_TIMEOUT = 3.0  # s; a transition may load a model
_TRANSITION_TIMEOUT = 60.0
_TRANSITIONS = {
    "configure": Transition.TRANSITION_CONFIGURE,
    "activate": Transition.TRANSITION_ACTIVATE,
    "deactivate": Transition.TRANSITION_DEACTIVATE,
    "cleanup": Transition.TRANSITION_CLEANUP,
}


class HeadClient:
    """Calls the services of a head.

    Args:
        node: which the executor spins.
        head: name of the head, relative to the namespace of `node`.
        say: name of the say node.
    """

    def __init__(self, node: Node, head: str, say: str) -> None:
        self.head = node.resolve_service_name(head)
        self._clients: dict[str, Client] = {
            "say": node.create_client(Trigger, f"{say}/interrupt"),
            "list": node.create_client(ListParameters, f"{head}/list_parameters"),
            "describe": node.create_client(DescribeParameters, f"{head}/describe_parameters"),
            "get": node.create_client(GetParameters, f"{head}/get_parameters"),
            "set": node.create_client(SetParameters, f"{head}/set_parameters"),
            "change_state": node.create_client(ChangeState, f"{head}/change_state"),
            "get_state": node.create_client(GetState, f"{head}/get_state"),
        }
        for name in ("reset", "interrupt"):
            self._clients[name] = node.create_client(Trigger, f"{head}/{name}")
        for name in RESTS:
            self._clients[name] = node.create_client(SetBool, f"{head}/{name}")

    async def state(self) -> str:
        """The state of the lifecycle; "missing" where there is no head."""
        try:
            answer = await self._call("get_state", GetState.Request())
        except Refused:
            return "missing"
        return str(answer.current_state.label)

    async def trigger(self, name: str) -> None:
        """Call `reset`, `interrupt`, or `say`: the interruption of say.

        Raises:
            Refused: it is not there, or it refused.
        """
        answer = await self._call(name, Trigger.Request())
        if not answer.success:
            raise Refused("refused", answer.message)

    async def rest(self, name: str, on: bool) -> None:
        """Call `mute`, `idle` or `sleep`; raises like `trigger`."""
        answer = await self._call(name, SetBool.Request(data=on))
        if not answer.success:
            raise Refused("refused", answer.message)

    async def transition(self, name: str) -> None:
        """Make a transition of the lifecycle; raises like `trigger`."""
        request = ChangeState.Request(transition=Transition(id=_TRANSITIONS[name]))
        answer = await self._call("change_state", request, _TRANSITION_TIMEOUT)
        if not answer.success:
            raise Refused(
                "refused",
                f"the head did not {name}, it is {await self.state()}: see its diagnostics and its log for the reason",
            )

    async def parameters(self) -> list[Listed]:
        """The parameters that a page may change, as the head describes them.

        Raises:
            Refused: `unavailable`.
        """
        names = list((await self._call("list", ListParameters.Request())).result.names)
        described = (await self._call("describe", DescribeParameters.Request(names=names))).descriptors
        values = (await self._call("get", GetParameters.Request(names=names))).values
        return listed(described, [parameter_value_to_python(value) for value in values])

    async def parameter(self, name: str) -> object:
        """The value of a parameter of the head, None where it has none; raises like `parameters`."""
        values = (await self._call("get", GetParameters.Request(names=[name]))).values
        return parameter_value_to_python(values[0]) if values else None

    async def set_parameter(self, name: str, value: Value) -> None:
        """Set a parameter that `Listed.checked` has accepted; raises like `trigger`."""
        request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
        result = (await self._call("set", request)).results[0]
        if not result.successful:
            raise Refused("refused", result.reason)

    async def _call(self, name: str, request: Any, timeout: float = _TIMEOUT) -> Any:
        client = self._clients[name]
        if not client.service_is_ready():
            raise Refused("unavailable", f"there is no service {client.srv_name}: start the node that offers it")
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Any] = loop.create_future()

        def pass_on(done: Any) -> None:
            if not answered.done():
                error = done.exception()
                if error is not None:
                    answered.set_exception(error)
                else:
                    answered.set_result(done.result())

        call = client.call_async(request)
        call.add_done_callback(lambda done: loop.call_soon_threadsafe(pass_on, done))
        try:
            return await asyncio.wait_for(answered, timeout)
        except asyncio.TimeoutError as late:
            client.remove_pending_request(call)
            raise Refused("unavailable", f"{client.srv_name} did not answer within {timeout:g} s") from late
