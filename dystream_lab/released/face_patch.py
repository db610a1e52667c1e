"""A small picture of a face, aligned to the face at rest: features that landmarks lack.

The landmarker has no points on cheeks, tongue or folds of the skin, and none for a jaw that moves forward; the picture
shows all of them.
"""

import cv2
import numpy as np

SIDE = 32  # pixels, width and height
_FINER = 6  # factor of supersampling, against flicker of a still face
_MARGIN = 0.05  # around the landmarks at rest, of the size of the face


def patch_of(picture: np.ndarray, landmarks: np.ndarray, rest: np.ndarray, steady: list[int]) -> np.ndarray:
    """Colours (SIDE x SIDE x 3,), float32, 0 to 1, of the face in a BGR picture (height, width, 3).

    Args:
        landmarks, rest: (478, 3), pixels, now and at rest.
        steady: indices of landmarks for the alignment (least squares in the plane).
    """
    seen, wanted = landmarks[steady, :2], rest[steady, :2]
    x, y = (seen - seen.mean(0)).T
    to = wanted - wanted.mean(0)
    equations = np.concatenate((np.stack((x, -y), 1), np.stack((y, x), 1)))
    (a, b), *_ = np.linalg.lstsq(equations, np.concatenate((to[:, 0], to[:, 1])), rcond=None)
    turn = np.array([[a, -b], [b, a]])
    low, high = rest[:, :2].min(0), rest[:, :2].max(0)
    room = (high - low).max() * (1 + 2 * _MARGIN)
    corner, zoom = (low + high - room) / 2, SIDE * _FINER / room
    shift = wanted.mean(0) - turn @ seen.mean(0) - corner
    straight = cv2.warpAffine(picture, np.column_stack((turn, shift)) * zoom, (SIDE * _FINER, SIDE * _FINER))
    small = cv2.resize(straight.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return small.ravel() / 255
