"""Strands of the beard of a character."""

import cv2
import numpy as np
from scipy.spatial import cKDTree

from dystream_lab.characters.character import Character
from dystream_lab.characters.figure import Figure
from dystream_lab.characters.hair import STEPS
from dystream_lab.characters.skin import Canvas, beard_area

BEARD_HAIRS, BEARD_LENGTH = {"stubble": 5200, "beard": 9000}, {"stubble": 0.0014, "beard": 0.012}


def beard_strands(
    character: Character, figure: Figure, canvas: Canvas, lips: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Strands (n, STEPS, 3) of a beard or of stubble; none without facial hair.

    Args:
        lips: (n, 2), outline of the lips in pixels of the canvas.
    """
    if character.facial_hair == "none":
        return np.zeros((0, STEPS, 3))
    area = beard_area(canvas, lips)
    camera = figure.fit.camera
    skin, normals = _front(figure)
    count = BEARD_HAIRS[character.facial_hair]
    cells = np.flatnonzero(area > 0.15)
    chosen = random.choice(cells, count, p=area.ravel()[cells] / area.ravel()[cells].sum())
    rows, columns = np.divmod(chosen, canvas.size)
    shown = camera.project(skin) * (canvas.size / (camera.x * 2))
    place = np.stack([columns, rows], 1) + random.uniform(-0.5, 0.5, (count, 2))
    near = cKDTree(shown).query(place, k=3)
    weight = 1 / (near[0] + 1e-3)
    weight /= weight.sum(axis=1, keepdims=True)
    root = camera.unproject(place * (camera.x * 2 / canvas.size), np.einsum("nk,nk->n", skin[near[1], 2], weight))
    outward = np.einsum("nkd,nk->nd", normals[near[1]], weight)
    # The area may extend beyond the face: no strands there.
    kept = (outward[:, 2] > 0.3) & (near[0][:, 0] < 4 * canvas.millimetre)
    root, outward, rows, columns, count = root[kept], outward[kept], rows[kept], columns[kept], int(kept.sum())
    length = BEARD_LENGTH[character.facial_hair] * random.uniform(0.5, 1.0, (count, 1))
    # A moustache ends where the lips begin.
    mouth = cv2.fillPoly(np.ones(area.shape, np.uint8), [np.round(lips).astype(np.int32)], 0)
    room = cv2.distanceTransform(mouth, cv2.DIST_L2, 5)[rows, columns] / canvas.millimetre / 1000
    above = (rows < lips[:, 1].mean()) & (np.abs(columns - lips[:, 0].mean()) < 0.55 * np.ptp(lips[:, 0]))
    length = np.where(above[:, None], np.minimum(length, 0.0008 + 0.9 * room[:, None]), length)
    down = np.array([0, -1.0, 0]) + 0.25 * random.normal(0, 1, (count, 3))
    heading = 0.35 * outward + down
    heading -= 0.6 * (heading * outward).sum(1, keepdims=True) * outward
    heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    at = np.linspace(0, 1, STEPS)[None, :, None]
    curl = 0.0012 * (character.facial_hair == "beard") * np.sin(6 * at + random.uniform(0, 6, (count, 1, 1)))
    return (
        root[:, None]
        + at * length[:, None] * heading[:, None]
        + curl * random.normal(0, 1, (count, 1, 3))
        + 0.0006 * outward[:, None]
    )


def _front(figure: Figure) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and normals of the skin that face the lens."""
    facing = figure.skin_normals[:, 2] > 0.05
    return figure.skin[facing], figure.skin_normals[facing]
