"""The simulated head: subscriptions of its controllers, and the timer that lets time pass."""

import array
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from rclpy.clock import Clock, ClockType
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from dystream_ros.actuators.calibration import TRAJECTORY, Calibration, Controller
from dystream_ros.actuators.calibration_file import CalibrationRefused, read_calibration
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.calibrations import calibration_path
from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.diagnostics import OK, Diagnostics, Health
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.stamps import SECOND
from dystream_ros.nodes.parameters import SimulatedHeadSettings
from dystream_ros.nodes.simulated_head.commands import CommandRefused, forward_point, trajectory_points
from dystream_ros.recording.claim import OutputInUse, claimed
from dystream_ros.recording.disk import check_writable
from dystream_ros.simulation.head import SimulatedHead
from dystream_ros.simulation.joint_recording import JointRecorder

_LONGEST_STALL = 0.5  # s; a longer one is left out, so that the head does not rush through it


class SimulatedHeadNode(RunnableNode):
    """Commands in, physics in real time, `joint_states` out; docs/actuators.md describes the head.

    All callbacks run in the thread that spins the node. The simulation is brought up to the present before each command
    and each message, so that a command takes effect when it arrives.
    """

    def __init__(self) -> None:
        super().__init__("simulated_head", automatically_declare_parameters_from_overrides=True)
        self.reports = Reports(self.get_logger())
        declare(self, SimulatedHeadSettings, self.reports)
        settings = read(self, SimulatedHeadSettings)
        self._head: SimulatedHead | None = None
        self._recorder: JointRecorder | None = None
        self._held = ExitStack()  # the claim of the recording
        self._began = time.monotonic()
        self._received = 0
        self._states = self.create_publisher(JointState, "joint_states", qos.motion())
        try:
            calibration = read_calibration(calibration_path(settings.calibration))
            self._open(calibration, settings.output)
        except (OSError, OutputInUse, CalibrationRefused, ValueError) as refused:
            self.get_logger().error(str(refused))
            self.exit_status = 2
            return
        self.create_timer(1.0 / settings.rate, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME))
        Diagnostics(self, self._health, self.reports)

    def finished(self) -> bool:
        return self._head is None

    def stop(self) -> None:
        """Close the recording."""
        if self._recorder is not None:
            self._recorder.close()
        self._held.close()

    def _open(self, calibration: Calibration, output: str) -> None:
        controllers = _controllers(calibration)
        self._names = list(calibration.names)
        head = SimulatedHead(self._names, [controller.joints for controller in controllers])
        if output:
            path = Path(output).expanduser()
            check_writable(path)
            self._held.enter_context(claimed(path))
            self._recorder = JointRecorder(path, self._names)
        self._head = head  # from here on the node goes on
        for index, controller in enumerate(controllers):
            message = JointTrajectory if controller.kind == TRAJECTORY else Float64MultiArray
            callback = partial(self._on_command, index, controller)
            self.create_subscription(message, controller.topic, callback, qos.motion())
            self.get_logger().info(f"{controller.topic} ({controller.kind}): {', '.join(controller.joints)}")
        self._began = time.monotonic()

    def _on_command(self, index: int, controller: Controller, message: JointTrajectory | Float64MultiArray) -> None:
        head = self._advanced()
        try:
            if isinstance(message, JointTrajectory):
                now = self.get_clock().now().nanoseconds / SECOND
                head.follow(trajectory_points(message, controller.joints, now), index)
            else:
                head.follow([forward_point(message.data, len(controller.joints))], index)
        except CommandRefused as refused:
            self.reports.warning("commands_refused", f"{controller.topic}: {refused}", about=controller.topic)
            return
        self._received += 1

    def _publish(self) -> None:
        head = self._advanced()
        stamp = self.get_clock().now()
        message = JointState(name=self._names)
        message.header.stamp = stamp.to_msg()
        position = head.position
        message.position = array.array("d", position)
        message.velocity = array.array("d", head.velocity)
        message.effort = array.array("d", head.torque)
        self._states.publish(message)
        if self._recorder is not None:
            self._recorder.add(stamp.nanoseconds / SECOND, position, head.desired)

    def _advanced(self) -> SimulatedHead:
        """The head at the present time."""
        assert self._head is not None  # there are no callbacks without it
        now = time.monotonic() - self._began
        behind = now - self._head.time
        if behind > _LONGEST_STALL:
            self.reports.warning(
                "stalls", f"the simulation stood still for {behind:.1f} s and goes on from there: the machine is busy"
            )
            self._began += behind
            now -= behind
        self._head.run(now)
        return self._head

    def _health(self) -> Health:
        return OK, "simulating", {"commands": self._received}


def _controllers(calibration: Calibration) -> list[Controller]:
    """The controllers that move the joints: where a file names several for a joint, those of trajectories come first.

    Raises:
        ValueError: a joint has no controller of its own.
    """
    chosen: list[Controller] = []
    for controller in sorted(calibration.controllers, key=lambda each: each.kind != TRAJECTORY):
        taken = {joint for each in chosen for joint in each.joints}
        if not taken & set(controller.joints):
            chosen.append(controller)
    left = set(calibration.names) - {joint for each in chosen for joint in each.joints}
    if left:
        raise ValueError(f"calibration '{calibration.name}': no controller has the joints {', '.join(sorted(left))}")
    return chosen
