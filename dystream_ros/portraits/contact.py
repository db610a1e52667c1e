"""Makes the lips and lids of a fitted head meet: at rest, closed against an open jaw, in a blink."""

from dataclasses import replace

import numpy as np

from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.portraits.fit import Fit
from dystream_ros.portraits.head import Head
from dystream_ros.rendering.mesh import Links, halves, neighbours, rings
from dystream_ros.rendering.portrait import Floats, Indices

LIP_RINGS, LID_RINGS = 5, 6
# Metres by which the upper lip or lid overlaps the lower one, so that no gap shows between soft edges.
LIP_OVERLAP, LID_OVERLAP = 0.0016, 0.0010
LID_CLEARANCE = 0.0004  # metres between an eyeball and its lids


def meet(head: Head, fit: Fit, balls: Floats) -> Fit:
    """The fit with lips and lids in contact.

    Args:
        balls: (2, 4), centre and radius of each eyeball, left first, metres.
    """
    links = neighbours(head.triangles_of("skin"))
    neutral, shapes = fit.neutral.astype(np.float64), fit.shapes.astype(np.float64)
    everywhere = set(range(len(neutral)))

    upper, lower = halves(head.lips_inner, head.vertices)
    lips = [(row, _shares(links, row, set(upper) | set(lower), everywhere, LIP_RINGS)) for row in (upper, lower)]
    _close(neutral, neutral, lips, 0.5, LIP_OVERLAP)
    jaw, close = ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthClose"]
    _close(neutral + shapes[jaw] + shapes[close], shapes[close], lips, 0.5, LIP_OVERLAP)

    for name, loop, ball in zip(("Left", "Right"), (head.left_eyelids, head.right_eyelids), balls, strict=True):
        upper, lower = halves(loop, head.vertices)
        lids = [(row, _shares(links, row, set(upper) | set(lower), everywhere, LID_RINGS)) for row in (upper, lower)]
        near = sorted(set().union(*rings(links, loop, everywhere, LID_RINGS + 1)))
        neutral[near] += _clear(neutral[near], ball)
        blink = ARKIT_INDEX[f"eyeBlink{name}"]
        _close(neutral + shapes[blink], shapes[blink], lids, 1.0, LID_OVERLAP)
        for share in (1.0, 0.5):
            shapes[blink][near] += _clear(neutral[near] + share * shapes[blink][near], ball) / share
    return replace(fit, neutral=neutral.astype(np.float32), shapes=shapes.astype(np.float32))


_Ring = tuple[Indices, Indices, Floats]  # vertices (n,), nearest index in the row (n,), share of its motion (n,)
_Side = tuple[list[int], list[_Ring]]  # a row of the margin, with itself and the rings beyond it


def _shares(links: Links, row: list[int], margin: set[int], allowed: set[int], count: int) -> list[_Ring]:
    """The row itself and `count` rings of vertices beyond it that lie in `allowed` and not in `margin`."""
    source = {vertex: index for index, vertex in enumerate(row)}
    result: list[_Ring] = [(np.array(row), np.arange(len(row)), np.ones(len(row)))]
    front, seen = list(row), set(margin)
    for ring in range(1, count + 1):
        found: dict[int, list[int]] = {}
        for vertex in front:
            for beyond in sorted(links[vertex]):
                if beyond not in seen and beyond in allowed:
                    found.setdefault(beyond, []).append(source[vertex])
        front = sorted(found)
        seen.update(front)
        source = {vertex: round(float(np.mean(found[vertex]))) for vertex in front}
        weight = 0.5 * (1 + np.cos(np.pi * ring / (count + 1)))
        result.append((np.array(front, int), np.array([source[v] for v in front], int), np.full(len(front), weight)))
    return result


def _close(state: Floats, changed: Floats, sides: list[_Side], upper_share: float, overlap: float) -> None:
    """Add to `changed` the displacement that brings the upper and the lower row together in `state`.

    The upper row covers `upper_share` of the way, the lower row the rest, and they overlap by `overlap` metres.
    """
    (upper, upper_rings), (lower, lower_rings) = sides
    places = [state[row] for row in (upper, lower)]
    for ring_list, own, other, share, sign in (
        (upper_rings, places[0], places[1], upper_share, -1.0),
        (lower_rings, places[1], places[0], 1 - upper_share, 1.0),
    ):
        along = (own[:, 0] - own[0, 0]) / (own[-1, 0] - own[0, 0])
        along_other = np.maximum.accumulate((other[:, 0] - other[0, 0]) / (other[-1, 0] - other[0, 0]))
        target = np.stack([np.interp(along, along_other, other[:, axis]) for axis in range(3)], axis=1)
        move = share * (target - own)
        move[:, 0] = 0.0
        move[1:-1, 1] += sign * share * overlap
        move[1:-1, 2] -= sign * share * overlap
        for vertices, nearest, weight in ring_list:
            changed[vertices] += weight[:, None] * move[nearest]


def _clear(points: Floats, ball: Floats) -> Floats:
    """Displacement (n, 3) along z that moves points (n, 3) out of an eyeball (4,): centre and radius."""
    across = np.hypot(points[:, 0] - ball[0], points[:, 1] - ball[1])
    radius = ball[3] + LID_CLEARANCE
    surface = ball[2] + np.sqrt(np.maximum(radius**2 - across**2, 0))
    push = np.zeros_like(points)
    inside = (across < radius) & (points[:, 2] > ball[2])
    push[inside, 2] = np.maximum(surface - points[:, 2], 0)[inside]
    return push
