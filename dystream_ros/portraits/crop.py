"""The square around a head in a photo, and which part of the square the photo fills."""

from dataclasses import dataclass

import cv2
import numpy as np

from dystream_ros.rendering.portrait import Floats, Picture

FRAME = 2.45  # side of the crop in heights of the face (chin to hairline)
LEAST_FRAME = 1.7  # the same at least, if the photo ends close to the face
SIZE = 768  # pixels of a side of the crop: sharp in images of 512 pixels, and quick to load


@dataclass(frozen=True)
class Area:
    """The part of a square crop that the photo fills, pixels; beyond it, border pixels are repeated.

    Attributes:
        left, top, right, bottom: 0 and SIZE where the photo reaches the border of the crop or beyond.
    """

    left: float = 0.0
    top: float = 0.0
    right: float = float(SIZE)
    bottom: float = float(SIZE)


@dataclass(frozen=True)
class Square:
    """A square of a photo: its top left corner and side, pixels of the photo."""

    left: float
    top: float
    side: float

    def area(self, photo: Picture) -> Area:
        """The part of the crop that the photo fills."""
        scale, (height, width) = SIZE / self.side, photo.shape[:2]
        sides = (-self.left, -self.top, width - self.left, height - self.top)
        return Area(*(float(np.clip(side * scale, 0, SIZE)) for side in sides))


def square_around(photo: Picture, landmarks: Floats) -> Square:
    """The square around the head, inside the photo as far as hair and chin stay in it.

    Args:
        landmarks: (n, 2) of the face, pixels.
    """
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    face_height = high[1] - low[1]
    side = float(np.clip(min(photo.shape[:2]), LEAST_FRAME * face_height, FRAME * face_height))
    corner = (low + high) / 2 - side * np.array([0.5, 0.46])
    room = np.array(photo.shape[1::-1]) - side
    inside = np.clip(corner, np.minimum(0, room), np.maximum(0, room))
    slack = (side - LEAST_FRAME * face_height) / 2
    left, top = corner + np.clip(inside - corner, -slack, slack)
    return Square(float(left), float(top), side)


def crop_square(photo: Picture, square: Square) -> Picture:
    """The crop (SIZE, SIZE, 3). Where the square exceeds the photo, the border pixels of the photo are repeated."""
    scale = SIZE / square.side
    move = np.array([[scale, 0, -square.left * scale], [0, scale, -square.top * scale]])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LANCZOS4
    if scale < 0.5:
        photo = np.asarray(cv2.resize(photo, None, fx=2 * scale, fy=2 * scale, interpolation=cv2.INTER_AREA), np.uint8)
        move[:, :2] *= 0.5 / scale
    cropped = cv2.warpAffine(photo, move, (SIZE, SIZE), flags=method, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cropped, np.uint8)
