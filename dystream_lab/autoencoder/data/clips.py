"""Clips on disk: sets of clips in one file each, pictures as JPEG beside their landmarks.

A set has one clip per face. In a rendered set all faces make the same motion in the same frames, so that one face can
be driven by another and the right picture is known; a set of a video has one clip. A folder has `settings.json` and
`sets/SPLIT-NUMBER.npz`; a set is written at once, so a stopped command continues with the next.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dystream_lab.whole_files import write_text

SPLITS = ("train", "valid")
# Side of a stored square, in longer sides of the landmarks' box: more than the crop of the encoders, so that the crop
# can move at random in training.
STORED = 1.8
QUALITY = 94  # of JPEG
_FORMAT = 1
_KEPT = 64  # sets in memory

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class ClipSet:
    """The clips of one set.

    Attributes:
        faces: name of the face of each clip.
        frames: number of frames of each.
        gap: frames of the video (25 per second) between two frames of the set.
        landmarks: float16 (faces, frames, 478, 2), in sides of the stored square.
        motion: float16 (frames, 58), of a rendered set; (0, 58) of a video.
    """

    faces: tuple[str, ...]
    frames: int
    gap: int
    landmarks: NDArray[np.float16]
    motion: NDArray[np.float16]
    _bytes: NDArray[np.uint8]
    _ends: NDArray[np.int64]

    def picture(self, face: int, frame: int) -> Picture:
        """The stored square, BGR uint8 (size, size, 3)."""
        number = face * self.frames + frame
        start = self._ends[number - 1] if number else 0
        return np.asarray(cv2.imdecode(self._bytes[start : self._ends[number]], cv2.IMREAD_COLOR), np.uint8)

    def marks(self, face: int, frame: int, size: int) -> NDArray[np.float64]:
        """Landmarks (478, 2) in pixels of a stored square of `size`."""
        return self.landmarks[face, frame].astype(np.float64) * size


def write_set(
    path: Path,
    faces: Sequence[str],
    pictures: Sequence[Sequence[Picture]],
    landmarks: NDArray[np.floating],
    gap: int,
    motion: NDArray[np.floating] | None = None,
) -> None:
    """Writes a set; `pictures` are the stored squares of each face, landmarks and motion as in `ClipSet`."""
    encoded = [
        cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].ravel()
        for clip in pictures
        for picture in clip
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez(
            file,
            faces=np.array(faces),
            gap=np.array(gap),
            landmarks=landmarks.astype(np.float16),
            motion=np.zeros((0, 58), np.float16) if motion is None else motion.astype(np.float16),
            pictures=np.concatenate(encoded),
            ends=np.cumsum([len(part) for part in encoded]),
        )
    partial.replace(path)


def read_set(path: Path) -> ClipSet:
    """Reads a set.

    Raises:
        ValueError: the file is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            landmarks = file["landmarks"]
            return ClipSet(
                tuple(str(name) for name in file["faces"]),
                landmarks.shape[1],
                int(file["gap"]),
                landmarks,
                file["motion"],
                file["pictures"],
                file["ends"],
            )
    except (OSError, KeyError, ValueError, EOFError) as error:
        raise ValueError(f"{path} is damaged ({error}); delete it and repeat the command that made it") from error


class ClipFolder:
    """The sets of one split of one or several folders."""

    def __init__(self, folders: Sequence[Path], split: str) -> None:
        """Raises FileNotFoundError without clips in a folder, ValueError for an empty split or differing sizes."""
        sizes = {read_settings(folder)["size"] for folder in folders}
        if len(sizes) != 1:
            raise ValueError(f"the clips have squares of {sorted(sizes)} pixels; folders of one size go together")
        (self.size,) = sizes
        self.paths = [path for folder in folders for path in sorted((folder / "sets").glob(f"{split}-*.npz"))]
        if not self.paths:
            raise ValueError(
                f"no clips of split {split!r} in {', '.join(map(str, folders))}; make more (`dystream "
                "train-autoencoder clips`, or further videos), or give a folder that has some beside these"
            )
        self._read = lru_cache(maxsize=_KEPT)(read_set)

    def __len__(self) -> int:
        """Number of sets."""
        return len(self.paths)

    def __getitem__(self, number: int) -> ClipSet:
        """A set; the last ones are kept in memory."""
        return self._read(self.paths[number])


def set_path(folder: Path, split: str, number: int) -> Path:
    """Path of a set."""
    return folder / "sets" / f"{split}-{number:06d}.npz"


def stored_size(image: int, crop: float) -> int:
    """Side of stored squares, in pixels, from which a crop of `crop` face sizes has `image` pixels."""
    return round(image * STORED / crop)


def begin(folder: Path, settings: dict[str, object]) -> None:
    """Makes a folder of clips, or continues one.

    Raises:
        ValueError: it was begun with other settings.
    """
    path = folder / "settings.json"
    settings = {"format": _FORMAT, **settings}
    if path.is_file():
        begun = json.loads(path.read_text())
        differ = [name for name in settings if begun.get(name) != settings[name]]
        if differ:
            name = differ[0]
            raise ValueError(
                f"{folder} was begun with {name}={begun.get(name)}, now {name}={settings[name]} is given; "
                "give the same settings or another folder"
            )
        return
    write_text(path, json.dumps(settings, indent=1) + "\n")


def read_settings(folder: Path) -> dict:
    """The settings of a folder of clips.

    Raises:
        FileNotFoundError: it has none.
        ValueError: they are of another version.
    """
    path = folder / "settings.json"
    if not path.is_file():
        raise FileNotFoundError(
            f"no clips in {folder} (no settings.json); make them with `dystream train-autoencoder clips {folder}`"
        )
    settings = json.loads(path.read_text())
    if settings.get("format") != _FORMAT:
        raise ValueError(f"{folder} has format {settings.get('format')}, this version reads {_FORMAT}: make it again")
    return settings
