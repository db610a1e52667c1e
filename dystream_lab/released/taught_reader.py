"""A reader trained for one face: coefficients from scores, landmarks and the picture.

The landmarker's scores confuse coefficients, lack some, and differ between faces. The mesh renderer draws the same
portrait with known coefficients, so that the effect of each on the picture can be measured and inverted.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dystream_lab.released.face_patch import patch_of
from dystream_lab.released.landmark_reader import NO_NEUTRAL, LandmarkReader, Reading, pose_of
from dystream_lab.released.regression import unbiased_reader
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES

Draw = Callable[[np.ndarray, np.ndarray], np.ndarray]  # 52 coefficients and 6 of the pose -> a picture

ACTIVE = 0.1  # share of the coefficients that are active in an expression, about five
TURN, SHIFT = 0.12, 0.01  # largest turn of the head in radians and shift in metres
# Landmarks of the face mesh that expressions hardly move: forehead, temples, bridge of the nose, corners of the eyes.
_FOREHEAD_AND_TEMPLES = (10, 338, 297, 332, 284, 251, 389, 127, 162, 21, 54, 103, 67, 109, 8, 9, 151)
STEADY = (*_FOREHEAD_AND_TEMPLES, 168, 6, 197, 195, 33, 263, 133, 362)
_CROWN, _CHIN = 10, 152
# Pairs of which only one is active, and coefficients that are inactive under a closed lid.
_OPPOSED = (
    ("jawLeft", "jawRight"),
    ("mouthLeft", "mouthRight"),
    *((f"eyeLookIn{side}", f"eyeLookOut{side}") for side in ("Left", "Right")),
    *((f"eyeLookUp{side}", f"eyeLookDown{side}") for side in ("Left", "Right")),
)
_UNDER_A_LID = ("eyeLookDown", "eyeLookUp", "eyeWide", "eyeSquint")


def random_expression(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Random coefficients (52,), few of them active, all equally often, and a random pose (6,)."""
    values = np.where(random.random(len(ARKIT_NAMES)) < ACTIVE, random.uniform(0, 1, len(ARKIT_NAMES)), 0.0)
    for pair in _OPPOSED:
        if all(values[ARKIT_INDEX[name]] for name in pair):
            values[ARKIT_INDEX[pair[random.integers(2)]]] = 0
    for side in ("Left", "Right"):
        if values[ARKIT_INDEX[f"eyeBlink{side}"]]:
            values[[ARKIT_INDEX[name + side] for name in _UNDER_A_LID]] = 0
    jaw, close = ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthClose"]
    for name, least in (("mouthClose", 0.2), ("tongueOut", 0.3)):  # visible in an open mouth only
        if values[ARKIT_INDEX[name]]:
            values[jaw] = max(values[jaw], least)
    values[close] *= values[jaw]
    return values, np.concatenate((random.uniform(-TURN, TURN, 3), random.uniform(-SHIFT, SHIFT, 3)))


