"""What lies along the margins of the lids: shadow on the eye, rim and wet line of the lower lid, lashes."""

from dataclasses import dataclass

import numpy as np

from dystream_ros.portraits.fit import Fit
from dystream_ros.portraits.head import Head
from dystream_ros.portraits.layer import Layer
from dystream_ros.rendering.mesh import grid_triangles, halves
from dystream_ros.rendering.portrait import Floats, Indices

LASH_TINT, WET_TINT, SHADOW_TINT = (0.10, 0.065, 0.05), (1.0, 1.0, 1.0), (0.07, 0.04, 0.04)
RIM_SHADE = (1.05, 0.91, 0.90)  # of the moist edge of the lower lid, over the colour of the skin beside it
# Rows of the strips between the lids: share of the way from one lid to the other, opacity.
SHADOW_ROWS = ((0.0, 0.62), (0.14, 0.36), (0.34, 0.10), (0.52, 0.0))
EDGE_ROWS = ((-0.035, 0.0), (-0.005, 0.85), (0.035, 0.55), (0.085, 0.0))
RIM_ROWS = ((-0.03, 1.0), (0.075, 0.95), (0.115, 0.0))
WET_ROWS = ((0.06, 0.0), (0.105, 0.34), (0.165, 0.0))
# Rows of the lashes: height over the length of the lashes, opacity.
LASH_ROWS = ((-0.30, 0.0), (0.05, 1.0), (0.50, 0.0))
LINE_ROWS = ((-0.42, 0.0), (-0.20, 1.0), (0.20, 1.0), (0.42, 0.0))  # the same of a drawn line
LASHES = {"upper": (1.0, 0.75, 1.0), "lower": (-1.0, 0.12, 0.5)}  # direction, opacity, share of the length
AHEAD = 0.0004  # metres by which each strip lies in front of the one before


@dataclass(frozen=True)
class _Lid:
    """The margin of a lid: vertices of the head, and a motion that each of them has in every shape."""

    points: Floats  # (n, 3)
    shapes: Floats  # (52, n, 3)


@dataclass(frozen=True)
class LidStyle:
    """How the margins of the lids look.

    Attributes:
        lashes: length, metres; 0 draws none, nor the dark edge of the upper lid.
        shadow: strength of the shadow on the eye, over that of a photo.
        rim: whether the lower lid has a moist edge.
        tint: of lashes and edges, RGB, sRGB, 0 to 1.
        line: whether a line of even strength is drawn along the upper lid instead of lashes; `lashes` is its width.
        ahead: how far lashes stand out, over their length; those of a flat face would leave it in a turn.
    """

    lashes: float = 0.0040
    shadow: float = 1.0
    rim: bool = True
    tint: tuple[float, float, float] = LASH_TINT
    line: bool = False
    ahead: float = 0.9


def lashes_layer(head: Head, fit: Fit, style: LidStyle, skin: Floats) -> Layer:
    """The strips of both eyes.

    Args:
        skin: (2, 3), colour of the skin below each eye, left first, RGB, sRGB, 0 to 1.
    """
    strips, length = _Strips(fit), style.lashes
    for eye, loop in enumerate((head.left_eyelids, head.right_eyelids)):
        rows = halves(loop, head.vertices)
        upper, lower = (_Lid(fit.neutral[row], fit.shapes[:, row]) for row in rows)
        below, above = _opposite(upper, lower), _opposite(lower, upper)
        strips.between(upper, below, tuple((at, style.shadow * dark) for at, dark in SHADOW_ROWS), SHADOW_TINT, 1)
        if style.rim:
            strips.between(lower, above, RIM_ROWS, np.clip(skin[eye] * RIM_SHADE, 0, 1), 2)
            strips.between(lower, above, WET_ROWS, WET_TINT, 3)
        if style.line:
            strips.line(upper, length, style.tint)
        elif length > 0:
            strips.between(upper, below, EDGE_ROWS, style.tint, 4)
            for lid, (up, strength, share) in zip((upper, lower), LASHES.values(), strict=True):
                strips.lashes(lid, up, strength, share * length, style)
    return strips.layer()


