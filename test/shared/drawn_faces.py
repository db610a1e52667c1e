"""Faces that need neither a renderer nor a landmarker: coloured ovals whose mouth opens."""

import cv2
import numpy as np

from dystream_lab.autoencoder.data.clips import stored_size
from dystream_ros.models.released.files.masked_portrait import CROP, LEFT_EYE, LIPS, RIGHT_EYE

SIZE = stored_size(64, CROP)


def drawn_face(colour, opening, shift, size=SIZE):
    """BGR picture of an oval face and its landmarks (478, 2) in sides of the picture."""
    picture = np.full((size, size, 3), 40, np.uint8)
    middle = np.array([0.5 + shift, 0.5])
    centre = tuple((middle * size).round().astype(int).tolist())
    cv2.ellipse(picture, centre, (int(0.24 * size), int(0.28 * size)), 0, 0, 360, colour, -1, cv2.LINE_AA)
    angle = np.linspace(0, 2 * np.pi, 478, endpoint=False)
    marks = middle + np.stack([0.24 * np.cos(angle), 0.28 * np.sin(angle)], 1)
    for group, at, radii, shade in (
        (LIPS, (0, 0.14), (0.09, 0.01 + 0.05 * opening), (60, 40, 160)),
        (LEFT_EYE, (0.1, -0.07), (0.04, 0.02), (240, 240, 240)),
        (RIGHT_EYE, (-0.1, -0.07), (0.04, 0.02), (240, 240, 240)),
    ):
        place = middle + at
        turn = np.linspace(0, 2 * np.pi, len(group), endpoint=False)
        marks[list(group)] = place + np.stack([radii[0] * np.cos(turn), radii[1] * np.sin(turn)], 1)
        point = tuple((place * size).round().astype(int).tolist())
        axes = tuple(max(1, round(radius * size)) for radius in radii)
        cv2.ellipse(picture, point, axes, 0, 0, 360, shade, -1, cv2.LINE_AA)
    return picture, marks
