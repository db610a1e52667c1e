"""The head of a drawn face: the generic head bent to the proportions of a drawing, with its 52 shapes."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import RBFInterpolator

from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.portraits.contact import meet
from dystream_ros.portraits.fit import Fit
from dystream_ros.portraits.head import Head
from dystream_ros.portraits.round_lips import REACH, round_lips
from dystream_ros.portraits.skin import BLINKS, OVAL
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.mesh import halves
from dystream_ros.rendering.portrait import Floats

# Landmarks of the MediaPipe face mesh.
NOSE = (4, 1, 2, 98, 327, 129, 358, 195, 197, 6, 168)
BROWS = ((70, 63, 105, 66, 107), (300, 293, 334, 296, 336))
NOSE_MIDDLE = (0.0, -10.0)
NECK_ANCHORS = ((-62, -135), (0, -140), (62, -135))
LEAST_IRIS = 0.00015  # metres; too small to be seen, while a file of a portrait accepts it
LOWER = 0.0012  # metres by which the iris lies below the middle of the open eye
GENERIC_MOUTH = 43.0  # millimetres
UNSMILING = {"mouthFunnel": 1.0, "mouthPucker": 1.0, "jawOpen": 0.9, "mouthFrown": 0.5}
LEAST_DISPLACEMENT = 2e-5  # metres


@dataclass(frozen=True)
class Proportions:
    """Where the features of a drawing lie; millimetres, x to the head's left, y up, in the axes of `Head`.

    Attributes:
        eye: x and y of the middle of the left eye.
        eye_size: half of its width and of its height.
        eye_squareness: 2 for an ellipse, more for a rounded rectangle.
        eye_tilt: by how much its outer corner lies above the inner one.
        mouth: y of the line of the lips.
        mouth_half: half of its width.
        smile: by how much its corners lie above its middle at rest.
        lips: thickness over that of the generic lips.
        face_half, chin, crown: half of the width of the face, y of chin and of the hairline.
        jaw: exponent of the outline below the eyes: 2 for a round jaw, more for a square one.
        nose: its size over that of the generic nose.
        brow: y of the middle of the brows.
        amounts: size of shapes of the lower face over that of the generic head, by the start of their names.
        ball: radius of the eyeball over half of the width of the eye.
        iris: radius of the iris over half of the width of the eye; 0 for eyes without one.
        funnel: half of the width and of the height of the opening of mouthFunnel, millimetres.
        depth: depth of the face over that of the generic head.
    """

    eye: tuple[float, float] = (34.0, 14.0)
    eye_size: tuple[float, float] = (18.5, 17.0)
    eye_squareness: float = 2.3
    eye_tilt: float = 2.0
    mouth: float = -36.0
    mouth_half: float = 20.0
    smile: float = 6.5
    lips: float = 0.72
    face_half: float = 70.0
    chin: float = -68.0
    crown: float = 86.0
    jaw: float = 2.0
    nose: float = 0.7
    brow: float = 47.0
    amounts: tuple[tuple[str, float], ...] = (("jaw", 0.85), ("mouthClose", 0.85), ("mouthSmile", 0.75))
    ball: float = 1.5
    iris: float = 0.66
    funnel: tuple[float, float] = (11.0, 9.0)
    depth: float = 0.5


@dataclass(frozen=True)
class DrawnHead:
    """A head in front of the camera; metres in the axes of the camera.

    Attributes:
        fit: as of a photo. Its `seen` has shut eyes, so that the drawing shows all of the lids.
        eye_centres, eyes: as in `Portrait`.
        landmarks: (468, 2), pixels of the drawing, with open eyes.
    """

    fit: Fit
    eye_centres: Floats
    eyes: Floats
    landmarks: Floats

    def pixels(self, points: Floats) -> Floats:
        """Pixels (n, 2) of points (n, 3)."""
        return self.fit.camera.project(points)

    @property
    def millimetre(self) -> float:
        """Pixels of a millimetre at the depth of the face."""
        camera = self.fit.camera
        return 0.001 * camera.scale * camera.distance / (camera.distance - float(self.fit.neutral[:, 2].max()))


def drawn_head(head: Head, proportions: Proportions, size: int, share: float, middle: float) -> DrawnHead:
    """The generic head in the proportions of a drawing.

    Args:
        size: pixels of a side of the drawing.
        share: height of the drawing over that of the face.
        middle: height of the middle of the face in the drawing, as a share of it from the top.
    """
    bend = _bend(head, proportions)
    vertices = bend(head.vertices.astype(np.float64))
    shapes = np.zeros_like(head.shapes, dtype=np.float64)
    for name, number in ARKIT_INDEX.items():
        shape = head.shapes[number].astype(np.float64)
        moved = np.flatnonzero(np.abs(shape).max(axis=1) > LEAST_DISPLACEMENT)
        if not name.startswith(("eye", "brow")):
            scale = next((value for start, value in proportions.amounts if name.startswith(start)), 1.0)
            wide = 2 * proportions.mouth_half / GENERIC_MOUTH
            shapes[number] = scale * shape * [wide**2 if name in ("mouthFunnel", "mouthPucker") else wide, 1.0, 1.0]
        elif len(moved):
            shapes[number, moved] = bend(head.vertices[moved] + shape[moved]) - vertices[moved]
    # Lips that open or become round leave the smile that they rest in.
    curve = vertices - _bend(head, replace(proportions, smile=0.0))(head.vertices.astype(np.float64))
    for start, less in UNSMILING.items():
        for name, number in ARKIT_INDEX.items():
            if name.startswith(start):
                shapes[number] -= less * curve
    width, height = (0.001 * half for half in proportions.funnel)
    shapes[ARKIT_INDEX["mouthFunnel"], :, :2] = round_lips(
        vertices, head.vertices, head.triangles_of("skin"), head.lips_inner, (width, height), REACH
    )
    vertices[:, 2] *= proportions.depth
    shapes[..., 2] *= proportions.depth
    marks = np.einsum("lkd,lk->ld", vertices[head.landmark_vertices], head.landmark_weights)
    low, high = marks.min(axis=0), marks.max(axis=0)
    scale = size / (share * (high[1] - low[1]))
    camera = Camera(scale=scale, x=size / 2, y=middle * size + scale * (low[1] + high[1]) / 2)
    fit = Fit(
        camera=camera, rotation=np.eye(3), neutral=vertices.astype(np.float32), seen=vertices.astype(np.float32),
        shapes=shapes.astype(np.float32), expression=np.zeros(52, np.float32), residual=0.0,
    )  # fmt: skip
    centres, eyes = [], []
    for loop in (head.left_eyelids, head.right_eyelids):
        lids = vertices[loop]
        half = np.ptp(lids[:, 0]) / 2
        ball, iris = proportions.ball * half, max(proportions.iris * half, LEAST_IRIS)
        front = float(np.percentile(lids[:, 2], 75)) + 0.0004
        centres.append([lids[:, 0].mean(), (lids[:, 1].min() + lids[:, 1].max()) / 2 - LOWER, front - ball])
        eyes.append([ball, iris, 0.0, 0.0])
    places, sizes = np.array(centres, np.float32), np.array(eyes, np.float32)
    met = meet(head, fit, np.hstack([places, sizes[:, :1]]))
    shut = np.zeros(52, np.float32)
    shut[list(BLINKS)] = 1.0
    met = replace(met, seen=met.neutral + np.tensordot(shut, met.shapes, 1), expression=shut)
    landmarks = np.einsum("lkd,lk->ld", met.neutral[head.landmark_vertices], head.landmark_weights)
    return DrawnHead(met, places, sizes, camera.project(landmarks))


def _bend(head: Head, wanted: Proportions) -> Callable[[Floats], Floats]:
    """A function that moves points (n, 3), metres, from the generic head to the proportions of a drawing."""
    vertices = 1000 * head.vertices.astype(np.float64)
    marks = np.einsum("lkd,lk->ld", vertices[head.landmark_vertices], head.landmark_weights)[:, :2]
    sources: list[Floats] = []
    targets: list[Floats] = []

    def pin(source: Floats, target: Floats) -> None:
        sources.append(np.asarray(source, np.float64).reshape(-1, 2))
        targets.append(np.asarray(target, np.float64).reshape(-1, 2))

    for side, loop in ((1.0, head.left_eyelids), (-1.0, head.right_eyelids)):
        for row, up in zip(halves(loop, head.vertices), (1.0, -1.0), strict=True):
            points = vertices[row, :2]
            across = np.clip(2 * (points[:, 0] - points[0, 0]) / (points[-1, 0] - points[0, 0]) - 1, -1, 1)
            angle = 0.5 * np.pi * across
            power = 2 / wanted.eye_squareness
            x = np.sign(across) * np.abs(np.sin(angle)) ** power * wanted.eye_size[0]
            y = up * np.maximum(np.cos(angle), 0) ** power * wanted.eye_size[1]
            y += 0.5 * wanted.eye_tilt * across * side
            shown = slice(None) if up > 0 else slice(1, -1)
            pin(points[shown], np.stack([side * wanted.eye[0] + x, wanted.eye[1] + y], 1)[shown])
    upper, _ = halves(head.lips_inner, head.vertices)
    line = vertices[upper, :2]
    half, level = 0.5 * np.ptp(line[:, 0]), line[:, 1].mean()
    middle = 0.5 * (line[0, 0] + line[-1, 0])

    def on_mouth(points: Floats, thick: float) -> Floats:
        across = (points[:, 0] - middle) / half
        rise = wanted.smile * (np.abs(across) ** 2 - 0.35)
        return np.stack(
            [wanted.mouth_half * across, wanted.mouth + rise + thick * (points[:, 1] - level) * 1.0], axis=1
        )

    pin(line[::2], on_mouth(np.stack([line[::2, 0], np.full(len(line[::2]), level)], 1), 0.0))
    outer = vertices[head.lips_outer, :2][::2]
    pin(outer, on_mouth(outer, wanted.lips))
    oval = marks[list(OVAL)]
    centre = 0.5 * (oval[:, 1].max() + oval[:, 1].min())
    for point in oval:
        angle = np.arctan2((point[1] - centre) / 78, point[0] / 68)
        power = 2 / (wanted.jaw if np.sin(angle) < 0 else 2.3)
        x = wanted.face_half * np.sign(np.cos(angle)) * abs(np.cos(angle)) ** power
        top, low = wanted.crown, wanted.chin
        level_of_eyes = 0.5 * (top + low) + 4
        reach = (top if np.sin(angle) > 0 else low) - level_of_eyes
        pin(point, np.array([x, level_of_eyes + reach * abs(np.sin(angle)) ** power]))
    nose = marks[list(NOSE)]
    pin(nose, wanted.nose * (nose - NOSE_MIDDLE) + NOSE_MIDDLE)
    for brow in BROWS:
        points = marks[list(brow)]
        pin(points, points * [1.0, 0.8] + [0, wanted.brow - 0.8 * points[:, 1].mean()])
    pin(np.array(NECK_ANCHORS), np.array(NECK_ANCHORS))
    places, first = np.unique(np.concatenate(sources).round(3), axis=0, return_index=True)
    field = RBFInterpolator(
        places, np.concatenate(targets)[first] - places, kernel="thin_plate_spline", smoothing=0.02, degree=1
    )

    def bend(points: Floats) -> Floats:
        moved = points.copy()
        flat = np.clip(1000 * points[:, :2], (-110, -140), (110, 130))
        moved[:, :2] += 0.001 * field(flat)
        return moved

    return bend
