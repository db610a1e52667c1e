"""The landmarks of a rendered face, without a landmarker in every picture.

MediaPipe finds the 478 landmarks once, in one picture of the portrait; each is tied to the triangle of the mesh below
it, and moves with the mesh from then on.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.face.motion import MotionFrame
from dystream_ros.rendering.animation import Animation
from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.portrait import Floats, Indices, Picture, Portrait

Find = Callable[[Picture], Floats | None]  # BGR picture -> landmarks (478, 2) in pixels, or None without a face

_SIDE = 640  # pixels of the picture in which the landmarks are found
# The lips are apart in it: the edges of closed lips lie on each other, and a landmark could be tied to the wrong one.
_APART = 0.25
_IRISES = (slice(468, 473), slice(473, 478))
_SOLID = 0.3  # opacity from which a vertex is part of the face


@dataclass(frozen=True)
class RiggedLandmarks:
    """Landmarks tied to a mesh.

    Attributes:
        corners, weights: (478, 3), vertices of the triangle below each and their shares.
        eyes: (2,), which eye of the portrait (0 left, 1 right) the landmarks 468 to 472 and 473 to 477 belong to.
        rims: (2, 5, 2), offsets of these from the pupil, pixels of the photo.
    """

    corners: Indices
    weights: Floats
    eyes: Indices
    rims: Floats

    @classmethod
    def of(cls, portrait: Portrait, find: Find) -> "RiggedLandmarks":
        """The landmarks of a portrait.

        Raises:
            ValueError: the landmarker finds no face in its picture.
        """
        values = np.zeros(len(ARKIT_NAMES), np.float32)
        values[ARKIT_INDEX["jawOpen"]] = _APART
        motion = MotionFrame(0, values, np.zeros(6, np.float32))
        with open_renderer(portrait, _SIDE, _SIDE) as renderer:
            found = find(renderer.render(motion))
            zoom, shift = renderer.view.placed(portrait)
        if found is None:
            raise ValueError("no face is found in the picture of a portrait, so its landmarks cannot follow the mesh")
        marks = (np.asarray(found, np.float64)[:, :2] - shift) / zoom  # pixels of the photo
        animation, camera = Animation(portrait), Camera(*portrait.camera.tolist())
        posed = animation.pose(motion.values, motion.head_pose).copy()
        skin = portrait.triangles_skin.astype(np.int64)
        skin = skin[portrait.opacity[skin].min(1) > _SOLID]
        corners, weights = _below(marks, camera.project(posed), posed[:, 2], skin)
        pupils = _pupils(portrait, animation, camera, motion.values)
        middles = np.stack([marks[rim].mean(0) for rim in _IRISES])
        eyes = np.linalg.norm(middles[:, None] - pupils[None], axis=2).argmin(1)
        rims = np.stack([marks[rim] - pupils[eye] for rim, eye in zip(_IRISES, eyes, strict=True)])
        return cls(corners, weights, eyes, rims)

    def at(self, portrait: Portrait, animation: Animation, camera: Camera, values: Floats) -> Floats:
        """Landmarks (478, 2), pixels of the photo, of the pose that `animation` was moved to last."""
        pixels = camera.project(animation.vertices)
        marks = (pixels[self.corners] * self.weights[..., None]).sum(1)
        pupils = _pupils(portrait, animation, camera, values)
        for rim, eye, offsets in zip(_IRISES, self.eyes, self.rims, strict=True):
            marks[rim] = pupils[eye] + offsets
        return marks


def _pupils(portrait: Portrait, animation: Animation, camera: Camera, values: Floats) -> Floats:
    """The pupils of the left and the right eye, (2, 2), pixels of the photo."""
    places = []
    for centre, (ball, _, yaw, pitch), turn in zip(
        portrait.eye_centres, portrait.eyes, animation.gaze(values), strict=True
    ):
        axes = animation.eye_axes(float(yaw + turn[0]), float(pitch + turn[1]))
        places.append(animation.head[:3, :3] @ centre + animation.head[:3, 3] + ball * axes[:, 2])
    return camera.project(np.array(places))


def _below(marks: Floats, pixels: Floats, depth: Floats, triangles: Indices) -> tuple[Indices, Floats]:
    """The triangle nearest to the lens below each mark, and the shares of its corners; beside the mesh the nearest."""
    a, b, c = (pixels[triangles[:, k]].astype(np.float64) for k in range(3))
    whole = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    whole = np.where(np.abs(whole) < 1e-9, 1e-9, whole)
    corners, weights = np.zeros((len(marks), 3), np.int64), np.zeros((len(marks), 3))
    middles = (a + b + c) / 3
    for number, (x, y) in enumerate(marks):
        second = ((x - a[:, 0]) * (c - a)[:, 1] - (y - a[:, 1]) * (c - a)[:, 0]) / whole
        third = ((b - a)[:, 0] * (y - a[:, 1]) - (b - a)[:, 1] * (x - a[:, 0])) / whole
        shares = np.stack([1 - second - third, second, third], axis=1)
        inside = np.flatnonzero((shares >= -1e-6).all(1))
        if len(inside):
            chosen = inside[(shares[inside] * depth[triangles[inside]]).sum(1).argmax()]
            weights[number] = shares[chosen]
        else:
            chosen = int(np.square(middles - (x, y)).sum(1).argmin())
            weights[number] = np.clip(shares[chosen], 0, 1) / np.clip(shares[chosen], 0, 1).sum()
        corners[number] = triangles[chosen]
    return corners, weights
