"""Cuts the person out of a photo, and fills the background behind them."""

import cv2
import numpy as np

from dystream_ros.rendering.portrait import Floats, Picture


def cut_out(image: Picture, landmarks: Floats) -> Floats:
    """Matte float32 (h, w), 0 to 1, of the person in a square BGR image: a graph cut with a soft edge.

    Args:
        landmarks: (n, 2) of the face, pixels.
    """
    ratio = 320 / image.shape[0]
    small = cv2.resize(image, (320, 320), interpolation=cv2.INTER_AREA)
    points = landmarks[:, :2] * ratio
    low, high = points.min(axis=0), points.max(axis=0)
    centre, (width, height) = (low + high) / 2, high - low
    mask = np.full(small.shape[:2], cv2.GC_PR_BGD, np.uint8)
    head = (int(centre[0]), int(centre[1] - 0.12 * height))
    cv2.ellipse(mask, head, (int(0.80 * width), int(0.85 * height)), 0, 0, 360, cv2.GC_PR_FGD, -1)
    shoulders = np.array([
        [centre[0] - 0.45 * width, high[1]], [centre[0] + 0.45 * width, high[1]],
        [centre[0] + 1.3 * width, 320], [centre[0] - 1.3 * width, 320],
    ])  # fmt: skip
    cv2.fillConvexPoly(mask, shoulders.round().astype(np.int32), cv2.GC_PR_FGD)
    mask[: max(2, int(low[1] - 0.75 * height))] = cv2.GC_BGD
    mask[: int(centre[1]), : max(1, int(centre[0] - 1.25 * width))] = cv2.GC_BGD
    mask[: int(centre[1]), int(centre[0] + 1.25 * width) :] = cv2.GC_BGD
    cv2.fillConvexPoly(mask, cv2.convexHull(points.round().astype(np.int32)), cv2.GC_FGD)
    # Neck and the middle of the chest belong to the person, whatever their colour.
    trunk = [(0.28, -0.01), (0.35, 0.25), (0.80, 0.65), (0.90, 4.0)]  # half a width, and down from the chin
    sides = [(side * half * width, high[1] + down * height) for side in (1, -1) for half, down in trunk[::side]]
    cv2.fillPoly(mask, [np.round(sides + np.array([centre[0], 0])).astype(np.int32)], cv2.GC_FGD)
    cv2.setRNGSeed(0)
    cv2.grabCut(small, mask, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), 6, cv2.GC_INIT_WITH_MASK)
    person = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    opened = cv2.morphologyEx(person, cv2.MORPH_OPEN, np.ones((3, 3)))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((7, 7)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed)
    largest = labels == 1 + stats[1:, cv2.CC_STAT_AREA].argmax() if count > 1 else closed
    matte = cv2.resize(largest.astype(np.float32), image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    matte = cv2.GaussianBlur(matte, (0, 0), image.shape[0] / 320 * 1.3)
    return np.clip((matte - 0.35) / 0.5, 0, 1)


def complete_background(image: Picture, matte: Floats) -> Picture:
    """The image (h, w, 3), BGR, with the person replaced by a smooth continuation of the surroundings."""
    small = cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA)
    covered = cv2.dilate((cv2.resize(matte, (256, 256)) > 0.03).astype(np.uint8), np.ones((9, 9)))
    filled = cv2.inpaint(small, covered, 5, cv2.INPAINT_TELEA)
    filled = np.where(covered[..., None] > 0, cv2.GaussianBlur(filled, (0, 0), 3), filled)
    large = cv2.resize(filled, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    share = cv2.GaussianBlur(cv2.resize(covered.astype(np.float32), image.shape[1::-1]), (0, 0), image.shape[0] / 128)[
        ..., None
    ]
    return np.clip(image * (1 - share) + large * share, 0, 255).astype(np.uint8)
