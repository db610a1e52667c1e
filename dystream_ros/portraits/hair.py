"""Finds the hair that hangs below the chin in a photo."""

import cv2
import numpy as np

from dystream_ros.rendering.portrait import Floats, Picture

WORKING_SIZE = 192  # pixels of a side
TOP_OF_FACE, CHIN = 10, 152  # landmarks of the MediaPipe face mesh
CHEEKS = (117, 50, 205, 346, 280, 425)
# Least standard deviation of L, a and b (OpenCV's 8 bit), and how many of them hair differs from the hair of the crown.
LEAST_SPREAD, MOST_APART = (12.0, 4.0, 4.0), 2.5
LEAST_CROWN = 0.02  # pixels of hair above the forehead over the squared height of the face; a shaven head has less
LEAST_LENGTH = 0.25  # heights of the face by which hair reaches below the chin before it counts as hanging
SOFT = 0.04  # heights of the face over which the share fades


def hanging_hair(image: Picture, matte: Floats, landmarks: Floats) -> Floats | None:
    """Share float32 (s, s), 0 to 1, of hair in a square photo; None without hair that hangs below the chin.

    The colour of hair is that above the forehead. Hair is what is connected with it, and has its colour.

    Args:
        image: uint8 (size, size, 3), BGR.
        matte: (size, size), share of the person.
        landmarks: (n, 2) of the face, pixels.
    """
    size = (WORKING_SIZE, WORKING_SIZE)
    lab = cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2LAB).astype(np.float32)
    person = cv2.resize(np.asarray(matte, np.float32), size, interpolation=cv2.INTER_AREA) > 0.7
    marks = landmarks[:468, :2] * WORKING_SIZE / len(image)
    low, high = marks.min(axis=0), marks.max(axis=0)
    height = float(high[1] - low[1])
    hull = cv2.convexHull(marks.round().astype(np.int32))
    face = cv2.fillConvexPoly(np.zeros(size, np.uint8), hull, 1)
    outside = person & (cv2.dilate(face, np.ones((3, 3), np.uint8)) == 0)
    x, y = np.meshgrid(np.arange(WORKING_SIZE), np.arange(WORKING_SIZE))
    crown = outside & (y < marks[TOP_OF_FACE, 1] - 0.04 * height) & (x > low[0]) & (x < high[0])
    if crown.sum() < LEAST_CROWN * height**2:
        return None
    middle = np.median(lab[crown], axis=0)
    spread = np.maximum(1.48 * np.median(np.abs(lab[crown] - middle), axis=0), LEAST_SPREAD)
    at = marks[list(CHEEKS)].round().astype(int).clip(0, WORKING_SIZE - 1)
    skin = np.median(lab[at[:, 1], at[:, 0]], axis=0)
    from_hair, from_skin = (np.linalg.norm((lab - colour) / spread, axis=2) for colour in (middle, skin))
    alike = (outside & (from_hair < MOST_APART) & (from_hair < from_skin)) | crown
    alike = cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(alike)
    held = np.bincount(labels[crown], minlength=labels.max() + 1)
    held[0] = 0
    hair = labels == held.argmax()
    rows = np.flatnonzero(hair.any(axis=1))
    if rows.max() < marks[CHIN, 1] + LEAST_LENGTH * height:
        return None
    return np.asarray(cv2.GaussianBlur(hair.astype(np.float32), (0, 0), SOFT * height), np.float32)
