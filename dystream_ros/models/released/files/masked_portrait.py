"""The inputs of the published encoders from a photo of a face: the crop, and the crop with eyes and mouth only.

Landmarks are MediaPipe's 478, found in the photo and again in the crop. The caller passes the finder, so this module
does not depend on MediaPipe.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dystream_ros.models.errors import ModelError

# Landmarks of the largest face of a BGR picture (h, w, 3): (478, 2) in pixels, or None.
LandmarkFinder = Callable[[NDArray[np.uint8]], NDArray[np.floating] | None]

IMAGE_SIZE = 512  # of the published encoders
CROP, MOUTH, EYE = 1.6, 1.5, 2.0  # side of a square, in longer sides of its landmarks' box
# Indices of landmarks in MediaPipe's face mesh.
OUTER_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409)
INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415)
LIPS = OUTER_LIPS + INNER_LIPS
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398)
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173)


@dataclass(frozen=True)
class EncoderPictures:
    """Inputs of the encoders, uint8 (size, size, 3), RGB: the crop, and the crop with eyes and mouth only."""

    crop: NDArray[np.uint8]
    masked: NDArray[np.uint8]


def square_about(points: NDArray[np.floating], factor: float) -> tuple[int, int, int]:
    """Left, top and side in whole pixels of a square around points (n, 2): `factor` times their box's longer side."""
    low, high = points.min(0), points.max(0)
    side = max(1, round(factor * float((high - low).max())))
    left, top = np.round((low + high) / 2 - side / 2).astype(int).tolist()
    return left, top, side


def cut(image: NDArray[np.uint8], left: int, top: int, side: int) -> NDArray[np.uint8]:
    """A square of a picture (h, w, 3); black outside the picture."""
    height, width = image.shape[:2]
    square = np.zeros((side, side, image.shape[2]), image.dtype)
    rows, columns = slice(max(0, top), min(height, top + side)), slice(max(0, left), min(width, left + side))
    part = image[rows, columns]
    above, before = max(0, -top), max(0, -left)
    square[above : above + part.shape[0], before : before + part.shape[1]] = part
    return square


def mask_of(landmarks: NDArray[np.floating], side: int) -> NDArray[np.float32]:
    """(side, side), float32: 1 in the squares of the mouth and of each eye, clamped to the picture."""
    mask = np.zeros((side, side), np.float32)
    for group, factor in ((LIPS, MOUTH), (LEFT_EYE, EYE), (RIGHT_EYE, EYE)):
        left, top, size = square_about(landmarks[list(group)], factor)
        mask[max(0, top) : max(0, top + size), max(0, left) : max(0, left + size)] = 1
    return mask


def dots_of(landmarks: NDArray[np.floating], side: int) -> NDArray[np.uint8]:
    """(side, side, 3), uint8: one white pixel per landmark; landmarks outside are left out."""
    dots = np.zeros((side, side, 3), np.uint8)
    places = np.floor(landmarks).astype(int)
    inside = ((places >= 0) & (places < side)).all(1)
    dots[places[inside, 1], places[inside, 0]] = 255
    return dots


def encoder_pictures(photo: NDArray[np.uint8], find: LandmarkFinder, size: int = IMAGE_SIZE) -> EncoderPictures:
    """The encoders' pictures of a photo, BGR uint8 (h, w, 3); `size` is that of the encoders, 512 as published.

    Raises:
        ModelError: no face is found, in the photo or in its crop.
    """
    landmarks = find(photo)
    if landmarks is None:
        raise ModelError("no face found in the portrait; give a photo of one face, seen from the front")
    crop = cut(photo, *square_about(landmarks, CROP))
    landmarks = find(crop)
    if landmarks is None:
        raise ModelError("no face found in the crop of the portrait; give a photo with more room around the face")
    return pictures_of(crop, landmarks, size)


def pictures_of(crop: NDArray[np.uint8], landmarks: NDArray[np.floating], size: int = IMAGE_SIZE) -> EncoderPictures:
    """The encoders' pictures of a square crop, BGR uint8 (side, side, 3), with the landmarks (478, 2) in its pixels.

    A crop is scaled as published, by bicubic samples. Below the published size these would miss most of the dots, so
    the crop is averaged to that size first.
    """
    side = crop.shape[0]
    if size < IMAGE_SIZE and size < side:
        crop = np.asarray(cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
        landmarks, side = landmarks * (size / side), size

    def resized(picture: np.ndarray) -> np.ndarray:
        return picture if side == size else cv2.resize(picture, (size, size), interpolation=cv2.INTER_CUBIC)

    picture = resized(crop)[:, :, ::-1]
    kept = np.clip(resized(mask_of(landmarks, side)), 0, 1)[:, :, None]
    dots = resized(dots_of(landmarks, side))
    masked = np.clip(picture * kept + dots * (1 - kept), 0, 255).astype(np.uint8)
    return EncoderPictures(np.ascontiguousarray(picture), masked)
