"""Clips of faces from a folder of videos: one person at a time, sharp, large enough, without scene cuts.

Pictures are read 5 times a second. A picture that cannot be used is refused with a reason, and ends the clip; counts
are written beside the clips. The square of a clip is fixed, so that the head moves in it as it does in the video.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dystream_lab.autoencoder.data.clips import STORED, begin, write_set
from dystream_lab.corpus.video.tracks import DamagedVideo, pictures
from dystream_lab.rates import FRAME_RATE
from dystream_lab.whole_files import write_text
from dystream_ros.models.released.files.masked_portrait import cut, square_about
from dystream_ros.portraits.landmarks import Detection

GAP = 5  # frames, at 25 per second, between two pictures of a clip
LEAST, MOST = 6, 24  # pictures of a clip
VIDEO_FACES = 3  # faces that are looked for in a picture
# Reasons why a picture is refused, in the order in which they are checked, and why a clip is.
NO_FACE, SEVERAL, SMALL, CUT, BLURRED = (
    "no face", "several faces", "the face is small", "the face is cut by the border", "the face is blurred",
)  # fmt: skip
SHORT, WANDERS = "a clip of less than 1.2 s", "the face leaves its square"
DAMAGED = "end of the readable part of a damaged file"
_SECOND_FACE = 0.1  # area of a second face, in that of the first, from which a picture is refused
_ENLARGED = 1.7  # most enlargement of the face to the stored square
# Deviation of the fine structure of a face, in that of its grey levels. Rendered faces 80 pixels wide have 0.053 to
# 0.14, and mostly 0.02 to 0.045 when they are blurred by 3 pixels.
_LEAST_FINE = 0.045
_FINE_SIDE, _FINE_REACH = 160, 1.2  # pixels
_CUT_CHANGE, _CUT_SIDE = 0.16, 16  # mean change of a small grey picture from which it is another scene; pixels
_CUT_JUMP = 0.6  # the same for the middle of the face, in its size
_VALID_EVERY = 10

Find = Callable[[NDArray[np.uint8]], Sequence[Detection]]


@dataclass
class _Seen:
    picture: NDArray[np.uint8]
    landmarks: NDArray[np.float64]
    small: NDArray[np.float32]


def build(output: Path, videos: Sequence[Path], find: Find, size: int) -> Iterator[int]:
    """Writes the clips of videos; yields the number of pictures read since the last time.

    Finished videos are not read again. Every tenth video is for validation; of fewer videos the last, and of a single
    one every fifth clip.

    Args:
        find: all faces of a BGR picture.
        size: side of the stored squares, in pixels.

    Raises:
        ValueError: the folder was begun with another size, a file has no pictures, or no video gave a clip.
    """
    begin(output, {"source": "video", "size": size, "gap": GAP})
    clips = 0
    for number, video in enumerate(videos):
        record = output / "videos" / f"{_name(video)}.json"
        if not record.is_file() or json.loads(record.read_text())["bytes"] != video.stat().st_size:
            yield from _read(output, number, videos, find, size, record)
        clips += json.loads(record.read_text())["clips"]
    if not clips:
        raise ValueError(f"{len(videos)} video(s) gave no clip:\n{refusals(output)}")


def refusals(output: Path) -> str:
    """What became of the pictures of all videos, as Markdown."""
    lines = ["| video | pictures | clips | refused |", "|---|---|---|---|"]
    for path in sorted((output / "videos").glob("*.json")):
        known = json.loads(path.read_text())
        reasons = ", ".join(f"{count} {reason}" for reason, count in known["refused"].items()) or "none"
        lines.append(f"| {known['video']} | {known['pictures']} | {known['clips']} | {reasons} |")
    return "\n".join(lines)


def _name(video: Path) -> str:
    digest = hashlib.sha256(video.name.encode()).hexdigest()[:6]
    return "".join(letter if letter.isalnum() else "-" for letter in video.stem)[:40] + "-" + digest


def _split(number: int, videos: int, clip: int) -> str:
    if videos == 1:
        return "valid" if clip % 5 == 4 else "train"
    return "valid" if number % _VALID_EVERY == _VALID_EVERY - 1 or number + 1 == videos < _VALID_EVERY else "train"


def _read(output: Path, number: int, videos: Sequence[Path], find: Find, size: int, record: Path) -> Iterator[int]:
    video = videos[number]
    refused: Counter[str] = Counter()
    run: list[_Seen] = []
    clips = looked = read = 0
    due = 0.0

    def close() -> None:
        nonlocal clips
        reason = _refused_clip(run)
        if run and reason:
            refused[reason] += 1
        elif run:
            split = _split(number, len(videos), clips)
            _write(output / "sets" / f"{split}-{_name(video)}-{clips:05d}.npz", video, run, size)
            clips += 1
        run.clear()

    for old in (output / "sets").glob(f"*-{_name(video)}-*.npz"):  # of an interrupted command, or of another file
        old.unlink()
    for time, picture in _readable(video, refused):
        read += 1
        if time < due:
            continue
        due, looked = max(due + GAP / FRAME_RATE, time), looked + 1
        seen, reason = usable(picture, find(picture), size)
        if reason:
            refused[reason] += 1
        if seen is None or (run and is_cut(run[-1], seen)) or len(run) == MOST:
            close()
        if seen is not None:
            run.append(seen)
        yield read
        read = 0
    close()
    yield read
    content = {
        "video": video.name,
        "bytes": video.stat().st_size,
        "pictures": looked,
        "clips": clips,
        "refused": dict(refused.most_common()),
    }
    write_text(record, json.dumps(content, indent=1) + "\n")


def _readable(video: Path, refused: Counter[str]) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """The pictures of a video; a damaged one ends early, which is counted: one file of many stops nothing."""
    try:
        yield from pictures(video)
    except DamagedVideo:
        refused[DAMAGED] += 1


def usable(picture: NDArray[np.uint8], faces: Sequence[Detection], size: int) -> tuple[_Seen | None, str]:
    """The face of a picture, BGR, or None and the reason why it is refused."""
    if not faces:
        return None, NO_FACE
    marks = sorted((face.landmarks[:, :2] for face in faces), key=lambda each: -float(np.prod(np.ptp(each, axis=0))))
    areas = [float(np.prod(np.ptp(each, axis=0))) for each in marks]
    if len(areas) > 1 and areas[1] > _SECOND_FACE * areas[0]:
        return None, SEVERAL
    points = marks[0]
    height, width = picture.shape[:2]
    box = float(np.ptp(points, axis=0).max())
    if box * STORED * _ENLARGED < size:
        return None, SMALL
    if (points < 0).any() or (points >= (width, height)).any():
        return None, CUT
    if fineness(picture, points) < _LEAST_FINE:
        return None, BLURRED
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (_CUT_SIDE, _CUT_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return _Seen(picture, points, small), ""


def fineness(picture: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> float:
    """Deviation of the fine structure of a face in that of its grey levels: low when it is blurred."""
    face = cv2.cvtColor(cut(picture, *square_about(landmarks, 1.0)), cv2.COLOR_BGR2GRAY)
    grey = cv2.resize(face, (_FINE_SIDE, _FINE_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), _FINE_REACH)
    return float(fine.std() / max(float(grey.std()), 1.0))


def is_cut(before: _Seen, after: _Seen) -> bool:
    """Whether another scene, or another face, begins between two pictures."""
    size = np.ptp(before.landmarks, axis=0).max()
    jump = np.linalg.norm(after.landmarks.mean(0) - before.landmarks.mean(0)) / size
    return bool(np.abs(after.small - before.small).mean() > _CUT_CHANGE or jump > _CUT_JUMP)


def _square(run: Sequence[_Seen]) -> tuple[int, int, int]:
    """Left, top and side of the square about the mean of the landmarks of a clip."""
    return square_about(np.mean([seen.landmarks for seen in run], axis=0), STORED)


def _refused_clip(run: Sequence[_Seen]) -> str:
    if len(run) < LEAST:
        return SHORT
    left, top, side = _square(run)
    outside = any(((seen.landmarks < (left, top)) | (seen.landmarks > (left + side, top + side))).any() for seen in run)
    return WANDERS if outside else ""


def _write(path: Path, video: Path, run: Sequence[_Seen], size: int) -> None:
    left, top, side = _square(run)
    scaling = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
    squares = [cv2.resize(cut(seen.picture, left, top, side), (size, size), interpolation=scaling) for seen in run]
    marks = np.stack([(seen.landmarks - (left, top)) / side for seen in run])
    write_set(path, [video.stem], [squares], marks[None], GAP)
