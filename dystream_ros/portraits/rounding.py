"""Rounds shapes of the generic head whose few vertices form corners: open and rounded mouths, and the raised brow."""

import numpy as np

from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.portraits.round_lips import round_lips
from dystream_ros.rendering.mesh import Links, halves, neighbours, rings
from dystream_ros.rendering.portrait import Floats, Indices

LIP_RINGS = 8  # over which the change of the lips fades
LIP_PASSES = 6
ROUNDER = 0.9  # share of the way from the generic lower lip of an open mouth to a round one
# Metres by which corners and middle of the lips stand out in mouthFunnel.
ROUND_LIPS_OUT = (0.0050, 0.0090)
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
    funnel = result[ARKIT_INDEX["mouthFunnel"]]
    funnel += _stand_out(funnel, vertices, links, lips)
    around = sorted(set().union(*rings(links, lips, set(range(len(vertices))), LIP_RINGS)[1:]))
    for _ in range(LIP_PASSES):
        funnel[around] = [funnel[[vertex, *links[vertex]]].mean(axis=0) for vertex in around]
    funnel[np.unique(skin), :2] = round_lips(vertices, vertices, skin, lips)[np.unique(skin)]
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
    moves = dict.fromkeys(upper, np.zeros(3)) | {
        vertex: np.array([0.0, down, 0.0]) for vertex, down in zip(lower, move, strict=True)
    }
    return _spread(moves, links, len(jaw))


def _stand_out(shape: Floats, vertices: Floats, links: Links, lips: Indices) -> Floats:
    """Displacement (n, 3) that makes rounded lips stand out in a bow, over the generic displacement `shape` (n, 3)."""
    moves: dict[int, Floats] = {}
    corner, middle = ROUND_LIPS_OUT
    for row in halves(lips, vertices):
        x = vertices[row, 0]
        share = np.clip((2 * x - x[0] - x[-1]) / (x[-1] - x[0]), -1, 1)
        out = corner + (middle - corner) * np.maximum(np.cos(0.5 * np.pi * share), 0) ** 0.8
        moves |= {vertex: np.array([0.0, 0.0, step]) for vertex, step in zip(row, out - shape[row, 2], strict=True)}
    return _spread(moves, links, len(shape))


def _spread(moves: dict[int, Floats], links: Links, count: int) -> Floats:
    """Displacement (count, 3) of a loop whose vertices have `moves`, fading over `LIP_RINGS` rings around it."""
    nest = rings(links, np.array(list(moves)), set(range(count)), LIP_RINGS)
    values = dict(moves)
    for inner, ring in zip(nest, nest[1:], strict=False):
        for vertex in ring:
            values[vertex] = np.mean([values[near] for near in links[vertex] if near in inner], axis=0)
        for _ in range(2):
            values |= {
                vertex: np.mean([values[vertex], *(values[near] for near in links[vertex] if near in ring)], axis=0)
                for vertex in ring
            }
    change = np.zeros((count, 3))
    for number, ring in enumerate(nest):
        for vertex in ring:
            change[vertex] = 0.5 * (1 + np.cos(np.pi * number / (LIP_RINGS + 1))) * values[vertex]
    return change
