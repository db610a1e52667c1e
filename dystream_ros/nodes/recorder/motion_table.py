"""Motion as comma-separated values, one row per frame."""

import csv
from pathlib import Path

from dystream_ros.face.motion import POSE_NAMES
from dystream_ros.msg import FaceMotion
from dystream_ros.nodes.common.motion_messages import head_pose
from dystream_ros.nodes.common.stamps import nanoseconds

_COLUMNS = ("stamp", "frame", "generation", "speaking", "audio_missing", "processing_ms", "latency_ms")


class MotionTable:
    """Writes a row per motion message: stamp in seconds of ROS time, frame, values, head pose.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Line buffered, so that the file can be followed while it grows.
        self._file = path.open("w", newline="", buffering=1)
        self._writer = csv.writer(self._file)
        self._names: list[str] | None = None

    def add(self, motion: FaceMotion) -> None:
        """Write one row; a header precedes the first row, and each row whose names differ from the row before."""
        if list(motion.names) != self._names:
            self._names = list(motion.names)
            self._writer.writerow([*_COLUMNS, *self._names, *POSE_NAMES])
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
                *(f"{number:.6g}" for number in (*motion.values, *head_pose(motion))),
            ]
        )

    def close(self) -> None:
        self._file.close()
