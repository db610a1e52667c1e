"""The topics of the head, subscribed to only while a page needs them. Used in the thread of the executor."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import ParameterEvent
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from dystream_ros.audio.block import AudioBlock
from dystream_ros.msg import FaceMotion, StreamStatus, UtteranceEvent
from dystream_ros.nodes.audio_input.party_input import PartyInput
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.image_messages import TRANSPORTS, ImageRejected
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.nodes.web.pictures import TimedPicture, draw_mark, jpeg, timed_picture

_CAMERA_WIDTH = 640
_CAMERA_PERIOD_NS = 60_000_000  # 15 pictures per second are enough to see the other side
PARTIES = ("self", "other")
_TOPICS = {"self": "self/audio_aligned", "other": "other/audio"}


@dataclass(frozen=True)
class Demand:
    """What the pages need.

    Attributes:
        pages: any page is connected: status, utterances, changes of parameters.
        video: pictures of the face for encoders.
        jpeg: pictures of the face as files.
        sound: parties whose sound is heard or measured.
        camera: pictures of the camera.
        motion: levels, or figures of the head.
    """

    pages: bool = False
    video: bool = False
    jpeg: bool = False
    sound: frozenset[str] = frozenset()
    camera: bool = False
    motion: bool = False


class Receiver(Protocol):
    """Takes what arrives; called in the thread of the executor."""

    def status(self, message: StreamStatus) -> None: ...

    def motion(self, message: FaceMotion) -> None: ...

    def utterance(self, message: UtteranceEvent) -> None: ...

    def sound(self, party: str, block: AudioBlock, arrival_ns: int) -> None: ...

    def face(self, picture: TimedPicture) -> None: ...

    def face_file(self, data: bytes, stamp_ns: int) -> None: ...

    def camera_picture(self, picture: TimedPicture, data: bytes) -> None: ...

    def diagnostics(self, message: DiagnosticArray) -> None: ...

    def parameters_changed(self, message: ParameterEvent) -> None: ...

    def said(self, event: str, text: str) -> None: ...


class Topics:
    """Keeps the subscriptions that a demand needs.

    Args:
        camera: image topic of a camera; "": none.
        say: name of the say node.
        behind: colour behind transparent pictures, 0xRRGGBB.
        mark: whether pictures carry their time.
    """

    def __init__(
        self, node: RunnableNode, receiver: Receiver, reports: Reports, camera: str, say: str, behind: int, mark: bool
    ) -> None:
        self._node, self._receiver, self._reports = node, receiver, reports
        self._camera, self._behind, self._mark = camera, behind, mark
        self._camera_at = 0
        self._inputs: dict[str, PartyInput] = {}
        self._subscriptions: dict[str, Any] = {}
        self._always: dict[str, tuple[type[Any], str, Callable[[Any], None], QoSProfile]] = {
            "status": (StreamStatus, "status", receiver.status, qos.status()),
            "utterance": (UtteranceEvent, "self/utterance", receiver.utterance, qos.events()),
            "parameters": (ParameterEvent, "/parameter_events", receiver.parameters_changed, qos.events()),
            "diagnostics": (DiagnosticArray, "/diagnostics", receiver.diagnostics, qos.status()),
            "saying": (String, f"{say}/saying", lambda message: receiver.said("said", message.data), qos.events()),
            "heard": (String, f"{say}/heard", lambda message: receiver.said("heard", message.data), qos.events()),
        }
        node.create_timer(0.5, self._watch)

    def need(self, demand: Demand) -> None:
        """Subscribe to what is needed, and to nothing else."""
        for name, (kind, topic, take, profile) in self._always.items():
            self._keep(name, demand.pages, kind, topic, take, profile)
        self._keep("motion", demand.motion, FaceMotion, "motion", self._receiver.motion, qos.motion())
        image = qos.image(reliable=False)
        raw, compressed = TRANSPORTS["raw"], TRANSPORTS["compressed"]
        self._keep("face", demand.video, raw.message, raw.topic, self._on_image, image)
        self._keep("face file", demand.jpeg, compressed.message, compressed.topic, self._on_file, image)
        for party in PARTIES:
            self._keep_input(party, party in demand.sound)
        self._wanted_camera = demand.camera and bool(self._camera)
        if not self._wanted_camera:
            self._keep("camera", False, Image, "", self._on_camera, image)
        self._watch()

    _wanted_camera = False

    def _keep(
        self,
        name: str,
        wanted: bool,
        kind: type[Any],
        topic: str,
        take: Callable[[Any], None],
        profile: QoSProfile,
    ) -> None:
        subscription = self._subscriptions.get(name)
        if wanted and subscription is None:
            # Beside the executor, which takes as long to find a picture as it takes to convert it.
            self._subscriptions[name] = self._node.create_subscription(
                kind, topic, take, profile, callback_group=self._node.messages
            )
        elif not wanted and subscription is not None:
            self._node.destroy_subscription(self._subscriptions.pop(name))

    def _keep_input(self, party: str, wanted: bool) -> None:
        if wanted and party not in self._inputs:
            self._inputs[party] = PartyInput(
                self._node, _TOPICS[party], "auto", qos.live_audio(), partial(self._on_sound, party), self._reports
            )
        elif not wanted and party in self._inputs:
            self._inputs.pop(party).close()

    def _watch(self) -> None:
        """Follow the types of publishers: of audio, and of the camera."""
        for party_input in self._inputs.values():
            party_input.watch_publishers()
        if not self._wanted_camera or "camera" in self._subscriptions:
            return
        found = {each.topic_type for each in self._node.get_publishers_info_by_topic(self._resolved_camera())}
        for kind, name in ((Image, "sensor_msgs/msg/Image"), (CompressedImage, "sensor_msgs/msg/CompressedImage")):
            if name in found:
                profile = qos.image(reliable=False)
                self._keep("camera", True, kind, self._camera, self._on_camera, profile)
                return

    def _resolved_camera(self) -> str:
        return self._node.resolve_topic_name(self._camera)

    def _now_ns(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)

    def _on_sound(self, party: str, block: AudioBlock) -> None:
        self._receiver.sound(party, block, self._now_ns())

    def _on_image(self, message: Image) -> None:
        arrival_ns, stamp_ns = self._now_ns(), nanoseconds(message.header.stamp)
        try:
            picture = TRANSPORTS["raw"].picture(message, self._behind)
        except ImageRejected as rejected:
            self._reports.warning("pictures_refused", f"image: {rejected}")
            return
        self._receiver.face(timed_picture(picture, stamp_ns, arrival_ns, self._mark))

    def _on_file(self, message: CompressedImage) -> None:
        stamp_ns, data = nanoseconds(message.header.stamp), bytes(message.data)
        if self._mark:
            try:
                picture = TRANSPORTS["compressed"].picture(message, self._behind).copy()
            except ImageRejected as rejected:
                self._reports.warning("pictures_refused", f"image/compressed: {rejected}")
                return
            draw_mark(picture, stamp_ns)
            data = jpeg(picture)
        self._receiver.face_file(data, stamp_ns)

    def _on_camera(self, message: Image | CompressedImage) -> None:
        arrival_ns = self._now_ns()
        if 0 <= arrival_ns - self._camera_at < _CAMERA_PERIOD_NS:
            return
        self._camera_at = arrival_ns
        transport = TRANSPORTS["raw" if isinstance(message, Image) else "compressed"]
        try:
            picture = transport.picture(message, self._behind)
        except ImageRejected as rejected:
            self._reports.warning("pictures_refused", f"{self._camera}: {rejected}")
            return
        # By its arrival: cameras have clocks of their own.
        timed = timed_picture(picture, arrival_ns, arrival_ns, mark=False, widest=_CAMERA_WIDTH)
        self._receiver.camera_picture(timed, jpeg(picture))
