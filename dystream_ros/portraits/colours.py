"""Samples the colours of eyes and teeth from the photo."""

import cv2
import numpy as np

from dystream_ros.portraits.eyes import IRIS
from dystream_ros.rendering.portrait import Floats, Picture

INNER_LIPS = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
LEFT_EYE = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
TOOTH, WHITE = np.array([0.91, 0.88, 0.83]), np.array([0.84, 0.80, 0.78])  # RGB, sRGB, in the light of a good portrait
LEAST_TOOTH_PIXELS = 120


def sample_colours(image: Picture, landmarks: Floats) -> Floats:
    """`Portrait.colours` float32 (3, 3): iris, white of the eye and teeth as RGB, 0 to 1, of a BGR photo (h, w, 3)."""
    light = _brightness(image, landmarks)
    iris = np.median([_iris(image, landmarks, eye) for eye in IRIS], axis=0)
    eyes = np.concatenate([_pixels(image, landmarks, outline) for outline in (LEFT_EYE, RIGHT_EYE)])
    bright = eyes[eyes.max(axis=1) >= np.percentile(eyes.max(axis=1), 75)]
    white = 0.5 * WHITE * light + 0.5 * np.median(bright, axis=0)
    teeth = TOOTH * light
    mouth = _pixels(image, landmarks, INNER_LIPS)
    if len(mouth):
        # Teeth are bright and nearly grey; lips and gums are red.
        pale = mouth[(mouth.min(axis=1) > 0.62 * mouth.max(axis=1)) & (mouth.max(axis=1) > 0.6 * light)]
        if len(pale) > LEAST_TOOTH_PIXELS:
            teeth = np.percentile(pale, 85, axis=0)
    return np.array([iris, white, teeth], np.float32)


def _pixels(image: Picture, landmarks: Floats, outline: tuple[int, ...]) -> Floats:
    """RGB (n, 3), 0 to 1, of the pixels inside an outline of landmarks."""
    polygon = landmarks[list(outline), :2].round().astype(np.int32)
    mask = cv2.fillPoly(np.zeros(image.shape[:2], np.uint8), [polygon], 1)
    return image[mask > 0][:, ::-1] / 255.0


def _iris(image: Picture, landmarks: Floats, eye: tuple[int, ...]) -> Floats:
    """RGB (3,) of the iris: its lower half, which lashes and most glints leave free."""
    centre = landmarks[eye[0], :2]
    radius = 0.9 * np.linalg.norm(landmarks[list(eye[1:]), :2] - centre, axis=1).mean()
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    distance = np.hypot(x - centre[0], y - centre[1])
    ring = (distance > 0.5 * radius) & (distance < 0.85 * radius) & (y > centre[1] - 0.2 * radius)
    return np.percentile(image[ring][:, ::-1], 30, axis=0) / 255.0


def _brightness(image: Picture, landmarks: Floats) -> float:
    """Brightness of the light on the face, from its brighter skin: 1 in a well-lit photo, at least 0.45."""
    hull = cv2.convexHull(landmarks[:468, :2].round().astype(np.int32))
    mask = cv2.fillConvexPoly(np.zeros(image.shape[:2], np.uint8), hull, 1)
    return float(np.clip(np.percentile(image[mask > 0].max(axis=1), 70) / 225.0, 0.45, 1.0))
