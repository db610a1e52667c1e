"""The generic head: a mesh with eyes, teeth and tongue, its 52 ARKit shapes and a space of identities."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.portraits.rounding import rounded
from dystream_ros.rendering.portrait import Floats, Indices

HEAD_PATH = Path(__file__).parent.parent / "assets" / "head" / "head.npz"
# Factors for shapes that are faint on the generic head; with them the coefficient can be recognised in the picture. A
# dimple comes mostly from its companions and its shade (`Animation.dimples`), less from the generic shape.
GAINS = {
    "cheekPuff": 1.7,
    "noseSneer": 1.6,
    "mouthFrown": 1.5,
    "jawLeft": 1.65,
    "jawRight": 1.65,
    "mouthStretch": 1.3,
    "cheekSquint": 1.4,
    "browDown": 1.25,
    "mouthShrugLower": 1.3,
    "mouthLowerDown": 1.3,
    "browOuterUp": 1.15,
    "eyeLookDown": 1.3,
    "mouthUpperUp": 1.15,
    "mouthPucker": 1.15,
    "mouthDimple": 0.3,
    "mouthLeft": 1.4,
    "mouthRight": 1.4,
}
# Companions of a shape in a living face that the generic shape lacks: lids follow the gaze, lips the jaw; a dimple
# tightens the corner and draws it up, pressed lips roll in and draw their corners down, a raised chin lifts both lips,
# a smile raises the cheek. A one-sided shape takes only its side of a companion of the whole mouth.
ALONG = {
    "eyeLookUp": {"eyeWide": 0.6},
    "eyeLookDown": {"eyeBlink": 0.12},
    "jaw": {"mouth": 0.25},
    "mouthDimple": {"mouthSmile": 0.35, "mouthPress": 0.6, "mouthRollLower": 0.5, "mouthRollUpper": 0.35},
    "mouthPress": {"mouthRollLower": 0.7, "mouthRollUpper": 0.5, "mouthFrown": 0.2},
    "mouthLowerDown": {"jawOpen": 0.06},
    "mouthShrugUpper": {"mouthShrugLower": 0.3},
    "mouthSmile": {"cheekSquint": 0.4, "mouthStretch": 0.15},
}
# Share of a shape's sideways motion that is kept; all of it would draw the corner of the mouth into a spike, or a smile
# into a slit across the cheeks.
TO_THE_SIDE = {"mouthDimple": 0.4, "mouthSmile": 0.78}
SIDE_REACH = 0.012  # metres to either side of the middle over which the two sides blend
PARTS = ("skin", "left_eye", "right_eye", "upper_teeth", "lower_teeth", "tongue", "lashes")


@dataclass(frozen=True)
class Head:
    """The mesh in metres: x to the head's own left, y up, z out of the face; the origin is the joint under the skull.

    Attributes:
        vertices: float32 (n, 3), the mean of the sampled adults, mouth closed, eyes open.
        triangles: int32 (t, 3).
        parts: uint8 (t,), index into `PARTS` of each triangle.
        uv: float32 (n, 2), texture coordinates of MakeHuman.
        shapes: float32 (52, n, 3), displacement of each ARKit coefficient at 1.
        identity: float32 (k, n, 3), displacement of one standard deviation of each principal component.
        landmark_vertices, landmark_weights: int32 and float32 (468, 3), place of each landmark on the skin.
        lips_inner, lips_outer: int32 (38,), closed loops: the line where the lips meet, the border of the red.
        left_eyelids, right_eyelids: int32 (28,), closed loops along the margins of the lids.
    """

    vertices: Floats
    triangles: Indices
    parts: Indices
    uv: Floats
    shapes: Floats
    identity: Floats
    landmark_vertices: Indices
    landmark_weights: Floats
    lips_inner: Indices
    lips_outer: Indices
    left_eyelids: Indices
    right_eyelids: Indices

    def triangles_of(self, *names: str) -> Indices:
        """Triangles (t, 3) of the named parts."""
        return self.triangles[np.isin(self.parts, [PARTS.index(name) for name in names])]


@lru_cache(maxsize=1)
def load_head() -> Head:
    """The head that ships with the package, read once (5 ms); do not change its arrays."""
    with np.load(HEAD_PATH, allow_pickle=False) as data:
        triangles = data["triangles"].astype(np.int32)
        shapes = rounded(
            data["shapes"].astype(np.float32),
            data["vertices"],
            triangles[data["parts"] == PARTS.index("skin")],
            data["lips_inner"],
            np.concatenate([data["left_eyelids"], data["right_eyelids"]]),
        )
        return Head(
            vertices=data["vertices"],
            triangles=triangles,
            parts=data["parts"],
            uv=data["uv"].astype(np.float32),
            shapes=_amplified(shapes, data["vertices"]),
            identity=data["identity"].astype(np.float32) * data["identity_steps"][:, None, None],
            landmark_vertices=data["landmark_vertices"].astype(np.int32),
            landmark_weights=data["landmark_weights"],
            **{
                name: data[name].astype(np.int32)
                for name in ("lips_inner", "lips_outer", "left_eyelids", "right_eyelids")
            },
        )


def _amplified(shapes: Floats, vertices: Floats) -> Floats:
    """Shapes (52, n, 3) with `GAINS` and the companions of `ALONG`."""
    found = [next((gain for start, gain in GAINS.items() if name.startswith(start)), 1.0) for name in ARKIT_NAMES]
    shapes = shapes * np.array(found, np.float32)[:, None, None]
    result = shapes.copy()
    left = 0.5 + 0.5 * np.sin(0.5 * np.pi * np.clip(vertices[:, :1] / SIDE_REACH, -1, 1))
    sides = {"Left": left, "Right": 1 - left, "": np.ones_like(left)}
    for stem, companions in ALONG.items():
        for side, share in sides.items():
            if stem + side not in ARKIT_INDEX:
                continue
            for other, amount in companions.items():
                sided = other + side in ARKIT_INDEX
                moved = shapes[ARKIT_INDEX[other + side if sided else other]]
                result[ARKIT_INDEX[stem + side]] += amount * (moved if sided else share * moved)
            result[ARKIT_INDEX[stem + side], :, 0] *= TO_THE_SIDE.get(stem, 1.0)
    return result
