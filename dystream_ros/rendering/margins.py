"""The margins of lids and lips: strips narrower than a pixel that smooth the edges of the skin around eyes and mouth.

Only there a picture has edges that need smoothing: elsewhere skin lies on skin, or the matte of the photo is soft. A
strip fades from the outline of the opening into it, and so do strips along the loops of vertices next to it. They lie
a little farther than the skin, which hides them, and nearer than all that lids and lips open.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dystream_ros.rendering.portrait import Indices, Portrait

LIP_RINGS = 4  # loops of vertices along the lips that have a strip; a lip that rolls or protrudes hides its outline


@dataclass(frozen=True)
class Margins:
    """The strips along both eyes and the mouth.

    Attributes:
        rows: int (3 n,), for each of n vertices the ones of the portrait before, at and after it along its outline.
        attributes: float32 (n, 7): texture_at, look, beyond.
        triangles: int (t, 3), which index the n vertices.
    """

    rows: Indices
    attributes: NDArray[np.float32]
    triangles: Indices


def margins_of(portrait: Portrait) -> Margins:
    """The margins of a portrait."""
    outlines = [*portrait.lids, *_rings(portrait.triangles_skin, portrait.lips, LIP_RINGS)]
    rows, beyond, triangles = [], [], []
    start = 0
    for outline in outlines:
        count = len(outline)
        beside = np.stack([np.roll(outline, 1), outline, np.roll(outline, -1)], axis=1)
        rows += [beside, beside]
        beyond.append(np.repeat((0.0, 1.0), count))
        here = start + np.arange(count)
        after = np.roll(here, -1)
        triangles += [np.stack([here, after, here + count], 1), np.stack([after, after + count, here + count], 1)]
        start += 2 * count
    placed = np.concatenate(rows)
    attributes = np.hstack(
        [portrait.texture[placed[:, 1]], portrait.look[placed[:, 1]], np.concatenate(beyond)[:, None]],
        dtype=np.float32,
    )
    return Margins(placed.ravel().astype(np.intp), attributes, np.concatenate(triangles))


def _rings(triangles: Indices, outline: Indices, count: int) -> list[Indices]:
    """An outline, and the loops of vertices around it in its sense: up to `count` loops, from the inside out."""
    loops = [outline]
    while len(loops) < count:
        touched = triangles[np.isin(triangles, loops[-1]).any(axis=1)].astype(np.int64)
        edges = touched[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
        _, index, used = np.unique(np.sort(edges, axis=1), axis=0, return_index=True, return_counts=True)
        border = edges[index[used == 1]]
        border = border[~np.isin(border, np.concatenate(loops)).any(axis=1)]
        # The sense of the outer border of a band is opposite to that of its inner one.
        following = {int(end): int(begin) for begin, end in border}
        if not following:
            break
        loop = [next(iter(following))]
        while (vertex := following.get(loop[-1], loop[0])) not in loop:
            loop.append(vertex)
        if len(loop) < len(following):  # it touches itself or the border of the skin
            break
        loops.append(np.array(loop))
    return loops
