"""Renders clips of portraits: endless, seeded, with random shape, light, background and camera."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dystream_lab.autoencoder.data import scenery
from dystream_lab.autoencoder.data.clips import STORED, begin, set_path, write_set
from dystream_lab.autoencoder.data.identity import other_shape
from dystream_lab.autoencoder.data.motions import Motions, random_motion
from dystream_lab.autoencoder.data.rigged_landmarks import Find, RiggedLandmarks
from dystream_ros.face.motion import MotionFrame
from dystream_ros.models.released.files.masked_portrait import square_about
from dystream_ros.rendering.animation import Animation
from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.portrait import Floats, Portrait, load_portrait
from dystream_ros.rendering.view import TRANSPARENT

_FINER = 1.4  # resolution of the drawing over that of the stored square
_VALID_EVERY = 12  # every twelfth set is for validation
_RESHAPED = 0.75  # share of the clips with another shape of the face


@dataclass(frozen=True)
class Rendering:
    """Settings of the rendered clips.

    Attributes:
        size: side of the stored squares, in pixels.
        frames: of each clip.
        gap: frames of motion between two that are drawn; in sets for validation 1.
        faces: of each set.
        seed: of motion, faces and scenes.
    """

    size: int
    frames: int = 24
    gap: int = 5
    faces: int = 2
    seed: int = 0


@dataclass
class Cast:
    """The faces to render, read from disk when they are needed.

    Attributes:
        names: names or paths of portraits, for training.
        unseen: the same, for validation only; those for training where empty.
        find: finds the landmarks of a picture.
    """

    names: Sequence[str]
    unseen: Sequence[str]
    find: Find
    _known: dict[str, tuple[Portrait, RiggedLandmarks]] = field(default_factory=dict)

    def of(self, name: str) -> tuple[Portrait, RiggedLandmarks]:
        """A portrait and its landmarks. Raises `PortraitError`, or ValueError if no face is found in it."""
        if name not in self._known:
            portrait = load_portrait(name)
            self._known[name] = portrait, RiggedLandmarks.of(portrait, self.find)
        return self._known[name]


def render_sets(
    folder: Path, count: int, cast: Cast, settings: Rendering, motions: Motions = random_motion, source: str = "random"
) -> Iterator[int]:
    """Renders sets 0 to `count` - 1 into a folder; yields each number when its set exists. Existing sets are kept.

    Args:
        motions: draws the motion of a set; `source` names it in the settings of the folder.

    Raises:
        ValueError: the folder was begun with other settings, or a portrait shows no face.
        PortraitError: a portrait is missing or damaged.
    """
    begin(
        folder,
        {"source": "rendered", "size": settings.size, "gap": settings.gap, "seed": settings.seed, "motion": source},
    )
    for number in range(count):
        split = "valid" if number % _VALID_EVERY == _VALID_EVERY - 1 or number == count - 1 else "train"
        path = set_path(folder, split, number)
        if not any(set_path(folder, each, number).exists() for each in ("train", "valid")):
            _render_set(path, split, cast, settings, motions, np.random.default_rng([settings.seed, number]))
        yield number


def _render_set(
    path: Path, split: str, cast: Cast, settings: Rendering, motions: Motions, rng: np.random.Generator
) -> None:
    gap = settings.gap if split == "train" else 1
    motion = motions(rng, settings.frames * gap)[::gap]
    names = list(cast.unseen if split == "valid" and cast.unseen else cast.names)
    chosen = [str(name) for name in rng.choice(names, min(settings.faces, len(names)), replace=False)]
    view = scenery.camera(rng)
    clips = [_clip(*cast.of(name), motion, view, settings.size, rng) for name in chosen]
    pictures, marks = zip(*clips, strict=True)
    write_set(path, [Path(name).stem for name in chosen], pictures, np.stack(marks), gap, motion)


def _clip(
    portrait: Portrait,
    rig: RiggedLandmarks,
    motion: Floats,
    view: NDArray[np.float64],
    size: int,
    rng: np.random.Generator,
) -> tuple[list[NDArray[np.uint8]], NDArray[np.float64]]:
    """Stored squares of one face, and its landmarks (frames, 478, 2) in sides of the square."""
    if rng.random() < _RESHAPED:
        portrait = other_shape(portrait, rng)
    light, noise = scenery.Light.drawn(rng), float(rng.uniform(0, 0.012))
    behind = scenery.background(rng, size)
    pictures, marks = [], []
    for layer, found in drawn(portrait, rig, motion, size, view):
        person = light.on(layer[..., :3]) * layer[..., 3:]
        pictures.append(scenery.sensed(rng, person + behind * (1 - layer[..., 3:]), noise))
        marks.append(found)
    return pictures, np.stack(marks)


def drawn(
    portrait: Portrait, rig: RiggedLandmarks, motion: Floats, size: int, view: NDArray[np.float64] | None = None
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float64]]]:
    """The stored square of each frame without a background, float32 (size, size, 4), BGR and alpha, 0 to 1, and its
    landmarks (478, 2) in sides of the square.

    The square is that of the face at rest, for all frames.

    Args:
        motion: (frames, 58).
        view: of `scenery.camera`; None shows the face in the middle, upright.
    """
    animation, lens = Animation(portrait), Camera(*portrait.camera.tolist())
    animation.pose(np.zeros(52, np.float32), np.zeros(6, np.float32))
    left, top, side = square_about(rig.at(portrait, animation, lens, np.zeros(52, np.float32)), STORED)
    photo = portrait.image.shape[0]
    drawing = int(np.clip(_FINER * size * photo / side, size, 2 * photo))
    with open_renderer(portrait, drawing, drawing, background=TRANSPARENT) as renderer:
        zoom, shift = renderer.view.placed(portrait)
        onto = _onto(left, top, side, size, view)  # from the photo to the square
        inverse = onto @ np.vstack([np.column_stack([np.eye(2) / zoom, -shift / zoom]), [0, 0, 1]])
        middle = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])  # OpenCV counts from the middle of a pixel
        warp = (middle @ np.vstack([inverse, [0, 0, 1]]) @ np.linalg.inv(middle))[:2]
        for frame, row in enumerate(np.asarray(motion, np.float32)):
            picture = renderer.render(MotionFrame(frame, row[:52], row[52:])).astype(np.float32) / 255
            animation.pose(row[:52], row[52:])
            marks = rig.at(portrait, animation, lens, row[:52])
            picture[..., :3] *= picture[..., 3:]
            blurred = cv2.GaussianBlur(picture, (0, 0), 0.4 * _FINER)
            square = cv2.warpAffine(
                blurred, warp, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            square[..., :3] /= np.maximum(square[..., 3:], 1e-3)
            yield np.clip(square, 0, 1), (marks @ onto[:, :2].T + onto[:, 2]) / size


def _onto(left: int, top: int, side: int, size: int, view: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """The map (2, 3) from pixels of the photo to pixels of the stored square."""
    turned = np.eye(2, 3) if view is None else view
    scale = size / side
    middle = np.array([left, top]) + side / 2
    linear = scale * turned[:, :2]
    return np.column_stack([linear, size / 2 + size * turned[:, 2] - linear @ middle])
