"""The generic head: a mesh with eyes, teeth and tongue, its 52 ARKit shapes and a space of identities."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from dystream_ros.face.arkit import ARKIT_NAMES

HEAD_PATH = Path(__file__).parent.parent / "assets" / "head" / "head.npz"
# Shapes that are faint on the generic head; so much stronger, the coefficient can be named from the picture.
GAINS = {
    "cheekPuff": 1.7,
    "noseSneer": 1.6,
    "mouthFrown": 1.5,
    "jawLeft": 1.4,
    "jawRight": 1.4,
    "mouthStretch": 1.3,
    "cheekSquint": 1.4,
    "browDown": 1.25,
    "mouthShrugLower": 1.3,
}
PARTS = ("skin", "left_eye", "right_eye", "upper_teeth", "lower_teeth", "tongue", "lashes")


@dataclass(frozen=True)
class Head:
    """The mesh in metres: x to the head's own left, y up, z out of the face; the origin is the joint under the skull.

    Attributes:
        vertices: float32 (n, 3), the mean of the sampled adults, mouth closed, eyes open.
        triangles: int32 (t, 3).
        parts: uint8 (t,), index into `PARTS` of each triangle.
        uv: float32 (n, 2), MakeHuman's own texture coordinates.
        shapes: float32 (52, n, 3), displacement of each ARKit coefficient at 1.
        identity: float32 (k, n, 3), displacement of one standard deviation of each principal component.
        landmark_vertices, landmark_weights: int32 and float32 (468, 3), where on the skin each landmark lies.
        lips_inner, lips_outer: int32 (38,), closed loops: the line where the lips meet, the border of the red.
        left_eyelids, right_eyelids: int32 (28,), closed loops along the margins of the lids.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    parts: np.ndarray
    uv: np.ndarray
    shapes: np.ndarray
    identity: np.ndarray
    landmark_vertices: np.ndarray
    landmark_weights: np.ndarray
    lips_inner: np.ndarray
    lips_outer: np.ndarray
    left_eyelids: np.ndarray
    right_eyelids: np.ndarray

    def triangles_of(self, *names: str) -> np.ndarray:
        """Triangles (t, 3) of the named parts."""
        return self.triangles[np.isin(self.parts, [PARTS.index(name) for name in names])]


@lru_cache(maxsize=1)
def load_head() -> Head:
    """Reads the head that ships with the package (read-only; 5 ms)."""
    found = [next((gain for start, gain in GAINS.items() if name.startswith(start)), 1.0) for name in ARKIT_NAMES]
    gains = np.array(found, np.float32)
    with np.load(HEAD_PATH, allow_pickle=False) as data:
        return Head(
            vertices=data["vertices"],
            triangles=data["triangles"].astype(np.int32),
            parts=data["parts"],
            uv=data["uv"].astype(np.float32),
            shapes=data["shapes"].astype(np.float32) * gains[:, None, None],
            identity=data["identity"].astype(np.float32) * data["identity_steps"][:, None, None],
            landmark_vertices=data["landmark_vertices"].astype(np.int32),
            landmark_weights=data["landmark_weights"],
            **{
                name: data[name].astype(np.int32)
                for name in ("lips_inner", "lips_outer", "left_eyelids", "right_eyelids")
            },
        )
