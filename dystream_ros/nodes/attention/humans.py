"""People and voices as ros4hri (REP-155) publishes them under /humans."""

import importlib.util
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from rclpy.node import Node
from rclpy.subscription import Subscription
from std_msgs.msg import Bool, String

from dystream_ros.face.sighting import HEAD, SHOULDERS, Point
from dystream_ros.nodes.attention.people import People
from dystream_ros.nodes.audio_input.message_class import TypeUnavailable, message_class
from dystream_ros.nodes.common import qos

_MOST = 16  # faces, bodies, voices or persons that are followed at once
_KINDS = ("faces", "bodies", "voices", "persons")
_BREADTHS = {"faces": HEAD, "bodies": SHOULDERS}

Locate = Callable[[Any, float], Point]


class Humans:
    """Follows the faces of ros4hri, else its bodies; and who of them speaks.

    A face is where tf2 has its frame `face_<id>`, where tf2 is installed; else its region in the picture says the
    direction. A voice that speaks belongs to the person whose `voice_id` it is, and the gaze goes to the `face_id` of
    that person; without such a person, to the face with the same id.

    Args:
        node: gets the subscriptions.
        root: of the topics, "/humans".
        locate: the point of a region, from its message and the breadth of what it shows.
        frame: returns the frame of these points.
        by_tf: whether positions are those of tf2.

    Raises:
        TypeUnavailable: hri_msgs is not installed.
    """

    def __init__(self, node: Node, root: str, locate: Locate, frame: Callable[[], str], by_tf: bool) -> None:
        self._node, self._root = node, root.rstrip("/")
        self._locate, self._frame, self._by_tf = locate, frame, by_tf
        self._ids_list = message_class("hri_msgs/msg/IdsList", "ids")
        self._region = message_class("hri_msgs/msg/NormalizedRegionOfInterest2D", "xmin", "ymin", "xmax", "ymax")
        self._followed: dict[str, dict[str, list[Subscription]]] = {kind: {} for kind in _KINDS}
        self._places: dict[str, dict[str, tuple[Point, float]]] = {"faces": {}, "bodies": {}}  # with steady times, s
        self._left: set[str] = set()  # kinds that nobody published at the last look
        self._speaking: dict[str, bool] = {}
        self._of_person: dict[str, dict[str, str]] = {}  # face_id, body_id and voice_id of each person
        self._known: dict[str, dict[str, Any]] = {**self._places, "voices": self._speaking, "persons": self._of_person}
        for kind in _KINDS:
            topic = f"{self._root}/{kind}/tracked"
            node.create_subscription(self._ids_list, topic, partial(self._on_tracked, kind), qos.requests())

    def watch(self) -> None:
        """Forget everybody of a kind that nobody publishes any more; call this about once a second.

        A list that was not taken back would be looked at for ever: tf2 keeps the last place of a face.
        """
        for kind in _KINDS:
            if not self._followed[kind] or self._node.count_publishers(f"{self._root}/{kind}/tracked"):
                self._left.discard(kind)
            elif kind in self._left:  # twice: a publisher may be found later than its first message
                self._on_tracked(kind, self._ids_list())
            else:
                self._left.add(kind)

    def people(self, since: float) -> People:
        """The faces that are seen now; the bodies where there is no face.

        Args:
            since: steady time in s; regions from before are out of date.
        """
        found = People()
        for kind, prefix in (("faces", "face"), ("bodies", "body")):
            for each in self._followed[kind]:
                name = f"{prefix}_{each}"
                if self._by_tf:
                    found.places[name], found.frames[name] = (0.0, 0.0, 0.0), name
                elif each in self._places[kind] and self._places[kind][each][1] >= since:
                    found.places[name], found.frames[name] = self._places[kind][each][0], self._frame()
            if found.places:
                break
        return found

    def speaker(self) -> str:
        """Who of `people` speaks; "" where that is nobody, or not known."""
        for voice, speaking in self._speaking.items():
            if not speaking:
                continue
            for parts in self._of_person.values():
                if parts.get("voice_id") == voice:
                    return f"face_{parts['face_id']}" if parts.get("face_id") else f"body_{parts.get('body_id', '')}"
            if voice in self._followed["faces"]:
                return f"face_{voice}"
        return ""

    def _on_tracked(self, kind: str, message: Any) -> None:
        followed, ids = self._followed[kind], list(message.ids)[:_MOST]
        for gone in followed.keys() - set(ids):
            for subscription in followed.pop(gone):
                self._node.destroy_subscription(subscription)
            self._known[kind].pop(gone, None)
        for new in [each for each in ids if each not in followed]:
            followed[new] = self._follow(kind, new)

    def _follow(self, kind: str, each: str) -> list[Subscription]:
        inside = f"{self._root}/{kind}/{each}"
        subscribe = self._node.create_subscription
        if kind == "voices":
            return [subscribe(Bool, f"{inside}/is_speaking", partial(self._on_speaking, each), qos.requests())]
        if kind == "persons":
            return [
                subscribe(String, f"{inside}/{part}", partial(self._on_part, each, part), qos.latched())
                for part in ("face_id", "body_id", "voice_id")
            ]
        if self._by_tf:
            return []
        return [subscribe(self._region, f"{inside}/roi", partial(self._on_region, kind, each), qos.requests())]

    def _on_region(self, kind: str, each: str, message: Any) -> None:
        self._places[kind][each] = self._locate(message, _BREADTHS[kind]), time.monotonic()

    def _on_speaking(self, voice: str, message: Bool) -> None:
        self._speaking[voice] = message.data

    def _on_part(self, person: str, part: str, message: String) -> None:
        self._of_person.setdefault(person, {})[part] = message.data


def has_tf2() -> bool:
    """Whether tf2_ros is installed."""
    return importlib.util.find_spec("tf2_ros") is not None


__all__ = ["Humans", "TypeUnavailable", "has_tf2"]
