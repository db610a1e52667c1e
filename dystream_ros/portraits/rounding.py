"""Rounds shapes of the generic head whose few vertices form corners: the open mouth and the raised brow."""

import numpy as np

from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.rendering.mesh import Links, halves, neighbours, rings
from dystream_ros.rendering.portrait import Floats, Indices

LIP_RINGS = 5
ROUNDER = 0.75  # share of the way from the generic lower lip of an open mouth to a round one
CORNER = 0.012  # metres around the lids within which the shape of a brow is kept
BROW_PASSES = 6


def rounded(shapes: Floats, vertices: Floats, skin: Indices, lips: Indices, lids: Indices) -> Floats:
    """Shapes (52, n, 3) with a round lower lip for jawOpen and mouthLowerDown, and a smooth browOuterUp.

    Args:
        vertices: (n, 3), metres.
        skin: triangles (t, 3).
        lips: the loop along which the lips meet.
        lids: all vertices of the margins of the lids.
    """
    result, links = shapes.copy(), neighbours(skin)
    result[ARKIT_INDEX["jawOpen"]] += _round_mouth(shapes[ARKIT_INDEX["jawOpen"]], vertices, links, lips)
    for name in ("mouthLowerDownLeft", "mouthLowerDownRight"):
        drop = result[ARKIT_INDEX[name], :, 1]
        drop *= 1.5 - 0.5 * drop / drop.min()  # a wider bow of the same depth
    away = np.linalg.norm(vertices[:, None, :2] - vertices[None, lids, :2], axis=2).min(axis=1)
    kept = np.clip(away / CORNER, 0, 1)[:, None]
    for name in ("browOuterUpLeft", "browOuterUpRight"):
        before = shapes[ARKIT_INDEX[name]]
        moved = np.flatnonzero(np.abs(before).max(axis=1) > 1e-5).tolist()
        around = sorted({near for vertex in moved for near in links.get(vertex, ())} | set(moved))
        smooth = before.copy()
        for _ in range(BROW_PASSES):
            smooth[around] = [smooth[[vertex, *links.get(vertex, ())]].mean(axis=0) for vertex in around]
        smooth *= np.abs(before).max() / np.abs(smooth).max()
        result[ARKIT_INDEX[name]] += kept * (smooth - before)
    return result


def _round_mouth(jaw: Floats, vertices: Floats, links: Links, lips: Indices) -> Floats:
    """Displacement (n, 3) that makes the lower lip of an open mouth a bow instead of a V."""
    upper, lower = halves(lips, vertices)
    across = 2 * (vertices[lower, 0] - vertices[lower[0], 0]) / np.ptp(vertices[lower, 0]) - 1
    drop = jaw[lower, 1]
    corner, lowest = 0.5 * (drop[0] + drop[-1]), drop.min()
    bow = 1 - np.abs(across) ** 2.4
    move = ROUNDER * (corner + bow * (lowest - corner) - drop) * np.clip((1 - np.abs(across)) / 0.2, 0, 1)
    change = np.zeros_like(jaw)
    for number, ring in enumerate(rings(links, np.array(lower), set(range(len(vertices))) - set(upper), LIP_RINGS)):
        rows = sorted(ring)
        weight = 0.5 * (1 + np.cos(np.pi * number / (LIP_RINGS + 1)))
        below = vertices[rows, 1] <= vertices[lower, 1].max() + 0.001
        change[rows, 1] = weight * below * np.interp(vertices[rows, 0], vertices[lower, 0], move)
    return change
