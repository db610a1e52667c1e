"""Reads files of motion: .npz of `dystream motion`, .csv of `dystream motion` and of the recorder."""

import csv
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES
from dystream_ros.files import regular_file

SUFFIXES = (".npz", ".csv")
_ARRAYS = ("names", "values", "head_pose")
_MOST_BYTES = 1 << 30  # unpacked; ten hours have 0.2 GB


@dataclass(frozen=True)
class RecordedMotion:
    """A motion from a file.

    Attributes:
        names: of the coefficients.
        values: float (frames, names), finite, at least one frame.
        head_pose: float (frames, 6), finite: roll, pitch and yaw in rad, x, y and z in m.
    """

    names: tuple[str, ...]
    values: NDArray[np.floating]
    head_pose: NDArray[np.floating]


def read_motion(path: Path) -> RecordedMotion:
    """The motion in a file.

    Raises:
        ValueError: it is no file of motion, damaged, or holds values that are not finite.
        OSError: it cannot be read.
    """
    readers: dict[str, Callable[[Path], RecordedMotion]] = {".npz": _read_npz, ".csv": _read_csv}
    if path.suffix not in readers:
        raise ValueError(f"{path}: a motion is a .npz or .csv file, of `dystream motion` or of the recorder")
    if regular_file(path) is None:
        raise FileNotFoundError(f"there is no file {path} (motion)")
    motion = readers[path.suffix](path)
    if not (np.isfinite(motion.values).all() and np.isfinite(motion.head_pose).all()):
        raise ValueError(f"{path}: it holds values that are not finite")
    return motion


def _read_npz(path: Path) -> RecordedMotion:
    try:
        with zipfile.ZipFile(path) as archive:
            if (stated := sum(member.file_size for member in archive.infolist())) > _MOST_BYTES:
                raise ValueError(f"it holds {stated / 1e9:.1f} GB when unpacked, more than a motion has")
        with np.load(path, allow_pickle=False) as file:
            if missing := set(_ARRAYS) - set(file):
                raise ValueError(f"no motion; it lacks {', '.join(sorted(missing))}")
            names, values, head_pose = (np.asarray(file[name]) for name in _ARRAYS)
    # What zipfile and NumPy raise for damaged archives: also a compression or encryption that zipfile lacks
    # (NotImplementedError), and a header that claims an array beyond the memory (MemoryError).
    except (ValueError, EOFError, KeyError, NotImplementedError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path}: {error or type(error).__name__}") from error
    frames = len(values) if values.ndim else 0
    if not (
        frames
        and names.ndim == 1
        and values.shape == (frames, len(names))
        and head_pose.shape == (frames, len(POSE_NAMES))
        and values.dtype.kind == head_pose.dtype.kind == "f"
    ):
        raise ValueError(
            f"{path}: its arrays do not fit together: names of {names.shape}, values of {values.shape} {values.dtype}, "
            f"head_pose of {head_pose.shape} {head_pose.dtype}"
        )
    return RecordedMotion(tuple(map(str, names)), values, head_pose)


def _read_csv(path: Path) -> RecordedMotion:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            header = next(rows, [])
            if missing := set(POSE_NAMES) - set(header):
                raise ValueError(f"no motion; it lacks the columns {', '.join(sorted(missing))}")
            names = tuple(name for name in ARKIT_NAMES if name in header)
            places = [header.index(name) for name in (*names, *POSE_NAMES)]
            table = np.array([[float(row[place]) for place in places] for row in rows])
    except (ValueError, IndexError, csv.Error) as refused:
        raise ValueError(f"{path}: a row is not complete, or has no numbers: {refused}") from refused
    if not len(table):
        raise ValueError(f"{path}: no frames")
    return RecordedMotion(names, table[:, : len(names)], table[:, len(names) :])
