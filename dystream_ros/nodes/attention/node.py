"""Publishes `look_at` for the head: one of the people whose positions another node publishes."""

import math
import time

from geometry_msgs.msg import PointStamped, PoseArray

from dystream_ros.face.attention import Attention, AttentionConfig, Point, nearest
from dystream_ros.msg import FaceMotion
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.parameters import AttentionSettings

_PERIOD = 0.1  # s between targets
_VOICE_LASTS = 0.7  # s for which a direction of sound counts
_VOICE_WITHIN = math.radians(25.0)  # between a voice and its person


class AttentionNode(RunnableNode):
    """Chooses whom the head looks at; docs/nodes.md lists topics and parameters. Off until `enabled` is true.

    A person is known by the place in the list, or by the nearest place of the last list where their number changes.
    """

    def __init__(self) -> None:
        super().__init__("attention", automatically_declare_parameters_from_overrides=True)
        self.reports = Reports(self.get_logger())
        declare(self, AttentionSettings, self.reports)
        settings = read(self, AttentionSettings)
        self._attention = Attention(AttentionConfig(settings.speaker_share, settings.patience))
        self._people: dict[str, Point] = {}
        self._frame = ""
        self._voice: tuple[Point, float] | None = None
        self._speaking = 0
        self._next = 0
        self._output = self.create_publisher(PointStamped, "look_at", qos.motion())
        self.create_subscription(PoseArray, "people", self._on_people, qos.requests())
        self.create_subscription(PointStamped, "voice", self._on_voice, qos.requests())
        self.create_subscription(FaceMotion, "motion", self._on_motion, qos.motion())
        self.create_timer(_PERIOD, self._look)

    def _on_people(self, message: PoseArray) -> None:
        places = [(pose.position.x, pose.position.y, pose.position.z) for pose in message.poses]
        places = [place for place in places if all(math.isfinite(each) for each in place) and any(place)]
        left, people = dict(self._people), {}
        for place in places:
            known = nearest(left, place, _VOICE_WITHIN)
            if known:
                del left[known]
            else:
                self._next += 1
                known = f"person_{self._next}"
            people[known] = place
        self._people, self._frame = people, message.header.frame_id
        self._attention.see(people, time.monotonic())

    def _on_voice(self, message: PointStamped) -> None:
        self._voice = ((message.point.x, message.point.y, message.point.z), time.monotonic())

    def _on_motion(self, message: FaceMotion) -> None:
        self._speaking = message.speaking

    def _look(self) -> None:
        settings = read(self, AttentionSettings)
        if not settings.enabled:
            return
        self._attention.config = AttentionConfig(settings.speaker_share, settings.patience)
        now = time.monotonic()
        speaker = ""
        if self._voice is not None and now - self._voice[1] < _VOICE_LASTS:
            speaker = nearest(self._people, self._voice[0], _VOICE_WITHIN)
        point = self._attention.look(now, speaker, bool(self._speaking & FaceMotion.SELF))
        if point is None:
            return  # the head lets go of the target after its look_at_timeout
        message = PointStamped()
        message.header.stamp = self.get_clock().now().to_msg()
        message.header.frame_id = self._frame
        message.point.x, message.point.y, message.point.z = point
        self._output.publish(message)
