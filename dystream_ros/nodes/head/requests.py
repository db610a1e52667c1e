"""What other nodes ask of the face: topics `look_at`, `expression`, `gesture`, and services for rest."""

from collections.abc import Callable
from functools import partial
from typing import Any

from geometry_msgs.msg import PointStamped
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.parameter import Parameter
from rclpy.subscription import Subscription
from std_srvs.srv import SetBool

from dystream_ros.face.stages.directed import DirectedFace
from dystream_ros.msg import FaceExpression, FaceGesture
from dystream_ros.nodes.audio_input.message_class import TypeUnavailable, message_class
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.request_subscription import RequestSubscription
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.nodes.head.frames import Frames, NoTransform, Pose, static_transforms
from dystream_ros.nodes.parameters import HeadSettings

REST = ("mute", "idle", "sleep")
_REFUSED = "requests_refused"
_RETRY = 0.05  # s between two attempts with a point whose transform may still arrive


class FaceRequests:
    """Passes requests of other nodes to the face of a configured head; each that is refused is reported.

    Args:
        node: gets services; and the subscriptions from `open` to `close`.
        face: returns the stage of the configured head; None while there is none.
        settings: returns the present settings.
    """

    def __init__(
        self,
        node: RunnableNode,
        face: Callable[[], DirectedFace | None],
        settings: Callable[[], HeadSettings],
        reports: Reports,
    ) -> None:
        self._node = node
        self._face = face
        self._settings = settings
        self._reports = reports
        self._frames = Frames(node, reports)
        self._waiting: PointStamped | None = None  # its transform may still arrive
        self._retry = node.create_timer(
            _RETRY, self._look_again, clock=Clock(clock_type=ClockType.STEADY_TIME), autostart=False
        )
        self._read: HeadSettings | None = None  # until a parameter changes
        self._static: tuple[str, dict[str, Pose]] = ("", {})
        self._points: Subscription | None = None
        self._single: list[RequestSubscription] = []
        self._resting = dict.fromkeys(REST, False)
        for name in REST:
            node.create_service(SetBool, f"~/{name}", partial(self._on_rest, name))

    def open(self, settings: HeadSettings) -> None:
        """Subscribe, and set behaviour and rest as they are now."""
        face = self._face()
        if face is None:
            return
        face.set_dials(settings.dials())
        for name, on in self._resting.items():
            if face.supported:
                face.set_rest(name, on)
        expression, take = self._expression_type(settings.expression_type)
        group = self._node.messages
        look_at = partial(self._request, "look_at", self._on_look_at)
        self._points = self._node.create_subscription(
            PointStamped, "look_at", look_at, qos.requests(), callback_group=group
        )
        self._single = [
            RequestSubscription(self._node, kind, topic, partial(self._request, topic, act), group)
            for kind, topic, act in ((expression, "expression", take), (FaceGesture, "gesture", self._on_gesture))
        ]

    def close(self) -> None:
        """End the subscriptions."""
        single, self._single = self._single, []
        for subscription in single:
            subscription.close()
        points, self._points = self._points, None
        if points is not None:
            self._node.destroy_subscription(points)

    def watch_publishers(self) -> None:
        """Look for best-effort publishers of requests that are sent once; to be called about once a second."""
        for subscription in self._single:
            subscription.watch_publishers()

    def check(self, given: list[Parameter]) -> SetParametersResult:
        """Refuse static transforms that cannot be read."""
        for parameter in given:
            if parameter.name == "look_at_transforms" and isinstance(parameter.value, str):
                try:
                    static_transforms(parameter.value)
                except ValueError as refused:
                    self._reports.error("parameters_refused", str(refused), about=parameter.name)
                    return SetParametersResult(successful=False, reason=str(refused))
        return SetParametersResult(successful=True)

    def behave(self, given: list[Parameter]) -> None:
        """Let changed parameters take effect."""
        self._read = None
        face = self._face()
        if face is not None and given:
            face.set_dials(self._settings().dials())

    def _request(self, topic: str, act: Callable[[Any, DirectedFace], None], message: Any) -> None:
        face = self._face()
        if face is None:
            return
        try:
            act(message, face)
        except NoTransform as missing:  # one frame must not hide the message about another
            self._reports.warning(_REFUSED, str(missing), about=f"{topic} in {missing.frame}")
        except ValueError as refused:
            self._reports.warning(_REFUSED, str(refused), about=topic)

    def _look_again(self) -> None:
        waiting = self._waiting
        if waiting is not None and self._points is not None:
            self._request("look_at", self._on_look_at, waiting)
        else:
            self._retry.cancel()

    def _on_look_at(self, message: PointStamped, face: DirectedFace) -> None:
        try:
            self._look_at(message, face)
        except NoTransform:
            if not self._frames.beginning:
                self._waiting = None
                raise
            self._waiting = message
            self._retry.reset()
        else:
            self._waiting = None

    def _look_at(self, message: PointStamped, face: DirectedFace) -> None:
        if (settings := self._read) is None:  # reading all parameters takes as long as the rest of a request
            settings = self._read = self._settings()
        if self._static[0] != settings.look_at_transforms:
            self._static = (settings.look_at_transforms, static_transforms(settings.look_at_transforms))
        point = (message.point.x, message.point.y, message.point.z)
        frame = settings.look_at_frame or settings.frame_id
        x, y, z = self._frames.point(point, message.header.frame_id, frame, self._static[1])
        face.look_at(x, y, z, settings.look_at_timeout)

    def _on_gesture(self, message: FaceGesture, face: DirectedFace) -> None:
        face.gesture(message.name, message.intensity, _seconds(message.duration), not message.interrupt)

    def _on_expression(self, message: FaceExpression, face: DirectedFace) -> None:
        face.express(message.name, message.valence, message.arousal, message.intensity, _seconds(message.duration))

    def _on_hri_expression(self, message: Any, face: DirectedFace) -> None:
        # Confidence is that of a perceived expression; one to be shown is shown in full.
        face.express(message.expression, message.valence, message.arousal, 1.0, self._settings().expression_duration)

    def _expression_type(self, wanted: str) -> tuple[Any, Callable[[Any, DirectedFace], None]]:
        if wanted != "dystream_ros":
            try:
                return message_class(
                    "hri_msgs/msg/Expression", "expression", "valence", "arousal"
                ), self._on_hri_expression
            except TypeUnavailable as unavailable:
                if wanted == "hri_msgs":
                    raise
                self._node.get_logger().info(f"expression is a dystream_ros/FaceExpression: {unavailable}", once=True)
        return FaceExpression, self._on_expression

    def _on_rest(self, name: str, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        face = self._face()
        if face is not None:
            try:
                face.set_rest(name, request.data)
            except ValueError as refused:
                response.message = str(refused)
                return response
        self._resting[name] = request.data
        response.success = True
        response.message = f"{name} is {'on' if request.data else 'off'}"
        return response


def _seconds(duration: Any) -> float:
    return nanoseconds(duration) / 1e9
