"""Publishes `look_at` for the head: one of the people whom other nodes see, mostly the one who speaks."""

import math
import time
from typing import Any

from geometry_msgs.msg import PointStamped, PoseArray
from rclpy.parameter import Parameter
from rclpy.serialization import deserialize_message

from dystream_ros.face.attention import Attention, AttentionConfig, nearest
from dystream_ros.face.sighting import Point, point_of_region
from dystream_ros.msg import FaceMotion
from dystream_ros.nodes.attention.detections import TOPIC, Detections
from dystream_ros.nodes.attention.humans import Humans, TypeUnavailable, has_tf2
from dystream_ros.nodes.attention.people import People, Recognised
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.diagnostics import OK, WARN, Diagnostics, Health
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.suspension import LEASE
from dystream_ros.nodes.parameters import AttentionSettings

_PERIOD = 0.1  # s between targets
_WATCH_PERIOD = 1.0  # s between looks for publishers of people
_VOICE_LASTS = 0.7  # s for which a direction of sound counts
_VOICE_WITHIN = math.radians(25.0)  # between a voice and its person
_SEEN_LASTS = 0.5  # s for which what a source has said counts


class AttentionNode(RunnableNode):
    """Chooses whom the head looks at; docs/nodes.md lists topics and parameters. Off until `enabled` is true.

    People come from ros4hri, else from detections, else from a list of positions: the first source that sees anybody.
    """

    forgotten_after = LEASE
    idle = 1.0  # its timers wake the executor

    def __init__(self) -> None:
        super().__init__("attention", automatically_declare_parameters_from_overrides=True)
        self.reports = Reports(self.get_logger())
        declare(self, AttentionSettings, self.reports)
        self._read = read(self, AttentionSettings)
        self.add_post_set_parameters_callback(self._on_set)
        self._attention = Attention(AttentionConfig())
        self._listed = People()
        self._recognised = Recognised("person", _VOICE_WITHIN)
        self._frames: dict[str, str] = {}
        self._places: dict[str, Point] = {}
        self._voice: tuple[Point, float] | None = None
        self._motion = b""
        self._output = self.create_publisher(PointStamped, "look_at", qos.motion())
        messages = self.messages
        self.create_subscription(PoseArray, "people", self._on_people, qos.requests(), callback_group=messages)
        self.create_subscription(PointStamped, "voice", self._on_voice, qos.requests(), callback_group=messages)
        # Of ten messages a second the speakers are read: decoding all of them would take as long as all else.
        self.create_subscription(FaceMotion, "motion", self._on_motion, qos.motion(), callback_group=messages, raw=True)
        self._detections = Detections(self, self._settings, _VOICE_WITHIN, self._report)
        self._humans = self._follow_humans()
        self.create_timer(_PERIOD, self._look)
        self.create_timer(_WATCH_PERIOD, self._watch)
        self._diagnostics = Diagnostics(self, self._health, self.reports)
        self._sources = [self.resolve_topic_name("people"), self.resolve_topic_name(TOPIC)]
        if self._humans is not None:
            self._sources.insert(0, f"{self._read.humans}/faces/tracked")
        state = "on" if self._read.enabled else "off until enabled is true"
        self.get_logger().info(f"{state}; people from {', '.join(self._sources)}; looking by {self._output.topic_name}")

    def _settings(self) -> AttentionSettings:
        """The present settings; reading all parameters takes longer than a look."""
        return self._read

    def _on_set(self, _: list[Parameter]) -> None:
        self._read = read(self, AttentionSettings)

    def _report(self, text: str) -> None:
        self.reports.warning("people_refused", text)

    def _follow_humans(self) -> Humans | None:
        settings = self._settings()
        if not settings.humans:
            return None
        by_tf = settings.humans_positions == "tf" or (settings.humans_positions == "auto" and has_tf2())
        try:
            return Humans(self, settings.humans, self._locate, lambda: self._settings().camera_frame, by_tf)
        except TypeUnavailable as unavailable:
            self.get_logger().info(f"people of ros4hri are not followed: {unavailable}")
            return None

    def _watch(self) -> None:
        self._detections.watch()
        if self._humans is not None:
            self._humans.watch()

    def _locate(self, region: Any, breadth: float) -> Point:
        settings = self._settings()
        aspect = settings.image_width / settings.image_height
        corners = region.xmin, region.ymin, region.xmax, region.ymax
        return point_of_region(*corners, settings.field_of_view_rad, aspect, breadth)

    def _on_people(self, message: PoseArray) -> None:
        places = [(pose.position.x, pose.position.y, pose.position.z) for pose in message.poses]
        places = [place for place in places if all(map(math.isfinite, place)) and any(place)]
        listed = People()
        listed.replace(self._recognised.named(places), message.header.frame_id)
        self._listed = listed  # as a whole: another thread looks at the people

    def _on_voice(self, message: PointStamped) -> None:
        self._voice = ((message.point.x, message.point.y, message.point.z), time.monotonic())

    def _on_motion(self, message: bytes) -> None:
        self._motion = message

    @property
    def _speaking(self) -> int:
        """Bits of the parties that speak, in the last motion."""
        motion: FaceMotion | None = deserialize_message(self._motion, FaceMotion) if self._motion else None
        return 0 if motion is None else motion.speaking

    def _see(self, now: float) -> None:
        """Everybody who is seen now."""
        sources = [] if self._humans is None else [self._humans.people(now - _SEEN_LASTS)]
        sources += [people for people in (self._detections.people, self._listed) if now - people.at < _SEEN_LASTS]
        seen = next((people for people in sources if people.places), People())
        self._places = seen.places
        self._attention.see(seen.places, now)
        known = self._frames | seen.frames
        self._frames = {who: known[who] for who in self._attention.seen}

    def _speaker(self, now: float, speaking: int) -> str:
        """Who speaks: a voice of ros4hri, the person in the direction of the sound, else the one who is looked at."""
        if self._humans is not None and (speaker := self._humans.speaker()):
            return speaker
        if self._voice is not None and now - self._voice[1] < _VOICE_LASTS:
            return nearest(self._places, self._voice[0], _VOICE_WITHIN)
        return self._attention.chosen if speaking & FaceMotion.OTHER else ""

    def _health(self) -> Health:
        chosen = self._attention.chosen
        values: dict[str, object] = {
            "enabled": self._read.enabled,
            "seen": len(self._places),
            "chosen": chosen or "none",
        }
        if not self._read.enabled:
            return OK, "off; set enabled to true to look at people", values
        if not any(self.count_publishers(source) for source in self._sources):
            what = f"nobody publishes people on {', '.join(self._sources)}"
            return WARN, f"{what}: start a face tracker, or set enabled to false", values
        return OK, f"looking at {chosen}" if chosen else "nobody is seen", values

    def _look(self) -> None:
        settings = self._settings()
        if not settings.enabled:
            return
        self._attention.config = AttentionConfig(
            settings.speaker_share, settings.patience, settings.gaze_listening, settings.gaze_speaking
        )
        now = time.monotonic()
        self._see(now)
        speaking = self._speaking
        point = self._attention.look(now, self._speaker(now, speaking), bool(speaking & FaceMotion.SELF))
        if point is None:
            return  # the head lets go of the target after its look_at_timeout
        message = PointStamped()
        message.header.stamp = self.get_clock().now().to_msg()
        message.header.frame_id = self._frames[self._attention.chosen]
        message.point.x, message.point.y, message.point.z = map(float, point)
        self._output.publish(message)
