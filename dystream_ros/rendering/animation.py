"""Moves the vertices, eyes and dimples of a portrait by coefficients and a head pose."""

import math

import numpy as np

from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.head_pose import rotation_matrix
from dystream_ros.rendering.portrait import Floats, Indices, Portrait

# The axes of a head pose (x out of the face, y left, z up) in those of the mesh (x left, y up, z out of the face).
MESH_FROM_POSE = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
# Largest turns of the eye in radians (about 30, 25 and 30 degrees); for larger ones, people turn the head as well.
LOOK_SIDE, LOOK_UP, LOOK_DOWN = 0.52, 0.42, 0.52
# Dimple: offset from the corner of the mouth (outwards, up, ahead) and half its height, in metres; share of light lost.
PIT, PIT_SIZE, PIT_SHADE = (0.0065, 0.0005, -0.002), 0.0120, 0.26
# Smile from which the lips part, and the coefficients that keep them together (their sum times SHUTTING, up to 1).
PARTING_SMILE, SHUTTING = 0.45, 2.5
SMILES, UPPER_LIP, LOWER_LIP = (
    tuple(ARKIT_INDEX[name + side] for side in ("Left", "Right"))
    for name in ("mouthSmile", "mouthUpperUp", "mouthLowerDown")
)
SHUT = tuple(
    ARKIT_INDEX[name]
    for name in (
        "mouthClose", "mouthPressLeft", "mouthPressRight", "mouthRollLower", "mouthRollUpper", "mouthPucker",
        "mouthFunnel",
    )
)  # fmt: skip


class Animation:
    """Moves the vertices of one portrait.

    Attributes:
        vertices: float32 (n, 3), metres in the axes of the camera: the result of the last `pose`, overwritten by the
            next.
        head: float32 (4, 4), from the head at rest to its pose, in the axes of the camera.
    """

    def __init__(self, portrait: Portrait) -> None:
        self._rest = np.ascontiguousarray(portrait.vertices, np.float32)
        # (3 m, 52): one matrix-vector product moves the whole face.
        self._shapes = np.ascontiguousarray(portrait.shapes.astype(np.float32).reshape(52, -1).T)
        # The displacement of every vertex by its row; those that expressions do not move have the last row, zero.
        self._displacement = np.zeros((len(portrait.shape_rows) + 1, 3), np.float32)
        self._row = np.full(len(self._rest), len(portrait.shape_rows), np.intp)
        self._row[portrait.shape_rows] = np.arange(len(portrait.shape_rows))
        self._follow = portrait.follow.astype(np.float32)[:, None]
        # From this vertex on all follow the head fully.
        self._rigid = int(np.flatnonzero(portrait.follow != 1).max(initial=-1)) + 1
        self._rotation = portrait.rotation.astype(np.float64)
        self._axes = self._rotation @ MESH_FROM_POSE
        self._corners = mouth_corners(portrait)
        self.vertices = self._rest.copy()
        self.head = np.eye(4, dtype=np.float32)

    def pose(self, values: Floats, head_pose: Floats) -> Floats:
        """Moves the vertices; returns `vertices`, float32 (n, 3), metres in the axes of the camera.

        Args:
            values: (52,) coefficients, clipped to 0..1.
            head_pose: (6,) roll, pitch, yaw (radians), x, y, z (metres), as in `face.motion`.
        Raises:
            ValueError: other sizes, or numbers that are not finite.
        """
        values, head_pose = checked(values, 52, "coefficients"), checked(head_pose, 6, "numbers of a head pose")
        moved = self.vertices
        # Not BLAS: on two cores its threads compete with those of the renderer and the engine.
        np.einsum("ij,j->i", self._shapes, self._bounded(values), out=self._displacement[:-1].reshape(-1))
        np.take(self._displacement, self._row, axis=0, out=moved, mode="clip")
        moved += self._rest
        turn = (self._axes @ rotation_matrix(head_pose) @ self._axes.T).astype(np.float32)
        shift = (self._axes @ head_pose[3:].astype(np.float64)).astype(np.float32)
        self.head[:3, :3], self.head[:3, 3] = turn, shift
        turned = moved @ turn.T
        turned += shift
        partly, rigid = moved[: self._rigid], moved[self._rigid :]
        partly += self._follow[: self._rigid] * (turned[: self._rigid] - partly)
        rigid[:] = turned[self._rigid :]
        return moved

    @staticmethod
    def _bounded(values: Floats) -> Floats:
        """Coefficients in 0..1; closed lids reduce those of the eye, and the jaw limits mouthClose."""
        bounded = np.clip(values, 0.0, 1.0)
        for side in ("Left", "Right"):
            open_share = 1.0 - bounded[ARKIT_INDEX[f"eyeBlink{side}"]]
            for name in ("eyeLookDown", "eyeLookUp", "eyeWide", "eyeSquint"):
                bounded[ARKIT_INDEX[name + side]] *= open_share
        close = ARKIT_INDEX["mouthClose"]
        bounded[close] = min(bounded[close], bounded[ARKIT_INDEX["jawOpen"]])
        # A broad smile parts the lips, unless something closes or rounds them.
        smile = bounded[list(SMILES)].min()
        if smile > PARTING_SMILE:
            part = (smile - PARTING_SMILE) / (1.0 - PARTING_SMILE)
            part *= part * (3.0 - 2.0 * part) * max(1.0 - SHUTTING * float(bounded[list(SHUT)].sum()), 0.0)
            for names, amount in ((UPPER_LIP, 0.55), (LOWER_LIP, 0.65)):
                bounded[list(names)] = np.maximum(bounded[list(names)], amount * part)
        return bounded

    def gaze(self, values: Floats) -> Floats:
        """Turn of the left and the right eye, float32 (2, 2): yaw to the head's left and pitch up, radians."""

        def value(name: str) -> float:
            return min(max(float(values[ARKIT_INDEX[name]]), 0.0), 1.0)

        turns = np.zeros((2, 2), np.float32)
        for eye, (side, outward) in enumerate((("Left", 1.0), ("Right", -1.0))):
            turns[eye, 0] = outward * LOOK_SIDE * (value(f"eyeLookOut{side}") - value(f"eyeLookIn{side}"))
            turns[eye, 1] = LOOK_UP * value(f"eyeLookUp{side}") - LOOK_DOWN * value(f"eyeLookDown{side}")
        return turns

    def dimples(self, values: Floats) -> Floats:
        """Dimples beside the left and the right corner of the mouth, float32 (2, 4).

        Each has x, y and half its height (metres in the axes of the camera), and the share of light that it loses.
        """
        pits = np.empty((2, 4), np.float32)
        for corner, (side, outward) in enumerate((("Left", 1.0), ("Right", -1.0))):
            away = self._rotation @ np.array([outward * PIT[0], *PIT[1:]])
            pits[corner, :2] = (self.vertices[self._corners[corner]] + self.head[:3, :3] @ away)[:2]
            pits[corner, 2] = PIT_SIZE
            pits[corner, 3] = PIT_SHADE * min(max(float(values[ARKIT_INDEX[f"mouthDimple{side}"]]), 0.0), 1.0)
        return pits

    def socket(self) -> Floats:
        """Rotation float32 (3, 3) from the axes of the head at its pose to those of the camera."""
        return (self.head[:3, :3] @ self._rotation).astype(np.float32)

    def eye_axes(self, yaw: float, pitch: float) -> Floats:
        """Rotation float32 (3, 3) from the axes of an eye (z out of the pupil) to those of the camera."""
        cy, sy, cp, sp = math.cos(yaw), math.sin(yaw), math.cos(pitch), math.sin(pitch)
        turn = np.array([[cy, -sy * sp, sy * cp], [0, cp, sp], [-sy, -cy * sp, cy * cp]])
        return (self.head[:3, :3] @ self._rotation @ turn).astype(np.float32)


