"""Points of other coordinate frames in the frame of the face: by parameters, or by the topics /tf and /tf_static."""

import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.head_pose import rotation_matrix
from dystream_ros.nodes.audio_input.message_class import TypeUnavailable, message_class
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.stamps import SECOND, nanoseconds
from dystream_ros.nodes.head.transform_tree import TransformTree

Pose = tuple[float, float, float, float, float, float]  # x, y, z, roll, pitch, yaw of a frame; m and rad

_FIRST = 1.0  # s in which transforms arrive that are published at all


class NoTransform(ValueError):
    """There is no transform between two frames; the message names them and what to do.

    Attributes:
        frame: the one that cannot be transformed.
    """

    def __init__(self, frame: str, text: str) -> None:
        super().__init__(text)
        self.frame = frame


def static_transforms(text: str) -> dict[str, Pose]:
    """The poses of "frame x y z roll pitch yaw; frame ...".

    Raises:
        ValueError: an entry has not a name and six finite numbers.
    """
    poses: dict[str, Pose] = {}
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        frame, *numbers = entry.split()
        try:
            values = [float(number) for number in numbers]
        except ValueError:
            values = []
        if len(values) != 6 or not all(math.isfinite(value) for value in values):
            raise ValueError(
                f"the static transform is {entry!r}; accepted is 'frame x y z roll pitch yaw' in m and rad, several "
                "separated by ';'"
            )
        poses[_plain(frame)] = (values[0], values[1], values[2], values[3], values[4], values[5])
    return poses


class Frames:
    """Transforms points into the frame of the face. /tf is listened to from the first point of another frame on."""

    def __init__(self, node: RunnableNode, reports: Reports) -> None:
        self._node = node
        self._reports = reports
        self._tree: TransformTree | None = None
        self._began: float | None = None

    @property
    def beginning(self) -> bool:
        """Whether transforms that are published may not have arrived yet."""
        return self._tree is not None and self._began is not None and time.monotonic() < self._began + _FIRST

    def point(
        self, point: tuple[float, float, float], frame: str, face: str, static: Mapping[str, Pose]
    ) -> tuple[float, float, float]:
        """A point in m of `frame` in the frame `face`; an empty `frame` is `face`.

        Args:
            static: poses of frames in `face`; they are used before /tf.

        Raises:
            NoTransform: no transform is known.
        """
        frame, face = _plain(frame), _plain(face)
        if frame in ("", face):
            return point
        position = np.array(point)
        if frame in static:
            x, y, z, *angles = static[frame]
            moved = rotation_matrix(np.array(angles)) @ position + np.array([x, y, z])
        else:
            moved = self._by_tf(position, frame, face)
        return float(moved[0]), float(moved[1]), float(moved[2])

    def _by_tf(self, position: NDArray[np.float64], frame: str, face: str) -> NDArray[np.float64]:
        if self._began is None:
            self._began = time.monotonic()
            self._listen()
        if self._tree is None:
            raise NoTransform(
                frame,
                f"look_at: a point of the frame {frame!r}, and tf2_msgs is not installed; name its pose in {face!r} in "
                "the parameter look_at_transforms, or install tf2_msgs",
            )
        try:
            turn, shift = self._tree.lookup(frame, face)
        except ValueError as missing:
            raise NoTransform(
                frame,
                f"look_at: no transform from {frame!r} to {face!r}: {missing}; publish it, or name the pose of "
                f"{frame!r} in {face!r} in the parameter look_at_transforms",
            ) from missing
        return turn @ position + shift

    def _listen(self) -> None:
        try:
            message = message_class("tf2_msgs/msg/TFMessage", "transforms")
        except TypeUnavailable:
            self._node.get_logger().info("tf2_msgs is not installed: look_at takes frames of look_at_transforms only")
            return
        self._tree = TransformTree()
        messages = self._node.messages  # a robot sends hundreds a second
        # Absolute names, as tf2 uses them: one tree for all robots of a graph.
        self._node.create_subscription(message, "/tf", self._on_transforms, qos.transforms(), callback_group=messages)
        self._node.create_subscription(
            message, "/tf_static", self._on_transforms, qos.static_transforms(), callback_group=messages
        )

    def _on_transforms(self, message: Any) -> None:
        assert self._tree is not None  # the subscriptions are made with it
        for each in message.transforms:
            shift, turn = each.transform.translation, each.transform.rotation
            try:
                self._tree.add(
                    _plain(each.header.frame_id),
                    _plain(each.child_frame_id),
                    (shift.x, shift.y, shift.z),
                    (turn.x, turn.y, turn.z, turn.w),
                    nanoseconds(each.header.stamp) / SECOND,
                )
            except ValueError as refused:
                self._reports.warning("transforms_refused", str(refused), about=each.child_frame_id)


def _plain(frame: str) -> str:
    return frame.removeprefix("/")
