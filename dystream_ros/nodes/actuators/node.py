"""The actuators node: subscriptions, services and the thread that sends commands."""

import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import numpy as np
from rcl_interfaces.msg import SetParametersResult
from rclpy.parameter import Parameter
from std_msgs.msg import Bool, String
from std_srvs.srv import SetBool, Trigger

from dystream_ros.actuators.calibration import Calibration
from dystream_ros.actuators.calibration_file import CalibrationRefused, read_calibration
from dystream_ros.actuators.joint_commands import DISENGAGED, ENGAGED, STOPPED, JointCommands, Timing
from dystream_ros.actuators.watchdogs import WatchdogTimes
from dystream_ros.msg import FaceMotion, StreamStatus
from dystream_ros.msg import MotionLayout as MotionLayoutMessage
from dystream_ros.nodes.actuators.feedback import Feedback
from dystream_ros.nodes.actuators.hri import HriOutputs
from dystream_ros.nodes.actuators.motion_input import MIDDLE, MotionInput
from dystream_ros.nodes.actuators.outputs import Outputs
from dystream_ros.nodes.actuators.region_inputs import RegionInputs
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.beat import Beat
from dystream_ros.nodes.common.calibrations import calibration_path
from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.diagnostics import ERROR, OK, WARN, Diagnostics, Health
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.subscription_thread import SubscriptionThread
from dystream_ros.nodes.parameters import ActuatorsSettings

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

NO_CALIBRATION = "no calibration"
_EXIT_MARGIN = 1.0  # s beyond the ramp until the node ends even if a joint has not arrived