def checked(numbers: Floats, count: int, what: str) -> Floats:
    """`numbers` as float32 (count,). Raises ValueError for another size or for numbers that are not finite."""
    array = np.asarray(numbers, np.float32)
    if array.shape != (count,):
        raise ValueError(f"expected {count} {what}, got an array of shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"expected finite {what}, got {array[~np.isfinite(array)][0]}")
    return array


def mouth_corners(portrait: Portrait) -> Indices:
    """The vertices at the left and the right corner of the mouth, int (2,)."""
    across = (portrait.vertices[portrait.lips] @ portrait.rotation)[:, 0]
    return portrait.lips[[int(across.argmax()), int(across.argmin())]]


def upper_lip_line(portrait: Portrait) -> Indices:
    """Vertices (3,) along the edge of the upper lip: its right corner, its middle and its left corner."""
    across = (portrait.vertices[portrait.lips] @ portrait.rotation)[:, 0]
    start, end = int(across.argmin()), int(across.argmax())
    upper = np.arange(min(start, end), max(start, end) + 1)
    middle = upper[np.abs(across[upper] - 0.5 * (across[start] + across[end])).argmin()]
    return portrait.lips[[start, middle, end]]


def mouth_flesh(portrait: Portrait) -> Floats:
    """Colour (3,) of the tongue, RGB, sRGB, 0 to 1: that of the flesh in this mouth, grey in a grey photo."""
    inside = np.unique(portrait.triangles_inside)
    tongue = inside[portrait.texture[inside, 1] > 0]
    return portrait.look[tongue if len(tongue) else inside, :3].mean(axis=0)


def dimple_places(portrait: Portrait) -> Floats:
    """The middles of the left and the right dimple at rest, (2, 3), metres in the axes of the camera."""
    away = np.array([PIT, (-PIT[0], *PIT[1:])]) @ portrait.rotation.T
    return portrait.vertices[mouth_corners(portrait)] + away
