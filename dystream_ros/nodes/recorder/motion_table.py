"""Motion as comma-separated values, one row per frame."""

import csv
import io
import os
from pathlib import Path

from dystream_ros.face.motion import POSE_NAMES
from dystream_ros.msg import FaceMotion
from dystream_ros.nodes.common.motion_messages import head_pose
from dystream_ros.nodes.common.stamps import nanoseconds

_COLUMNS = ("stamp", "frame", "generation", "speaking", "audio_missing", "processing_ms", "latency_ms")


class MotionTable:
    """Writes a row per motion message: stamp in seconds of ROS time, frame, values, head pose.

    The first row creates the file, so an existing one is kept until there is motion. Rows are written whole: a process
    that is killed, or a full disk, leaves a table without a partial row.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: io.FileIO | None = None
        self._names: list[str] | None = None

    def add(self, motion: FaceMotion) -> None:
        """Write one row; a header precedes the first row, and each row whose names differ from the row before.

        Raises:
            OSError: the file cannot be written.
        """
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        names = list(motion.names)
        if names != self._names:
            writer.writerow([*_COLUMNS, *names, *POSE_NAMES])
        stamp_ns = nanoseconds(motion.header.stamp)
        writer.writerow(
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
        self._append(text.getvalue().encode())
        self._names = names

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _append(self, rows: bytes) -> None:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("wb", buffering=0)
        whole = self._file.tell()
        written = 0
        try:
            while written < len(rows):
                written += self._file.write(rows[written:])
        except OSError as error:
            # A disk that is full has taken a part of the row.
            os.ftruncate(self._file.fileno(), whole)
            self._file.seek(whole)
            raise OSError(error.errno, error.strerror, str(self._path)) from error
