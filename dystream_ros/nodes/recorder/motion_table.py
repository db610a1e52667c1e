"""Motion as comma-separated values, one row a frame."""

import csv
from pathlib import Path

from dystream_ros.face.head_pose import pose_from_quaternion
from dystream_ros.face.motion import POSE_NAMES
from dystream_ros.msg import FaceMotion
from dystream_ros.nodes.common.stamps import nanoseconds

_COLUMNS = ("stamp", "frame", "generation", "speaking", "audio_missing", "processing_ms", "latency_ms")


class MotionTable:
    """Writes each motion as it comes: its stamp in seconds of ROS time, its frame, its values and the head's pose."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Line by line, so that it can be followed while it grows.
        self._file = path.open("w", newline="", buffering=1)
        self._writer = csv.writer(self._file)
        self._names: list[str] | None = None

    def add(self, motion: FaceMotion) -> None:
        """Write one row; a new head of columns where the layout of the motion changes."""
        if list(motion.names) != self._names:
            self._names = list(motion.names)
            self._writer.writerow([*_COLUMNS, *self._names, *POSE_NAMES])
        position, turned = motion.head_pose.position, motion.head_pose.orientation
        pose = (*pose_from_quaternion(turned.x, turned.y, turned.z, turned.w), position.x, position.y, position.z)
        stamp_ns = nanoseconds(motion.header.stamp)
        self._writer.writerow(
            [
                f"{stamp_ns // 10**9}.{stamp_ns % 10**9:09d}",
                motion.frame,
                motion.generation,
                motion.speaking,
                motion.audio_missing,
                f"{nanoseconds(motion.processing) / 1e6:.3f}",
                f"{nanoseconds(motion.latency) / 1e6:.3f}",
                *(f"{number:.6g}" for number in (*motion.values, *pose)),
            ]
        )

    def close(self) -> None:
        self._file.close()
