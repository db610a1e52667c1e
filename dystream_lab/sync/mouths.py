"""The picture of a mouth, cut out of a picture of a face by landmarks."""

import cv2
import numpy as np

from dystream_lab.sync.towers import MOUTH

# Landmarks of MediaPipe's face mesh: outer corners of the eyes, bridge and lower end of the nose. None of them moves
# with the lips, so that the crop does not follow the mouth.
_EYES = (33, 263)
_BRIDGE, _NOSE = 168, 2
_BELOW = 0.5  # lengths of the nose from its end to the middle of the crop
_EYES_OF_NOSE = 1.6  # usual distance of the eyes in lengths of the nose; a turned head shortens the distance


def cut_mouth(picture: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The mouth of a face: grey uint8 (MOUTH, MOUTH), upright, one distance of the eyes wide.

    Args:
        picture: uint8 (height, width, 3), BGR.
        landmarks: (478, 2 or 3) in pixels.
    """
    at = landmarks[:, :2]
    across = at[_EYES[1]] - at[_EYES[0]]
    down = at[_NOSE] - at[_BRIDGE]
    side = max(float(np.hypot(*across)), _EYES_OF_NOSE * float(np.hypot(*down)), 1.0)
    middle = at[_NOSE] + _BELOW * down
    return _cut(picture, middle, side, float(np.arctan2(across[1], across[0])))


def cut_square(picture: np.ndarray, square: tuple[float, float, float]) -> np.ndarray:
    """A fixed square as the mouth, for faces that the landmarker does not know: grey uint8 (MOUTH, MOUTH).

    Args:
        picture: uint8 (height, width, 3), BGR.
        square: x and y of its middle and its side, as shares of the picture's width and height, and of its width.
    """
    height, width = picture.shape[:2]
    x, y, side = square
    return _cut(picture, np.array([x * width, y * height]), max(side * width, 1.0), 0.0)


def _cut(picture: np.ndarray, middle: np.ndarray, side: float, turn: float) -> np.ndarray:
    """The square of a side in pixels around a point, turned by an angle in radians."""
    zoom = MOUTH / side
    cos, sin = zoom * np.cos(turn), zoom * np.sin(turn)
    to_crop = np.array([[cos, sin, 0.0], [-sin, cos, 0.0]])
    to_crop[:, 2] = MOUTH / 2 - to_crop[:, :2] @ middle
    # A much larger picture is averaged first; a warp alone would skip its pixels.
    if zoom < 0.5:
        shrink = 2 * zoom
        picture = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        to_crop[:, :2] /= shrink
    cut = cv2.warpAffine(picture, to_crop, (MOUTH, MOUTH), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY)
