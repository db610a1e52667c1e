"""A landmarker taught one face: coefficients from its scores and landmarks together, learned where the truth is known.

The landmarker's own scores mix the coefficients up, miss some and differ from face to face. The mesh renderer draws the
same portrait with known coefficients; a ridge regression from what is then read gives them back.
"""

from collections.abc import Callable

import numpy as np

from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.training.released.landmark_reader import NO_NEUTRAL, LandmarkReader, Reading, pose_of
from dystream_ros.training.released.regression import best_ridge

Draw = Callable[[np.ndarray, np.ndarray], np.ndarray]  # 52 coefficients and 6 of the pose -> a picture

ACTIVE = 0.1  # share of the coefficients that an expression moves: five at once
TURN, SHIFT = 0.12, 0.01  # largest turn of the head in radians and shift in metres
# Landmarks of the face mesh that expressions hardly move: forehead, temples, bridge of the nose, corners of the eyes.
_FOREHEAD_AND_TEMPLES = (10, 338, 297, 332, 284, 251, 389, 127, 162, 21, 54, 103, 67, 109, 8, 9, 151)
STEADY = (*_FOREHEAD_AND_TEMPLES, 168, 6, 197, 195, 33, 263, 133, 362)
_CROWN, _CHIN = 10, 152
# Of these only one at a time, and what a closed lid leaves no room for.
_OPPOSED = (
    ("jawLeft", "jawRight"),
    ("mouthLeft", "mouthRight"),
    *((f"eyeLookIn{side}", f"eyeLookOut{side}") for side in ("Left", "Right")),
    *((f"eyeLookUp{side}", f"eyeLookDown{side}") for side in ("Left", "Right")),
)
_UNDER_A_LID = ("eyeLookDown", "eyeLookUp", "eyeWide", "eyeSquint")


def random_expression(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (52,), a few of them moved, each as often as any other, and a pose (6,) to go with them."""
    values = np.where(random.random(len(ARKIT_NAMES)) < ACTIVE, random.uniform(0, 1, len(ARKIT_NAMES)), 0.0)
    for pair in _OPPOSED:
        if all(values[ARKIT_INDEX[name]] for name in pair):
            values[ARKIT_INDEX[pair[random.integers(2)]]] = 0
    for side in ("Left", "Right"):
        if values[ARKIT_INDEX[f"eyeBlink{side}"]]:
            values[[ARKIT_INDEX[name + side] for name in _UNDER_A_LID]] = 0
    jaw, close = ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthClose"]
    for name, least in (("mouthClose", 0.2), ("tongueOut", 0.3)):  # these show in an open mouth alone
        if values[ARKIT_INDEX[name]]:
            values[jaw] = max(values[jaw], least)
    values[close] *= values[jaw]
    return values, np.concatenate((random.uniform(-TURN, TURN, 3), random.uniform(-SHIFT, SHIFT, 3)))


def still_landmarks(landmarks: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Landmarks (n, 3) moved, turned and scaled back to where the head rests, less those at rest, in face heights.

    The fit is Procrustes' on the landmarks that expressions hardly move (Umeyama 1991).
    """
    steady = list(STEADY)
    seen, wanted = landmarks[steady], rest[steady]
    from_, to = seen - seen.mean(0), wanted - wanted.mean(0)
    u, strength, v = np.linalg.svd(from_.T @ to)
    flip = np.array([1, 1, np.sign(np.linalg.det(u @ v))])
    scale = (strength * flip).sum() / (from_**2).sum()
    back = scale * (landmarks - seen.mean(0)) @ (u * flip) @ v + wanted.mean(0)
    return (back - rest) / np.linalg.norm(rest[_CROWN] - rest[_CHIN])


class TaughtReader:
    """Reads coefficients and pose off pictures of one face.

    Args:
        reader: the landmarker.
        rest: its reading of the face at rest, as the mesh renderer draws it.
        weight, bias: (58, features) and (58,), features -> 52 coefficients and 6 numbers of the pose.
    """

    def __init__(self, reader: LandmarkReader, rest: Reading, weight: np.ndarray, bias: np.ndarray) -> None:
        self._reader, self.weight, self.bias = reader, weight, bias
        self._neutral = rest

    @classmethod
    def teach(cls, reader: LandmarkReader, draw: Draw, lessons: int, seed: int = 0) -> "TaughtReader":
        """A reader of the face that `draw` draws, from so many pictures of random expressions.

        Raises:
            ValueError: no face is found in its picture at rest, or in hardly any other.
        """
        rest = reader.detect(draw(np.zeros(52, np.float32), np.zeros(6, np.float32)))
        if rest is None:
            raise ValueError("no face is found in the portrait as the mesh renderer draws it; take one of a person")
        random, seen, known = np.random.default_rng(seed), [], []
        for _ in range(lessons):
            values, pose = random_expression(random)
            reading = reader.detect(draw(values.astype(np.float32), pose.astype(np.float32)))
            if reading is not None:
                seen.append(features_of(reading, rest))
                known.append(np.concatenate((values, pose)))
        if 2 * len(seen) < lessons:
            raise ValueError(f"a face was found in {len(seen)} of {lessons} drawn pictures; is it a human portrait?")
        weight, bias, _ = best_ridge(np.stack(seen), np.stack(known))
        return cls(reader, rest, weight, bias)

    def set_neutral(self, picture: np.ndarray) -> None:
        """Take a picture's face for neutral: its pose, and its landmarks and scores, whoever painted it.

        Raises:
            ValueError: there is no face in it.
        """
        found = self._reader.detect(picture)
        if found is None:
            raise ValueError(NO_NEUTRAL)
        self._neutral = found

    def read(self, picture: np.ndarray) -> np.ndarray | None:
        """52 coefficients and 6 numbers of the head's pose of a BGR picture, or None where there is no face."""
        reading = self._reader.detect(picture)
        if reading is None:
            return None
        return self.weight @ features_of(reading, self._neutral) + self.bias


def features_of(reading: Reading, rest: Reading) -> np.ndarray:
    """What a reading tells: scores, landmarks and pose, less those at rest, (52 + 3 x 478 + 6,).

    The landmarker's head turns about another point than ours: the pose is learned like the rest.
    """
    moved, pose = still_landmarks(reading.landmarks, rest.landmarks), pose_of(reading.transform, rest.transform)
    return np.concatenate((reading.scores - rest.scores, moved.ravel(), pose))
