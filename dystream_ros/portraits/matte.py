"""Cuts the person out of a photo, and fills the background behind them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from dystream_ros.portraits.crop import Area
from dystream_ros.rendering.portrait import Floats, Picture

# Of the edge that follows the photo: reach in pixels of a picture of 768, and contrast that counts as an edge.
EDGE_REACH, EDGE_CONTRAST = 10, 2e-4
NECK = 1.05  # heights of the face from its top; below, the person may end at the side of the photo
ROUNDED = 0.10  # height of the rounding of cut hair, over that of the face
SOFT = 5.0  # pixels of a picture of 768 over which the person fades at a border of the photo
# Pixels of a picture of 256 around the person that are filled: what is left there of hair would stay behind.
PLATE_MARGIN = 7
GRAIN_MOST = 12.0  # levels; beyond, it is texture and no grain


def cut_out(image: Picture, landmarks: Floats, person: Floats | None = None, area: Area | None = None) -> Floats:
    """Matte float32 (h, w), 0 to 1, of the person in a square BGR image.

    Args:
        landmarks: (n, 2) of the face, pixels.
        person: (h, w), probability of a person, of `segment_person`; without it, colours alone decide.
        area: what the photo fills of the image; the person ends softly at its borders, hair in a round.
    """
    matte = _by_colours(image, landmarks) if person is None else _by_segments(image, landmarks, person)
    return np.asarray(matte * _inside(matte, landmarks, area or Area(right=image.shape[1], bottom=image.shape[0])))


def _by_segments(image: Picture, landmarks: Floats, person: Floats) -> Floats:
    """The matte of the person whose face this is, with edges where the photo has them."""
    hull = cv2.convexHull(landmarks[:, :2].round().astype(np.int32))
    sure = np.clip((person - 0.15) / 0.7, 0, 1).astype(np.float32)
    cv2.fillConvexPoly(sure, hull, 1.0)
    # Not a neighbour: only what is connected with the face.
    _, labels = cv2.connectedComponents((sure > 0.35).astype(np.uint8))
    middle = landmarks[:, :2].mean(axis=0).round().astype(int)
    own = cv2.dilate((labels == labels[middle[1], middle[0]]).astype(np.uint8), np.ones((9, 9), np.uint8))
    reach = max(2, round(EDGE_REACH * len(image) / 768))
    edge = np.clip(_guided(image, np.asarray(sure * own, np.float32), reach), 0, 1)
    return np.asarray(np.clip((edge - 0.12) / 0.76, 0, 1), np.float32)


def _guided(image: Picture, matte: Floats, reach: int) -> Floats:
    """The matte as a local linear function of the photo's brightness: the guided filter (He and others, 2010)."""
    guide = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.float32) / 255
    box = (2 * reach + 1, 2 * reach + 1)

    def mean(field: Floats) -> NDArray[np.float32]:
        return np.asarray(cv2.blur(np.asarray(field, np.float32), box), np.float32)

    both, middle, level = mean(guide * matte), mean(guide), mean(matte)
    slope = (both - middle * level) / (mean(guide * guide) - middle * middle + EDGE_CONTRAST)
    return mean(slope) * guide + mean(level - slope * middle)


def _inside(matte: Floats, landmarks: Floats, area: Area) -> Floats:
    """Share (h, w) of the person that is kept near the borders of the photo."""
    height, width = matte.shape
    low, high = landmarks[:468, :2].min(axis=0), landmarks[:468, :2].max(axis=0)
    face, soft = high[1] - low[1], SOFT * width / 768
    y, x = np.mgrid[:height, :width].astype(np.float32)
    top = np.full(width, area.top, np.float32)
    first = min(int(area.top) + 1, height - 1)
    columns = np.flatnonzero(matte[first] > 0.5)
    columns = columns[(columns > low[0] - 0.6 * face) & (columns < high[0] + 0.6 * face)]
    if len(columns):
        # Cut hair gets a round top instead of a flat one.
        middle, half = 0.5 * (columns[0] + columns[-1]), 0.5 * np.ptp(columns) + 0.04 * face
        across = np.clip(np.abs(np.arange(width) - middle) / half, 0, 1)
        top += ROUNDED * face * (1 - np.sqrt(1 - across**2))
        top[across >= 1] = area.top + ROUNDED * face
    kept = np.clip((y - top[None] - 1) / soft, 0, 1)
    # At the sides only what moves with the head; shoulders may be cut by the photo.
    moving = np.clip((low[1] + NECK * face - y) / (0.15 * face), 0, 1)
    beside = np.minimum(x - area.left, area.right - 1 - x)
    kept *= 1 - moving * (1 - np.clip(beside / soft, 0, 1))
    outside = (x < area.left) | (x > area.right - 1) | (y > area.bottom - 1)
    return np.asarray(np.where(outside & (moving > 0), 0, kept), np.float32)


