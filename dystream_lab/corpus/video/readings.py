"""Readings of a face landmarker in the pictures of a video, and the motion computed from them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dystream_lab.corpus.video.tracks import pictures
from dystream_lab.rates import FRAME_RATE
from dystream_lab.released.landmark_reader import Reading, pose_of
from dystream_ros.face.aperture import aperture_weights
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES

CHUNK = 500  # pictures per file on disk; an interruption loses at most one chunk
LONGEST_GAP = 0.4  # s without a face that are interpolated
_REST = 0.10  # quantile of a score taken as the resting face
_SHUT = 0.995  # quantile of the lids' scores taken as closed lids
_LEAST_SHUT = 0.3  # least score for that; below it, the video shows no closed lids
_SEEING = 0.35  # lids below which the gaze is readable
_LIDS = ("eyeBlinkLeft", "eyeBlinkRight")
_GAZE = tuple((f"eyeLook{one}{side}", f"eyeLook{other}{side}") for one, other in (("Out", "In"), ("Down", "Up"))
              for side in ("Left", "Right"))  # fmt: skip

_JAW, _CLOSE = ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthClose"]
_SLACK = 0.5 / FRAME_RATE  # s by which the first and last frame may lie outside the pictures
Detect = Callable[[np.ndarray], Reading | None]  # of a BGR picture


@dataclass(frozen=True)
class Readings:
    """Readings of the pictures with a face.

    Attributes:
        times: (n,) seconds.
        scores: (n, 52) of the landmarker, in ARKIT_NAMES order.
        transforms: (n, 4, 4) of the face, centimetres.
        openings: (n,) gap of the lips, 1 for the rig's full opening.
    """

    times: np.ndarray
    scores: np.ndarray
    transforms: np.ndarray
    openings: np.ndarray


def read_video(path: Path, detect: Detect, kept: Path) -> Iterator[int]:
    """Reads all pictures of a video; yields the number done. Chunks are stored in `kept` and not read again."""
    kept.mkdir(parents=True, exist_ok=True)
    chunk: list[tuple[float, Reading]] = []
    done = 0
    for number, (time, picture) in enumerate(pictures(path)):
        target = kept / f"{number // CHUNK:05d}.npz"
        if not target.exists():
            found = detect(picture)
            if found is not None:
                chunk.append((time, found))
            if number % CHUNK == CHUNK - 1:
                _store(target, chunk)
                chunk = []
        done = number + 1
        yield done
    target = kept / f"{max(done - 1, 0) // CHUNK:05d}.npz"
    if not target.exists():
        _store(target, chunk)


def _store(path: Path, chunk: list[tuple[float, Reading]]) -> None:
    partial = path.with_suffix(".part.npz")
    np.savez(
        partial,
        times=np.array([time for time, _ in chunk], np.float64),
        scores=np.array([reading.scores for _, reading in chunk], np.float32).reshape(-1, len(ARKIT_NAMES)),
        transforms=np.array([reading.transform for _, reading in chunk], np.float64).reshape(-1, 4, 4),
        openings=np.array([reading.opening for _, reading in chunk], np.float64),
    )
    partial.replace(path)


def load(kept: Path) -> Readings:
    """The readings that `read_video` stored in `kept`."""
    files = [np.load(path) for path in sorted(kept.glob("[0-9]*[0-9].npz"))]
    names = ("times", "scores", "transforms", "openings")
    return Readings(*(np.concatenate([file[name] for file in files]) for name in names))


def motion_of(readings: Readings) -> tuple[np.ndarray, np.ndarray]:
    """Motion float32 (frames, 58) at the middles of frames of 40 ms, and whether each frame has a face: bool (frames,).

    Rest is relative to the person: low quantiles of scores, the median gaze, and the most frequent head pose of the
    video.
    """
    times = readings.times
    pose = _poses(readings.transforms)
    values = np.concatenate([coefficients(readings.scores, readings.openings), pose], axis=1)
    frames = int(times[-1] * FRAME_RATE) + 1
    at = (np.arange(frames) + 0.5) / FRAME_RATE
    inside = (at > times[0] - _SLACK) & (at < times[-1] + _SLACK)
    after = np.clip(np.searchsorted(times, at), 1, len(times) - 1)
    seen = inside & (times[after] - times[after - 1] <= LONGEST_GAP)
    motion = np.stack([np.interp(at, times, column) for column in values.T], axis=1)
    return motion.astype(np.float32), seen


def coefficients(scores: np.ndarray, openings: np.ndarray) -> np.ndarray:
    """Coefficients (n, 52), 0 to 1, of a person's scores (n, 52): rest is 0, closed lids are 1, median gaze is ahead.

    jawOpen and mouthClose are set such that the aperture equals `openings` (n,): the score of jawOpen differs between
    people, and that of mouthClose is uninformative.
    """
    rest = np.quantile(scores, _REST, axis=0)
    values = np.clip((scores - rest) / np.maximum(1.0 - rest, 0.1), 0.0, 1.0)
    for name in _LIDS:
        lid = values[:, ARKIT_INDEX[name]]
        shut = np.quantile(lid, _SHUT)
        if shut >= _LEAST_SHUT:
            values[:, ARKIT_INDEX[name]] = np.clip(lid / shut, 0.0, 1.0)
    open_eyed = np.flatnonzero(values[:, [ARKIT_INDEX[name] for name in _LIDS]].max(axis=1) < _SEEING)
    for first, second in _GAZE:
        one, other = ARKIT_INDEX[first], ARKIT_INDEX[second]
        turned = scores[:, one] - scores[:, other]
        if len(open_eyed):  # with closing lids, the landmarker reports a downward gaze
            turned = np.interp(np.arange(len(turned)), open_eyed, turned[open_eyed])
        turned = turned - np.median(turned)
        values[:, one], values[:, other] = np.clip(turned, 0.0, 1.0), np.clip(-turned, 0.0, 1.0)
    values[:, [_JAW, _CLOSE]] = 0.0
    weights = aperture_weights()
    missing = np.maximum(openings - np.quantile(openings, _REST), 0.0) - values @ weights
    values[:, _JAW] = np.clip(missing, 0.0, 1.0)
    values[:, _CLOSE] = np.clip(missing / weights[_CLOSE], 0.0, 1.0)
    return values


def _poses(transforms: np.ndarray) -> np.ndarray:
    """Head poses (n, 6) relative to the picture with the pose nearest to the median."""
    plain = np.array([pose_of(transform, np.eye(4)) for transform in transforms])
    away = np.abs(plain - np.median(plain, axis=0)) / (plain.std(axis=0) + 1e-6)
    neutral = transforms[int(np.argmin(away.sum(axis=1)))]
    return np.array([pose_of(transform, neutral) for transform in transforms])