def _alone(
    method: "Callable[Concatenate[ActuatorsNode, Arguments], Result]",
) -> "Callable[Concatenate[ActuatorsNode, Arguments], Result]":
    """The method with the lock of the node held."""

    @wraps(method)
    def call(node: "ActuatorsNode", *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with node._lock:
            return method(node, *args, **kwargs)

    return call


class ActuatorsNode(RunnableNode):
    """Motion in, joint commands out; docs/actuators.md and docs/nodes.md describe it.

    Messages are taken in a thread of their own (`messages`), and commands are sent in another. Everything else runs in
    the thread that spins the node. One lock keeps them apart.
    """

    def __init__(self) -> None:
        super().__init__("actuators", automatically_declare_parameters_from_overrides=True)
        self._lock = threading.RLock()
        self.messages = SubscriptionThread(self.context, self._callback_failed, self._lock)
        self.reports = Reports(self.get_logger())
        declare(self, ActuatorsSettings, self.reports)
        self.settings = settings = read(self, ActuatorsSettings)
        self._commands: JointCommands | None = None
        self._outputs: Outputs | None = None
        self._waiting: Calibration | None = None  # a checked calibration, while the joints brake
        self._engage_again = self._neutral_again = False  # what the joints go on with after that
        self._stopped = False  # an emergency stop is latched
        self._engage_at: float | None = None  # the joints are on the way to neutral until then
        self._way_ends = float("-inf")  # end of that way, also of one that is no longer waited for
        self._engage_first = settings.engage
        self._stepped = time.monotonic()
        self._mode = ""
        self._feedback = Feedback(self)
        self._input = MotionInput(self.reports, HriOutputs(self))
        self._modes = self.create_publisher(String, "joint_mode", qos.latched())
        for kind, topic, callback, profile in (
            (FaceMotion, "motion", self._on_motion, qos.motion()),
            (MotionLayoutMessage, "motion_layout", self._on_layout, qos.latched()),
            (StreamStatus, "status", self._on_status, qos.status()),
            # A reliable publisher reaches both, which does no harm; neither kind loses a stop that is sent once.
            (Bool, "emergency_stop", self._on_stop_message, qos.single_requests()),
            (Bool, "emergency_stop", self._on_stop_message, qos.requests()),
        ):
            self.create_subscription(kind, topic, callback, profile, callback_group=self.messages)
        self.create_service(SetBool, "~/engage", self._on_engage)
        self.create_service(Trigger, "~/emergency_stop", self._on_stop)
        self.create_service(Trigger, "~/clear_emergency_stop", self._on_clear)
        self.create_service(Trigger, "~/reload", self._on_reload)
        RegionInputs(self, lambda: self._commands, self._lock)
        self.add_on_set_parameters_callback(self._check_parameters)
        self.add_post_set_parameters_callback(self._on_parameters)
        self._diagnostics = Diagnostics(self, self._health, self.reports)
        self._load(settings.calibration)
        self._beat = Beat(settings.rate, self._step, self._callback_failed, "commands")

    def destroy_node(self) -> None:
        """End the thread of the commands, and destroy the node."""
        self._beat.close()
        super().destroy_node()

    def stop(self) -> None:
        """Bring the joints to neutral before the node ends."""
        self._beat.close()
        commands = self._commands
        if commands is None or self._outputs is None:
            return
        self._waiting, self._engage_first, self._engage_at = None, False, None
        with self._lock:
            if commands.mode != STOPPED:
                commands.disengage()
        end = time.monotonic() + self.settings.ramp + _EXIT_MARGIN
        while not commands.at_rest and time.monotonic() < end:
            time.sleep(1.0 / self.settings.rate)
            self._step()
        self.get_logger().info("the joints rest" if commands.at_rest else "some joints still move")

    @_alone
    def _load(self, name: str) -> str:
        """Read a calibration, and use it once the joints rest; returns why not, or ""."""
        try:
            calibration = read_calibration(calibration_path(name))
        except (OSError, CalibrationRefused) as refused:
            for problem in str(refused).splitlines():
                self.reports.error("calibrations_refused", problem, about=problem)
            return str(refused)
        if self._commands is None or (self._commands.mode == DISENGAGED and self._commands.at_rest):
            on_the_way, self._engage_at = self._engage_at is not None, None
            self._use(calibration)
            if on_the_way:
                self._engage()
        else:
            if self._waiting is None and not self._commands.held:
                self._engage_again = self._commands.mode == ENGAGED
                self._neutral_again = self._commands.mode == DISENGAGED
            self._waiting = calibration
            self._commands.emergency_stop()
        return ""

    def _use(self, calibration: Calibration) -> None:
        before, settings = self._commands, self.settings
        # Joints that both calibrations have go on from where they are.
        known = {} if before is None else dict(zip(before.calibration.names, before.state.position))
        start = np.array([known.get(joint.name, joint.neutral) for joint in calibration.joints])
        if self._outputs is not None:
            self._outputs.close()
        self._outputs = Outputs(self, calibration, settings.ramp)
        self._commands = JointCommands(
            calibration,
            timing(settings),
            time.monotonic(),
            start,
        )
        if self._stopped:
            self._commands.emergency_stop()
        self._input.begin(self._commands)
        self.get_logger().info(f"calibration '{calibration.name}' with {len(calibration.joints)} joints")
        self._publish_mode()

    def _on_motion(self, message: FaceMotion) -> None:
        self._input.motion(message, time.monotonic())
        if self._engage_first and self._commands is not None:
            self._engage_first = False
            self._engage()

    def _on_layout(self, message: MotionLayoutMessage) -> None:
        self._input.layout(message)

    def _on_status(self, message: StreamStatus) -> None:
        if self._commands is not None and (message.self_audio.receiving or message.other_audio.receiving):
            self._commands.audio(time.monotonic())

    def _engage(self) -> str:
        """Engage from the reported positions, or after a way to neutral; returns why not, or ""."""
        commands = self._commands
        if commands is None or self._outputs is None:
            return NO_CALIBRATION
        if self._stopped:
            return "an emergency stop is latched; call ~/clear_emergency_stop first"
        if self._waiting is not None:
            return "" if self._engage_again else "the joints brake for another calibration; call ~/engage again"
        if self._engage_at is not None or commands.mode == ENGAGED:
            return ""
        now = time.monotonic()
        if commands.at_rest:
            self._outputs.resend()
            known = self._feedback.positions(commands.calibration) if self.settings.use_joint_states else None
            if known is not None:
                commands.start_at(known)
                self._way_ends = now
            else:
                if self.settings.use_joint_states:
                    missing = ", ".join(self._feedback.missing(commands.calibration))
                    self.get_logger().warning(f"joint_states lacks {missing}: the joints first go to where they rest")
                self._engage_at = now + self.settings.ramp
                if self._outputs.publish(commands.state, self.settings.ramp, self._dry):
                    self._way_ends = self._engage_at
                return ""
        commands.engage()
        self._publish_mode()
        return ""

    @_alone
    def _step(self) -> None:
        """Send the next commands; called at the rate of the commands."""
        now = time.monotonic()
        passed, self._stepped = now - self._stepped, now
        commands, outputs = self._commands, self._outputs
        if commands is None or outputs is None:
            return
        if self._engage_at is not None:
            if outputs.publish(commands.state, self.settings.ramp, self._dry):
                # A controller that was found only now has the whole way before it.
                self._engage_at = self._way_ends = now + self.settings.ramp
            if now < self._engage_at:
                return
            self._engage_at = None
            commands.engage()
        if commands.mode == DISENGAGED and commands.at_rest:
            self._publish_mode()
            return
        period = 1.0 / self.settings.rate
        held = commands.at_rest and commands.mode == STOPPED
        # A call that was late makes up for it, so that the joints keep their speed.
        state = commands.step(now + period, max(passed, 1e-3))
        if not held:  # joints that were never sent, or not to these controllers, may be elsewhere: a stop moves nothing
            outputs.publish(state, period, self._dry)
        if self._waiting is not None and commands.at_rest:
            self._change(self._waiting)
        self._publish_mode()

    def _change(self, calibration: Calibration) -> None:
        """Use a calibration now that the joints rest, and go on with those that it shares with the one before."""
        before, again, to_neutral = self._commands, self._engage_again, self._neutral_again
        self._waiting, self._engage_again, self._neutral_again = None, False, False
        self._use(calibration)
        if self._commands is None or before is None:
            return
        if to_neutral:
            self._commands.go_to_neutral()
        if not again:
            return
        if set(calibration.names) <= set(before.calibration.names):
            self._commands.engage()
        else:  # a new joint may be anywhere
            self._engage()

    @property
    def _engaged(self) -> bool:
        """Whether joints move, or will without another call."""
        commands = self._commands
        waits = self._engage_at is not None or self._waiting is not None
        return commands is not None and (waits or commands.mode == ENGAGED or not commands.at_rest)

    @property
    def _dry(self) -> bool:
        return self.settings.dry_run

    @_alone
    def _on_engage(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        if request.data:
            response.message = self._engage()
            response.success = not response.message
        elif self._commands is None:
            response.message = NO_CALIBRATION
        else:
            self._engage_at, self._engage_first = None, False
            self._neutral_again, self._engage_again = self._neutral_again or self._engage_again, False
            self._commands.disengage()
            response.success = True
        self._publish_mode()
        return response

    @_alone
    def _on_stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._stop_joints("the service")
        response.success = True
        response.message = "stopped until ~/clear_emergency_stop"
        return response

    def _on_stop_message(self, message: Bool) -> None:
        if message.data:
            self._stop_joints("the topic")

    def _stop_joints(self, by: str) -> None:
        self._engage_first, self._engage_again, self._neutral_again, self._engage_at = False, False, False, None
        if self._outputs is not None and time.monotonic() < self._way_ends:
            self._way_ends = float("-inf")
            # Their controllers have the whole way to neutral already.
            left = self._outputs.hold(self._feedback.known(), 1.0 / self.settings.rate)
            if left:
                self.get_logger().error(
                    f"joint_states lacks {', '.join(left)}: their controllers end the way to neutral that they were "
                    "sent; switch off the power of the servos if they must not"
                )
        if not self._stopped:
            self._stopped = True
            self.get_logger().error(f"emergency stop by {by}; it is latched until ~/clear_emergency_stop")
        if self._commands is not None:
            self._commands.emergency_stop()
        self._publish_mode()

    @_alone
    def _on_clear(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if not self._stopped:
            response.message = "no emergency stop is latched"
            return response
        self._stopped = False
        if self._commands is not None and self._waiting is None:
            self._commands.clear_emergency_stop()
        self._publish_mode()
        response.success = True
        response.message = "call ~/engage to move again"
        return response

    @_alone
    def _on_reload(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.message = self._load(self.settings.calibration)
        response.success = not response.message
        return response

    @_alone
    def _check_parameters(self, given: list[Parameter]) -> SetParametersResult:
        """Refuse a calibration with errors, and the end of a dry run from which the robot would jump."""
        for parameter in given:
            if parameter.name == "dry_run" and parameter.value is False and self._dry and self._engaged:
                reason = (
                    "dry_run stays true: the joints of the robot are not where those of the preview are, and would "
                    "jump; call ~/engage with false, and set dry_run to false when joint_mode is 'disengaged'"
                )
                return SetParametersResult(successful=False, reason=reason)
            if parameter.name == "calibration" and isinstance(parameter.value, str):
                try:
                    read_calibration(calibration_path(parameter.value))
                except (OSError, CalibrationRefused) as refused:
                    return SetParametersResult(successful=False, reason=str(refused))
        return SetParametersResult(successful=True)

    @_alone
    def _on_parameters(self, given: list[Parameter]) -> None:
        self.settings = read(self, ActuatorsSettings)
        if any(parameter.name == "calibration" for parameter in given):
            self._load(self.settings.calibration)

    def _publish_mode(self) -> None:
        mode = NO_CALIBRATION if self._commands is None else self._commands.mode
        if self._stopped:
            mode = STOPPED
        elif self._waiting is not None:
            mode = "changing calibration"
        elif self._engage_at is not None or (mode == ENGAGED and self._commands and self._commands.engaging):
            mode = "engaging"
        elif mode == DISENGAGED and self._commands and not self._commands.at_rest:
            mode = "disengaging"
        if mode != self._mode:
            self._mode = mode
            self._modes.publish(String(data=mode))
            self.get_logger().info(mode)

    @_alone
    def _health(self) -> Health:
        commands = self._commands
        values: dict[str, object] = {"mode": self._mode}
        if commands is None:
            return ERROR, f"{NO_CALIBRATION}: set calibration to a file that `dystream actuators check` accepts", values
        values |= {
            "calibration": commands.calibration.name,
            "watchdog": commands.watchdog,
            "held_back_by_dwell_limits": ", ".join(commands.held_back) or "none",
            "regions_taken": ", ".join(f"{name}: {owner}" for name, owner in commands.regions.owners().items())
            or "none",
            "dry_run": self._dry,
        }
        if self._stopped:
            return ERROR, "emergency stop: make the place safe, call ~/clear_emergency_stop, then ~/engage", values
        if commands.mode == ENGAGED and commands.watchdog != "live":
            what = f"{commands.watchdog}: no motion or no audio arrives; activate the head, and check its audio sources"
            return WARN, what, values
        hints = {DISENGAGED: "; call ~/engage to move"}
        return OK, self._mode + hints.get(self._mode, "") + ("; dry run, nothing is sent" if self._dry else ""), values


def timing(settings: ActuatorsSettings) -> Timing:
    """The times of these parameters.

    `sound_delay` is that of the first sample of a frame. The motion shows the middle, which is heard later.
    """
    times = ("motion_timeout", "motion_neutral", "audio_timeout", "audio_neutral", "neutral_ramp")
    watchdogs = WatchdogTimes(*(getattr(settings, name) for name in times))
    return Timing(settings.sound_delay + MIDDLE, settings.ramp, watchdogs)