def _opposite(lid: _Lid, other: _Lid) -> _Lid:
    """The points of the other lid that lie at the same share of the way across as those of `lid`."""
    across, found = (
        (side.points[:, 0] - side.points[0, 0]) / (side.points[-1, 0] - side.points[0, 0]) for side in (lid, other)
    )
    at = np.interp(across, np.maximum.accumulate(found), np.arange(len(found)))
    low = np.minimum(at.astype(int), len(found) - 2)
    share = (at - low)[:, None]
    return _Lid(
        (1 - share) * other.points[low] + share * other.points[low + 1],
        (1 - share) * other.shapes[:, low] + share * other.shapes[:, low + 1],
    )


class _Strips:
    """Collects strips of triangles along the lids."""

    def __init__(self, fit: Fit) -> None:
        self._rotation = fit.rotation
        self._points: list[Floats] = []
        self._shapes: list[Floats] = []
        self._opacity: list[Floats] = []
        self._tint: list[Floats] = []
        self._triangles: list[Indices] = []
        self._count = 0

    def _add(self, points: Floats, shapes: Floats, opacity: Floats, tint: Floats | tuple[float, ...]) -> None:
        self._points.append(points)
        self._shapes.append(shapes)
        self._opacity.append(opacity)
        self._tint.append(np.tile(np.asarray(tint, np.float32), (len(points), 1)))

    def _close(self, rows: int, columns: int) -> None:
        self._triangles.append(self._count + grid_triangles(rows, columns))
        self._count += rows * columns

    def between(
        self,
        lid: _Lid,
        other: _Lid,
        rows: tuple[tuple[float, float], ...],
        tint: Floats | tuple[float, ...],
        order: int,
    ) -> None:
        """A strip along `lid`, whose rows lie between the lids: it narrows as they close."""
        ahead = order * AHEAD * self._rotation[:, 2]
        taper = np.sqrt(np.sin(np.linspace(0.06, np.pi - 0.06, len(lid.points))))
        for share, opacity in rows:
            self._add(
                (1 - share) * lid.points + share * other.points + ahead,
                (1 - share) * lid.shapes + share * other.shapes,
                opacity * taper,
                tint,
            )
        self._close(len(rows), len(lid.points))

    def lashes(self, lid: _Lid, up: float, strength: float, length: float, style: LidStyle) -> None:
        """A soft dark band over the margin of a lid; `length` in metres."""
        taper = np.sin(np.linspace(0.12, np.pi - 0.12, len(lid.points)))
        for height, share in LASH_ROWS:
            step = self._rotation @ np.array([0.0, height * up, style.ahead]) * length
            opacity = share * strength * taper
            self._add(lid.points + step * (0.3 + 0.7 * taper[:, None]), lid.shapes, opacity, style.tint)
        self._close(len(LASH_ROWS), len(lid.points))

    def line(self, lid: _Lid, width: float, tint: tuple[float, ...]) -> None:
        """A line along the margin of a lid, `width` metres wide, with soft edges."""
        taper = np.sqrt(np.sin(np.linspace(0.15, np.pi - 0.15, len(lid.points))))
        for height, share in LINE_ROWS:
            step = self._rotation @ np.array([0.0, height * width, 0.004])
            self._add(lid.points + step, lid.shapes, share * taper, tint)
        self._close(len(LINE_ROWS), len(lid.points))

    def layer(self) -> Layer:
        look = np.zeros((self._count, 4), np.float32)
        look[:, :3] = np.concatenate(self._tint)
        return Layer(
            vertices=np.concatenate(self._points), triangles=np.concatenate(self._triangles),
            texture=np.zeros((self._count, 2)), look=look, opacity=np.concatenate(self._opacity),
            follow=np.ones(self._count), shapes=np.concatenate(self._shapes, axis=1),
        )  # fmt: skip
