"""Lips read from video: motion is rendered into an mp4 and read back with the face landmarker.

The landmarks give the gap between the inner lips and the width of the mouth, in units of the distance between the outer
corners of the eyes. Pictures of known coefficients map them to the portrait's full opening and pucker. The resulting
motion goes through the measures of lips.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import av
import numpy as np
import soxr
from tqdm import tqdm

from dystream_lab.evaluation.measures import lips
from dystream_lab.evaluation.measures.intervals import Summary, bootstrap
from dystream_lab.evaluation.rows.catalogue import Row
from dystream_lab.evaluation.sets.target import target_of
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import FRAME_RATE, SAMPLE_RATE
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.motion import MotionFrame
from dystream_ros.portraits.landmarks import Face
from dystream_ros.recording.video_file import SOUND_RATE, VideoFile
from dystream_ros.rendering.interfaces import Renderer

# Landmarks of MediaPipe's face mesh: inner lips at mid-mouth, corners of the mouth, outer corners of the eyes.
_UPPER, _LOWER = (13, 82, 312), (14, 87, 317)
_CORNERS = (61, 291)
_EYES = (33, 263)
_STEPS = np.linspace(0.0, 1.0, 11)
_FACE = 52


class Finder(Protocol):
    """Finds faces in a BGR picture (height, width, 3): `portraits.landmarks.Landmarker`, or a stand-in in tests."""

    def detect(self, image: np.ndarray) -> list[Face]: ...


@dataclass(frozen=True)
class Scale:
    """Gap and width (11,) of a portrait's mouth at each of `_STEPS` of jawOpen and mouthPucker."""

    gaps: np.ndarray
    widths: np.ndarray

    def motion(self, seen: np.ndarray) -> np.ndarray:
        """Motion float32 (frames, 58) of gaps and widths (frames, 2): jawOpen is the aperture, mouthPucker rounding.

        Frames without a face (NaN) are interpolated linearly.
        """
        held = _without_gaps(seen)
        motion = np.zeros((len(seen), 58), np.float32)
        motion[:, ARKIT_INDEX["jawOpen"]] = np.interp(held[:, 0], np.maximum.accumulate(self.gaps), _STEPS)
        narrower = np.maximum.accumulate(-self.widths)
        motion[:, ARKIT_INDEX["mouthPucker"]] = np.interp(-held[:, 1], narrower, _STEPS)
        return motion


def gap_and_width(landmarks: np.ndarray) -> np.ndarray:
    """Gap between the inner lips and width of the mouth, (2,), in distances between the outer corners of the eyes.

    Args:
        landmarks: (478, 2), pixels.
    """
    eyes = np.linalg.norm(landmarks[_EYES[0]] - landmarks[_EYES[1]])
    gap = np.linalg.norm(landmarks[list(_UPPER)].mean(0) - landmarks[list(_LOWER)].mean(0))
    width = np.linalg.norm(landmarks[_CORNERS[0]] - landmarks[_CORNERS[1]])
    return np.array([gap, width]) / eyes


def scale_of(renderer: Renderer, finder: Finder) -> Scale:
    """The scale of a renderer's portrait. Raises ValueError when the landmarker finds no face in its pictures."""

    def seen(name: str, value: float) -> np.ndarray:
        values = np.zeros(_FACE, np.float32)
        values[ARKIT_INDEX[name]] = value
        found = finder.detect(renderer.render(MotionFrame(0, values, np.zeros(6, np.float32)))[:, :, :3])
        if not found:
            raise ValueError(f"no face is found in the portrait at {name} {value:.1f}; choose a portrait of a person")
        return gap_and_width(found[0].landmarks)

    opening = np.array([seen("jawOpen", value) for value in _STEPS])
    puckering = np.array([seen("mouthPucker", value) for value in _STEPS])
    return Scale(opening[:, 0], puckering[:, 1])


def write(path: Path, motion: np.ndarray, samples: np.ndarray, renderer: Renderer, quality: int = 20) -> None:
    """Writes an mp4 of motion (frames, 58) with sound float32 (n,), 16 kHz, or two voices as stereo, (2, n)."""
    channels = np.atleast_2d(samples)
    layout = "mono" if len(channels) == 1 else "stereo"
    video = VideoFile(path, renderer.view.width, renderer.view.height, FRAME_RATE, quality, layout)
    try:
        for frame, numbers in enumerate(motion):
            picture = renderer.render(MotionFrame(frame, numbers[:_FACE], numbers[_FACE:]))
            video.add_picture(np.ascontiguousarray(picture[:, :, :3]))
        video.add_sound(soxr.resample(channels.T, SAMPLE_RATE, SOUND_RATE).T.astype(np.float32))
    finally:
        video.close()


def read(path: Path, finder: Finder) -> np.ndarray:
    """Gap and width (frames, 2) of the face in each picture of a video; NaN without a face."""
    seen = []
    for picture in _pictures(path):
        faces = finder.detect(picture)
        seen.append(gap_and_width(faces[0].landmarks) if faces else np.full(2, np.nan))
    return np.array(seen).reshape(-1, 2)


def _pictures(path: Path) -> Iterator[np.ndarray]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="bgr24")


def _without_gaps(seen: np.ndarray) -> np.ndarray:
    known = np.flatnonzero(~np.isnan(seen[:, 0]))
    if not len(known):
        raise ValueError("the landmarker finds no face in any picture of the video")
    return np.stack([np.interp(np.arange(len(seen)), known, seen[known, column]) for column in (0, 1)], 1)


def measure(
    row: Row, utterances: Sequence[Utterance], renderer: Renderer, finder: Finder, folder: Path
) -> dict[str, Summary]:
    """Lip measures of a row's motion, and of its videos: "motion" and "picture".

    The videos stay in `folder` as `<row>-<recording>-<seed>.mp4`. Measures of F and V are left out: landmarks do not
    show contact with the teeth.
    """
    scale = scale_of(renderer, finder)
    folder.mkdir(parents=True, exist_ok=True)
    tallies: dict[str, list[np.ndarray]] = {"motion": [], "picture": []}
    videos = [(seed, *each) for seed in range(row.seeds) for each in zip(utterances, row.motions(utterances, seed))]
    for seed, utterance, motion in tqdm(videos, desc=row.name, unit="video", disable=None):
        path = folder / f"{row.name.replace('/', '_')}-{utterance.name}-{seed}.mp4"
        write(path, motion, utterance.samples, renderer)
        seen = scale.motion(read(path, finder))
        target = target_of(utterance)
        tallies["motion"].append(lips.tally(target, motion))
        tallies["picture"].append(lips.tally(target, seen))
    by_seed = (row.seeds, len(utterances), -1)
    return {name: bootstrap(np.array(of).reshape(by_seed), _of_lips) for name, of in tallies.items()}


def _of_lips(sums: np.ndarray) -> dict[str, np.ndarray]:
    return {name: value for name, value in lips.measures(sums).items() if "F V" not in name}
