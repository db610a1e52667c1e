"""Coefficients and head pose of a picture by MediaPipe's face landmarker."""

from dataclasses import dataclass

import numpy as np

from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.portraits.landmarks import FaceLandmarker

_CENTIMETRES = 0.01
# MediaPipe's metric space has x to the picture's right, y up, z to the camera; the head's own frame has x out of the
# face, y to its left, z up. The picture's right is the head's left.
_TO_HEAD = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


# Landmarks of the face mesh: middles of the inner lips, bridge and lower end of the nose.
_UPPER_LIP, _LOWER_LIP, _BRIDGE, _NOSE = 13, 14, 168, 2
# Gap of the lips at the rig's full opening, in lengths of the nose: 0.54 to 0.62 on five drawn faces, and proportional
# to `aperture` from 0.2 on. The score of jawOpen is not: it is 0.12 to 0.32 for an aperture of 0.3.
_FULL_OPENING = 0.58


NO_NEUTRAL = "no face is found in the neutral picture: are these trained weights, and is it the right portrait?"


@dataclass(frozen=True)
class Reading:
    """The reading of a face.

    Attributes:
        scores: (52,) of the landmarker, in ARKIT_NAMES order.
        transform: (4, 4) of the face, centimetres.
        opening: gap of the inner lips as `face.aperture` measures it: 1 is the rig's full opening.
        landmarks: (478, 3), pixels, z in the scale of x; None where not needed.
    """

    scores: np.ndarray
    transform: np.ndarray
    opening: float
    landmarks: np.ndarray | None = None


def pose_of(matrix: np.ndarray, neutral: np.ndarray) -> np.ndarray:
    """Head pose (6,), roll, pitch, yaw, x, y, z, of a face transform (4, 4), centimetres, relative to a neutral one."""
    relative = np.linalg.inv(neutral) @ matrix
    rotation = _TO_HEAD @ relative[:3, :3] @ _TO_HEAD.T
    shift = _TO_HEAD @ relative[:3, 3] * _CENTIMETRES
    pitch = -np.arcsin(np.clip(rotation[2, 0], -1, 1))
    roll = np.arctan2(rotation[2, 1], rotation[2, 2])
    yaw = np.arctan2(rotation[1, 0], rotation[0, 0])
    return np.array([roll, pitch, yaw, *shift])


class LandmarkReader(FaceLandmarker):
    """Reads one face per picture; a context manager. Errors are those of `FaceLandmarker`."""

    def __init__(self) -> None:
        super().__init__(transforms=True)
        self._neutral = np.eye(4)

    def detect(self, picture: np.ndarray) -> Reading | None:
        """The reading of a picture uint8 (height, width, 3), BGR, or None if it shows no face."""
        faces = self.find(picture)
        if not faces:
            return None
        landmarks, scores, transform = faces[0].landmarks, faces[0].scores, faces[0].transform
        assert transform is not None  # requested above
        gap = np.linalg.norm(landmarks[_UPPER_LIP] - landmarks[_LOWER_LIP])
        nose = np.linalg.norm(landmarks[_BRIDGE] - landmarks[_NOSE])
        return Reading(
            np.array([scores.get(name, 0.0) for name in ARKIT_NAMES]),
            transform,
            float(gap / nose / _FULL_OPENING),
            landmarks,
        )

    def set_neutral(self, picture: np.ndarray) -> None:
        """Sets the neutral head pose to that of a picture.

        Raises:
            ValueError: it has no face.
        """
        found = self.detect(picture)
        if found is None:
            raise ValueError(NO_NEUTRAL)
        self._neutral = found.transform

    def look(self, picture: np.ndarray) -> np.ndarray | None:
        """52 scores and 6 values of head pose (58,) of a BGR picture, or None without a face."""
        found = self.detect(picture)
        return None if found is None else np.concatenate([found.scores, pose_of(found.transform, self._neutral)])

    def numbers(self, looks: np.ndarray) -> np.ndarray:
        """Coefficients and pose (n, 58) of looks (n, 58): the looks themselves."""
        return looks
