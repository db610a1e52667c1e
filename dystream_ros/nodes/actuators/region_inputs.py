"""Other nodes that move a region of the head: the service that gives it to them, and their targets."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from sensor_msgs.msg import JointState

from dystream_ros.actuators.calibration import REGIONS
from dystream_ros.actuators.joint_commands import JointCommands
from dystream_ros.actuators.regions import RegionRefused
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.srv import ControlRegion


class RegionInputs:
    """Service `~/control_region`, and one topic `region/<region>/joints` for each region.

    Args:
        node: the node, whose executor runs the callbacks.
        commands: the present joint commands.
        alone: held while the service is answered; the topics are taken by the thread of `messages`.
    """

    def __init__(
        self,
        node: RunnableNode,
        commands: Callable[[], JointCommands | None],
        alone: AbstractContextManager[object],
    ) -> None:
        self._node = node
        self._commands, self._alone = commands, alone
        node.create_service(ControlRegion, "~/control_region", self._on_request)
        for region in REGIONS:
            topic = f"region/{region}/joints"
            take = partial(self._on_targets, region)
            node.create_subscription(JointState, topic, take, qos.requests(), callback_group=node.messages)

    def _on_request(self, request: ControlRegion.Request, response: ControlRegion.Response) -> ControlRegion.Response:
        with self._alone:
            return self._answer(request, response)

    def _answer(self, request: ControlRegion.Request, response: ControlRegion.Response) -> ControlRegion.Response:
        commands = self._commands()
        if commands is None:
            response.message = "there is no calibration"
            return response
        regions, now = commands.regions, time.monotonic()
        try:
            if request.action == ControlRegion.Request.TAKE:
                position = commands.state.position
                regions.take(request.region, request.owner, request.blend, request.timeout, position, now)
            elif request.action == ControlRegion.Request.GIVE_BACK:
                regions.give_back(request.region, request.owner)
            else:
                raise RegionRefused(f"action {request.action}; accepted are 0 (TAKE) and 1 (GIVE_BACK)")
            response.success = True
            response.message = regions.owners().get(request.region, "")
            self._node.get_logger().info(f"region '{request.region}' belongs to '{response.message or 'the face'}'")
        except RegionRefused as refused:
            response.message = str(refused)
        return response

    def _on_targets(self, region: str, message: JointState) -> None:
        commands = self._commands()
        if commands is None:
            return
        try:
            if len(message.name) != len(message.position):
                raise RegionRefused(f"{len(message.name)} names and {len(message.position)} positions")
            commands.regions.move(region, dict(zip(message.name, message.position)), time.monotonic())
        except RegionRefused as refused:
            self._node.reports.warning("region_targets_refused", f"region/{region}/joints: {refused}", about=region)
