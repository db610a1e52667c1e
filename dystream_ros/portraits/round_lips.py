"""Opens lips to an ellipse: the shape mouthFunnel of any head, whatever its lips look like at rest."""

import numpy as np

from dystream_ros.rendering.mesh import Links, halves, neighbours
from dystream_ros.rendering.portrait import Floats, Indices

# Half of the width and of the height of the opening of a person, over half of the width of the lips at rest.
ROUND = (0.50, 0.36)
CORNER = 0.35  # radians of the round mouth that belong to a corner of the lips
REACH = (0.42, 1.4)  # of half of the width of the lips: distances from them that move fully, and not at all
ABOVE = (0.30, 0.66)  # the same above the upper lip of a person: the nose stays
RINGS_OF_LIPS = 6


def round_lips(
    vertices: Floats,
    generic: Floats,
    skin: Indices,
    lips: Indices,
    size: tuple[float, float] | None = None,
    above: tuple[float, float] = ABOVE,
) -> Floats:
    """Displacement (n, 2), metres, that opens the lips to an ellipse; what surrounds them keeps its distance to them.

    A place is described by the nearest point of the line of the lips and by the distance and direction from there. It
    moves to the same distance from the ellipse, at the angle that belongs to that point and direction. Vertices that
    are no skin have no displacement.

    Args:
        vertices: (n, 3), at rest, metres, in the axes of `Head`.
        generic: (n, 3), those of `Head`, which tell the upper lip from the lower one.
        skin: triangles (t, 3).
        lips: the loop along which the lips meet.
        size: half of the width and of the height of the opening, metres; None for that of a person.
        above: as `REACH`, for what lies above the upper lip.
    """
    rows = halves(lips, generic)
    upper, lower = (vertices[row, :2].astype(np.float64) for row in rows)
    across = np.linspace(upper[0, 0], upper[-1, 0], 61)
    line = 0.5 * sum(np.interp(across, side[:, 0], side[:, 1]) for side in (upper, lower))
    middle, half = 0.5 * (across[0] + across[-1]), 0.5 * (across[-1] - across[0])
    at = np.clip(vertices[:, 0], across[0], across[-1])
    share = (at - middle) / half
    away = np.stack([vertices[:, 0] - at, vertices[:, 1] - np.interp(at, across, line)], axis=1)
    side = _sides(generic, neighbours(skin), rows)
    away[:, 1] = side * np.maximum(side * away[:, 1], 0.0)  # shut lips overlap
    distance = np.linalg.norm(away, axis=1)
    turned = np.arctan2(np.abs(away[:, 1]), np.abs(away[:, 0])) / (0.5 * np.pi)
    beyond = np.abs(share) >= 1
    angle = np.where(beyond, CORNER * turned, CORNER + (0.5 * np.pi - CORNER) * (1 - np.abs(share)))
    reach = np.array(size or (half * ROUND[0], half * ROUND[1])) + distance[:, None]
    centre = np.array([middle, np.interp(middle, across, line)])
    wanted = centre + reach * np.stack([np.sign(share) * np.cos(angle), side * np.sin(angle)], axis=1)
    upwards = np.clip(np.sin(angle) * side, 0, 1) ** 2
    full, none = (half * (REACH[end] + upwards * (above[end] - REACH[end])) for end in (0, 1))
    weight = np.clip((none - distance) / (none - full), 0, 1)
    weight[np.setdiff1d(np.arange(len(vertices)), skin)] = 0.0
    return (weight * weight * (3 - 2 * weight))[:, None] * (wanted - vertices[:, :2])


def _sides(vertices: Floats, links: Links, rows: tuple[list[int], list[int]]) -> Floats:
    """1 for vertices (n,) of the upper lip and above it, -1 for those of the lower lip and below."""
    sides = np.where(vertices[:, 1] >= vertices[rows[0] + rows[1], 1].mean(), 1.0, -1.0)
    front = [(vertex, side) for row, side in zip(rows, (1.0, -1.0), strict=True) for vertex in row[1:-1]]
    seen = {vertex for row in rows for vertex in row}
    for vertex, side in front:
        sides[vertex] = side
    for _ in range(RINGS_OF_LIPS):
        front = [(beside, side) for vertex, side in front for beside in links[vertex] if beside not in seen]
        for vertex, side in front:
            sides[vertex] = side
            seen.add(vertex)
    return sides
