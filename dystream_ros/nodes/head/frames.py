"""Points of other coordinate frames in the frame of the face: by tf2 where it is installed, else by parameters."""

import importlib
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node

from dystream_ros.face.head_pose import pose_from_quaternion, rotation_matrix

Pose = tuple[float, float, float, float, float, float]  # x, y, z, roll, pitch, yaw of a frame; m and rad


class NoTransform(ValueError):
    """There is no transform between two frames; the message names them and what to do."""


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
    """Transforms points into the frame of the face. tf2 is listened to from the first point of another frame on."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._buffer: Any = None
        self._listener: Any = None
        self._sought = False

    def point(
        self, point: tuple[float, float, float], frame: str, face: str, static: Mapping[str, Pose]
    ) -> tuple[float, float, float]:
        """A point in m of `frame` in the frame `face`; an empty `frame` is `face`.

        Args:
            static: poses of frames in `face`; they are used before tf2.

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
            moved = self._by_tf2(position, frame, face)
        return float(moved[0]), float(moved[1]), float(moved[2])

    def _by_tf2(self, position: NDArray[np.float64], frame: str, face: str) -> NDArray[np.float64]:
        if not self._sought:
            self._sought = True
            self._listen()
        if self._buffer is None:
            raise NoTransform(
                f"look_at: a point of the frame {frame!r}, and tf2_ros is not installed; name its pose in {face!r} in "
                "the parameter look_at_transforms, or install tf2_ros"
            )
        try:
            found = self._buffer.lookup_transform(face, frame, importlib.import_module("rclpy.time").Time()).transform
        except Exception as error:  # tf2 raises several kinds, all of which mean this
            raise NoTransform(f"look_at: no transform from {frame!r} to {face!r} yet: {error}") from error
        turn, shift = found.rotation, found.translation
        angles = pose_from_quaternion(turn.x, turn.y, turn.z, turn.w)
        return rotation_matrix(np.array(angles)) @ position + np.array([shift.x, shift.y, shift.z])

    def _listen(self) -> None:
        try:
            tf2 = importlib.import_module("tf2_ros")
        except ImportError:
            self._node.get_logger().info("tf2_ros is not installed: look_at takes frames of look_at_transforms only")
            return
        self._buffer = tf2.Buffer()
        self._listener = tf2.TransformListener(self._buffer, self._node)


def _plain(frame: str) -> str:
    return frame.removeprefix("/")
