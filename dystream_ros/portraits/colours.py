"""Samples the colours of eyes and teeth from the photo, and the tone of a photo without colours."""

from dataclasses import dataclass

import cv2
import numpy as np

from dystream_ros.portraits.eyes import IRIS
from dystream_ros.rendering.portrait import Floats, Picture

INNER_LIPS = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
LEFT_EYE = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
TOOTH, WHITE = np.array([0.91, 0.88, 0.83]), np.array([0.84, 0.80, 0.78])  # RGB, sRGB, in the light of a good portrait
LEAST_TOOTH_PIXELS = 120
# An iris in the shade of lids and brows is brightened as far as the white of the same eye is darker than the light on
# the face, at most by this factor.
MOST_BRIGHTENED = 2.2
# Spread of red and blue over green that brightness does not explain, over the mean brightness; faces of colour photos
# have 0.025 and more, grey ones 0, sepia ones 0.010 after compression.
MOST_RESIDUAL = 0.0155
_LUMA = np.array([0.30, 0.59, 0.11])


@dataclass(frozen=True)
class Tone:
    """The one colour that a grey or sepia photo has at each brightness.

    Attributes:
        red, blue: coefficients (3,), highest power first, of what red and blue have more than green at a brightness.
    """

    red: Floats
    blue: Floats

    def of(self, colours: Floats) -> Floats:
        """Colours (n, 3), RGB, sRGB, 0 to 1, as the photo shows their brightness."""
        luma = np.asarray(colours, np.float64) @ _LUMA
        red, blue = np.polyval(self.red, luma), np.polyval(self.blue, luma)
        green = luma - _LUMA[0] * red - _LUMA[2] * blue
        return np.clip(np.stack([green + red, green, green + blue], axis=-1), 0, 1).astype(np.float32)


def photo_tone(image: Picture, landmarks: Floats) -> Tone | None:
    """The tone of a BGR photo (h, w, 3) whose face is grey or sepia; None for a photo in colours."""
    hull = cv2.convexHull(landmarks[:468, :2].round().astype(np.int32))
    mask = cv2.fillConvexPoly(np.zeros(image.shape[:2], np.uint8), hull, 1)
    # Smooth, as compression leaves blocks of colour.
    face = cv2.GaussianBlur(image, (0, 0), 0.004 * len(image))[mask > 0][::7, ::-1] / 255.0
    luma = np.asarray(face @ _LUMA, np.float64)
    fits, spread = [], 0.0
    for channel in (0, 2):
        more = np.asarray(face[:, channel] - face[:, 1], np.float64)
        fit = np.polyfit(luma, more, 2)
        spread = max(spread, float(np.abs(more - np.polyval(fit, luma)).mean()))
        fits.append(fit)
    return Tone(*fits) if spread < MOST_RESIDUAL * float(luma.mean()) else None


def sample_colours(image: Picture, landmarks: Floats) -> Floats:
    """`Portrait.colours` float32 (3, 3): iris, white of the eye and teeth as RGB, 0 to 1, of a BGR photo (h, w, 3)."""
    light = _brightness(image, landmarks)
    iris = np.median(
        [_iris(image, landmarks, eye, lids, light) for eye, lids in zip(IRIS, (LEFT_EYE, RIGHT_EYE), strict=True)],
        axis=0,
    )
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


def _iris(image: Picture, landmarks: Floats, eye: tuple[int, ...], lids: tuple[int, ...], light: float) -> Floats:
    """RGB (3,) of the iris in the light on the face: its lower half, which lashes and most glints leave free."""
    centre = landmarks[eye[0], :2]
    radius = 0.9 * np.linalg.norm(landmarks[list(eye[1:]), :2] - centre, axis=1).mean()
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    distance = np.hypot(x - centre[0], y - centre[1])
    between = cv2.fillPoly(np.zeros(image.shape[:2], np.uint8), [landmarks[list(lids), :2].round().astype(np.int32)], 1)
    ring = (distance > 0.5 * radius) & (distance < 0.85 * radius) & (y > centre[1] - 0.2 * radius)
    open_ring = ring & (between > 0)
    pixels = image[open_ring if open_ring.sum() > 12 else ring][:, ::-1] / 255.0
    colour = np.percentile(pixels, 45, axis=0)
    beside = image[(between > 0) & (distance > 1.15 * radius)][:, ::-1] / 255.0
    if len(beside) > 12:
        shade = np.percentile(beside.max(axis=1), 80) / (WHITE[0] * light)
        colour = colour * np.clip(1 / max(shade, 0.1), 1, MOST_BRIGHTENED)
    return colour


def _brightness(image: Picture, landmarks: Floats) -> float:
    """Brightness of the light on the face, from its brighter skin: 1 in a well-lit photo, at least 0.45."""
    hull = cv2.convexHull(landmarks[:468, :2].round().astype(np.int32))
    mask = cv2.fillConvexPoly(np.zeros(image.shape[:2], np.uint8), hull, 1)
    return float(np.clip(np.percentile(image[mask > 0].max(axis=1), 70) / 225.0, 0.45, 1.0))
