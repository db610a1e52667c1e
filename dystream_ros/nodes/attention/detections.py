"""People among the detections of vision_msgs, in two or three dimensions."""

import math
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.subscription import Subscription

from dystream_ros.face.sighting import HEAD, SHOULDERS, Point, point_of_region
from dystream_ros.nodes.attention.people import People, Recognised
from dystream_ros.nodes.audio_input.message_class import TypeUnavailable, message_class
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.parameters import AttentionSettings

TOPIC = "detections"
_TYPES = {
    "vision_msgs/msg/Detection2DArray": "bbox",
    "vision_msgs/msg/Detection3DArray": "bbox",
}


class Detections:
    """The topic `detections`, with the type of whoever publishes on it; one subscription at a time.

    Args:
        node: gets the subscription.
        settings: returns the present settings.
        within: largest change of direction between two messages of somebody without an id, rad.
        report: called with what is wrong.
    """

    def __init__(
        self, node: Node, settings: Callable[[], AttentionSettings], within: float, report: Callable[[str], None]
    ) -> None:
        self._node, self._settings, self._report = node, settings, report
        self._recognised = Recognised("detected", within)
        self._subscription: Subscription | None = None
        self._type = ""
        self.people = People()

    def watch(self) -> None:
        """Subscribe with the type of the publishers; call this about once a second."""
        topic = self._node.resolve_topic_name(TOPIC)
        types = {each.topic_type for each in self._node.get_publishers_info_by_topic(topic)}
        found = sorted(types & _TYPES.keys())
        if not found:
            if types:
                self._report(f"{TOPIC} is a {', '.join(sorted(types))}; accepted are {' and '.join(_TYPES)}")
            return
        if self._type in found:
            return
        try:
            kind = message_class(found[0], "header", "detections")
        except TypeUnavailable as unavailable:
            self._report(str(unavailable))
            return
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
        take = self._on_flat if "2D" in found[0] else self._on_solid
        self._type = found[0]
        self._subscription = self._node.create_subscription(kind, TOPIC, take, qos.requests())

    def _on_flat(self, message: Any) -> None:
        settings = self._settings()
        width, height = settings.image_width, settings.image_height
        breadth = HEAD if settings.detection_class == "face" else SHOULDERS

        def place(box: Any) -> Point:
            x, y = box.center.position.x / width, box.center.position.y / height
            across, along = 0.5 * box.size_x / width, 0.5 * box.size_y / height
            return point_of_region(
                x - across, y - along, x + across, y + along, settings.field_of_view_rad, width / height, breadth
            )

        self._see(message, place, settings.camera_frame)

    def _on_solid(self, message: Any) -> None:
        def place(box: Any) -> Point:
            position = box.center.position
            return position.x, position.y, position.z

        self._see(message, place, message.header.frame_id)

    def _see(self, message: Any, place: Callable[[Any], Point], frame: str) -> None:
        settings = self._settings()
        named: dict[str, Point] = {}
        nameless: list[Point] = []
        for detection in message.detections:
            if not _shows(detection, settings.detection_class, settings.detection_score):
                continue
            try:
                point = place(detection.bbox)
            except ValueError as refused:
                self._report(str(refused))
                continue
            if not all(map(math.isfinite, point)) or not any(point):
                continue
            if detection.id:
                named[f"detected_{detection.id}"] = point
            else:
                nameless.append(point)
        self.people.replace(named | self._recognised.named(nameless), frame)


def _shows(detection: Any, wanted: str, score: float) -> bool:
    return any(
        (not wanted or result.hypothesis.class_id == wanted) and result.hypothesis.score >= score
        for result in detection.results
    )