def _by_colours(image: Picture, landmarks: Floats) -> Floats:
    """The matte by a graph cut with a soft edge."""
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


def complete_background(
    image: Picture, matte: Floats, area: Area | None = None, person: Floats | None = None
) -> Picture:
    """The image (h, w, 3), BGR, with the person replaced by a continuation of the surroundings, grain included.

    Args:
        matte: (h, w), of what moves; it is replaced with a margin, in which hair may be that the matte missed.
        area: what the photo fills of the image; the rest is replaced too.
        person: (h, w), share of the person, also of what stays; beside it, nothing of the person is continued.
            Without it, it is `matte`.
    """
    person = matte if person is None else person
    small = np.asarray(cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA), np.uint8)
    margin = np.ones((2 * PLATE_MARGIN + 1, 2 * PLATE_MARGIN + 1), np.uint8)
    covered, anybody = (
        np.asarray(cv2.dilate((cv2.resize(part, (256, 256)) > 0.03).astype(np.uint8), margin), np.uint8)
        for part in (matte, person)
    )
    if area is not None:
        left, top, right, bottom = (round(side * 256 / image.shape[0]) for side in
                                    (area.left, area.top, area.right, area.bottom))  # fmt: skip
        covered[:top], covered[bottom:], covered[:, :left], covered[:, right:] = 1, 1, 1, 1
    # Beside the person: without what stays of them, or a shoulder would go on above itself.
    beside = _filled(small, covered | anybody)
    # Where the person was: with it, so that a collar goes on behind the neck.
    inside = (cv2.resize(person, (256, 256)) > 0.5).astype(np.uint8)
    behind = _filled(np.where(((covered > 0) & (inside == 0))[..., None], beside, small), covered & inside)
    within = np.clip(2 * person - 1, 0, 1).astype(np.float32)[..., None]
    large_beside, large_behind = (
        cv2.resize(plate, image.shape[1::-1], interpolation=cv2.INTER_CUBIC).astype(np.float32)
        for plate in (beside, behind)
    )
    large = large_beside * (1 - within) + large_behind * within
    share = cv2.resize(covered.astype(np.float32), image.shape[1::-1])
    share = cv2.GaussianBlur(share, (0, 0), image.shape[0] / 128)[..., None]
    large = large + _grain(image, np.asarray(share[..., 0], np.float32))
    return np.asarray(np.clip(image * (1 - share) + large * share, 0, 255), np.uint8)


def _filled(image: Picture, unknown: NDArray[np.uint8]) -> Picture:
    """The image with its unknown pixels continued from the others."""
    unknown = np.asarray(unknown, np.uint8).copy()
    if unknown.all():
        unknown[0, 0] = unknown[0, -1] = 0
    filled = cv2.inpaint(np.ascontiguousarray(image), unknown, 5, cv2.INPAINT_TELEA)
    return np.asarray(np.where(unknown[..., None] > 0, cv2.GaussianBlur(filled, (0, 0), 3), filled), np.uint8)


def _grain(image: Picture, filled: Floats) -> NDArray[np.float32]:
    """Noise (h, w, 3) as strong as that of what was not filled, the same in all channels as film grain is."""
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.float32)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 1.5)
    kept = fine[filled < 0.02]
    strength = 1.48 * float(np.median(np.abs(kept))) if len(kept) > 500 else 0.0
    noise = np.random.default_rng(0).normal(0, min(strength, GRAIN_MOST), grey.shape).astype(np.float32)
    return np.repeat(cv2.GaussianBlur(noise, (0, 0), 0.6)[..., None] * 1.6, 3, axis=2)