def still_landmarks(landmarks: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Landmarks (n, 3) aligned to the head at rest, minus those at rest, in face heights.

    Procrustes alignment on landmarks that expressions hardly move (Umeyama 1991).
    """
    steady = list(STEADY)
    seen, wanted = landmarks[steady], rest[steady]
    from_, to = seen - seen.mean(0), wanted - wanted.mean(0)
    u, strength, v = np.linalg.svd(from_.T @ to)
    flip = np.array([1, 1, np.sign(np.linalg.det(u @ v))])
    scale = (strength * flip).sum() / (from_**2).sum()
    back = scale * (landmarks - seen.mean(0)) @ (u * flip) @ v + wanted.mean(0)
    return (back - rest) / np.linalg.norm(rest[_CROWN] - rest[_CHIN])


@dataclass(frozen=True)
class RestingFace:
    """A face at rest, the reference of its other pictures.

    Attributes:
        reading: of the landmarker.
        patch: (patch,), colours.
    """

    reading: Reading
    patch: np.ndarray

    @classmethod
    def of(cls, landmarker: LandmarkReader, picture: np.ndarray, missing: str) -> "RestingFace":
        """The face in a picture. Raises ValueError with the message `missing` without a face."""
        found = landmarker.detect(picture)
        if found is None:
            raise ValueError(missing)
        return cls(found, patch_of(picture, found.landmarks, found.landmarks, list(STEADY)))

    def features(self, landmarker: LandmarkReader, picture: np.ndarray) -> np.ndarray | None:
        """Features (52 + 3 x 478 + 6 + patch,) of a picture of this face, relative to rest; None without a face.

        Scores, landmarks, pose and colours. The landmarker's head rotates about another point than ours, so the pose
        is regressed like the rest.
        """
        found, rest = landmarker.detect(picture), self.reading
        if found is None:
            return None
        moved, pose = still_landmarks(found.landmarks, rest.landmarks), pose_of(found.transform, rest.transform)
        patch = patch_of(picture, found.landmarks, rest.landmarks, list(STEADY)) - self.patch
        return np.concatenate((found.scores - rest.scores, moved.ravel(), pose, patch)).astype(np.float32)


class TaughtReader:
    """Reads coefficients and pose from pictures of one face.

    Args:
        landmarker: finds the face.
        draw: the mesh renderer of the same face.
        drawn: the face at rest, drawn by it.
        weight, bias: (58, features) and (58,), features -> 52 coefficients and 6 values of the pose.
    """

    def __init__(
        self, landmarker: LandmarkReader, draw: Draw, drawn: RestingFace, weight: np.ndarray, bias: np.ndarray
    ) -> None:
        self._landmarker, self._draw, self._drawn = landmarker, draw, drawn
        self._weight, self._bias = weight, bias
        self._neutral = drawn

    @classmethod
    def teach(cls, landmarker: LandmarkReader, draw: Draw, lessons: int, seed: int = 0) -> "TaughtReader":
        """A reader of the face drawn by `draw`, trained on `lessons` pictures of random expressions.

        Raises:
            ValueError: no face is found in its picture at rest, or in most others.
        """
        missing = "no face is found in the portrait as the mesh renderer draws it; take one of a person"
        drawn = RestingFace.of(landmarker, draw(np.zeros(52, np.float32), np.zeros(6, np.float32)), missing)
        random, seen, known = np.random.default_rng(seed), [], []
        for _ in range(lessons):
            values, pose = random_expression(random)
            features = drawn.features(landmarker, draw(values.astype(np.float32), pose.astype(np.float32)))
            if features is not None:
                seen.append(features)
                known.append(np.concatenate((values, pose)))
        if 2 * len(seen) < lessons:
            raise ValueError(f"a face was found in {len(seen)} of {lessons} drawn pictures; is it a human portrait?")
        weight, bias = unbiased_reader(np.stack(seen), np.stack(known))
        return cls(landmarker, draw, drawn, weight, bias)

    def set_neutral(self, picture: np.ndarray) -> None:
        """Sets the neutral face to that of a picture: pose, landmarks, scores and colours, of either renderer.

        Raises:
            ValueError: it has no face.
        """
        self._neutral = RestingFace.of(self._landmarker, picture, NO_NEUTRAL)

    def look(self, picture: np.ndarray) -> np.ndarray | None:
        """Features of a BGR picture (height, width, 3), or None without a face."""
        return self._neutral.features(self._landmarker, picture)

    def numbers(self, looks: np.ndarray) -> np.ndarray:
        """52 coefficients and 6 values of the pose (n, 58) of features (n, features): unbiased, but noisy."""
        return looks @ self._weight.T + self._bias

    def expect(self, numbers: np.ndarray) -> np.ndarray | None:
        """Features of the mesh renderer's picture of coefficients and pose (58,), or None without a face."""
        values, pose = numbers[:52].clip(0, 1), numbers[52:]
        return self._drawn.features(self._landmarker, self._draw(values.astype(np.float32), pose.astype(np.float32)))
