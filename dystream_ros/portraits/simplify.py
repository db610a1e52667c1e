"""Leaves out vertices of the skin and of the sheet that the picture does not need.

Vertices are removed one by one, each merged into a neighbour ("half-edge collapse"; H. Hoppe, Progressive Meshes,
SIGGRAPH 1996), as long as all that were removed lie where the remaining triangles put them: at rest, in each of the
52 shapes, and in the photo. What an error may be depends on what can be seen of it: less where the photo has edges.
"""

import heapq
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.layers import shares_of_matte
from dystream_ros.rendering.portrait import LAYERS, Floats, Indices, Portrait

PICTURE = 512  # pixels of a side of the picture whose errors are measured
LEVELS = 3.0  # of 255, by which an error may change a pixel
LEAST, MOST = 0.4, 6.0  # pixels that an error may always have, and may have at most
DEPTH, MOTION = 0.5, 0.6  # weight of errors in depth, and of a shape at 1
LOOK = 0.04  # error of tint, share of the photo, opacity, and share of the head pose
KEPT = 0.003  # metres around lids and lips within which all vertices stay
COVER = 0.008  # metres around what lies under the skin, within which its vertices stay: a turned head must not show it
LEAST_AREA = 0.02  # twice that of a triangle, square pixels
LEAST_ANGLE = np.radians(8.0)  # of a new triangle


def simplified(portrait: Portrait) -> Portrait:
    """The portrait with fewer vertices of skin and sheet; pictures of it look the same."""
    layers = {name: getattr(portrait, f"triangles_{name}").astype(np.int64) for name in ("sheet", "skin")}
    fixed = {"sheet": _beside_the_background(portrait, layers["sheet"]), "skin": _near_openings(portrait)}
    kept = np.ones(len(portrait.vertices), bool)
    for name, triangles in layers.items():
        mesh = _Mesh(portrait, triangles, fixed[name])
        mesh.reduce()
        kept[np.setdiff1d(triangles, mesh.triangles())] = False
        layers[name] = mesh.triangles()
    return _without(portrait, kept, layers)


def _near_openings(portrait: Portrait) -> Indices:
    """Vertices near lids and lips, which bend most, and near the insides of eyes and mouth, which they cover."""
    outlines = np.concatenate([portrait.lips, *portrait.lids])
    inside = np.unique(portrait.triangles_inside)
    near = [
        cKDTree(portrait.vertices[rows].astype(np.float64)).query(portrait.vertices)[0] < reach
        for rows, reach in ((outlines, KEPT), (inside, COVER))
    ]
    return np.flatnonzero(near[0] | near[1])


def _beside_the_background(portrait: Portrait, triangles: Indices) -> Indices:
    """Vertices of triangles of the sheet that show both the person and what is behind; larger ones are slower."""
    shown, solid = shares_of_matte(portrait.matte, portrait.texture[triangles])
    return np.unique(triangles[shown & ~solid])


def _without(portrait: Portrait, kept: NDArray[np.bool_], layers: dict[str, Indices]) -> Portrait:
    """The portrait with the vertices `kept` (n,) only, and other triangles of the given layers."""
    number = np.cumsum(kept) - 1
    moving = kept[portrait.shape_rows]
    triangles = {
        f"triangles_{name}": number[layers.get(name, getattr(portrait, f"triangles_{name}"))].astype(np.uint16)
        for name in LAYERS
    }
    return replace(
        portrait,
        **{name: getattr(portrait, name)[kept] for name in ("vertices", "texture", "look", "opacity", "follow")},
        **triangles,
        shape_rows=number[portrait.shape_rows[moving]].astype(np.int32),
        shapes=portrait.shapes[:, moving],
        lips=number[portrait.lips].astype(np.int32),
        lids=number[portrait.lids].astype(np.int32),
    )


class _Mesh:
    """A layer of a portrait while vertices are removed.

    Args:
        fixed: vertices that stay; those of borders and folds stay too.
    """

    def __init__(self, portrait: Portrait, triangles: Indices, fixed: Indices) -> None:
        camera = Camera(*portrait.camera.tolist())
        pixels = camera.scale * PICTURE / len(portrait.image)  # per metre
        shapes = np.zeros((52, len(portrait.vertices), 3), np.float32)
        shapes[:, portrait.shape_rows] = portrait.shapes
        # What is interpolated, in units of the error: place and shapes (53, 3), place in the photo (2), look,
        # opacity and share of the head pose (6).
        moved = np.concatenate([portrait.vertices[None], MOTION * shapes]) * pixels
        moved[..., 2] *= DEPTH
        self._moved = np.ascontiguousarray(moved.transpose(1, 0, 2))
        self._flat = portrait.texture * (PICTURE, -PICTURE)  # height upwards, as of the vertices
        self._look = np.hstack([portrait.look, portrait.opacity[:, None], portrait.follow[:, None]])
        self._place = portrait.vertices[:, :2] * pixels
        self._allowed = _allowed(portrait)
        self._faces: dict[int, tuple[int, int, int]] = {k: tuple(t) for k, t in enumerate(triangles.tolist())}
        self._of: dict[int, set[int]] = {}
        for number, corners in self._faces.items():
            for corner in corners:
                self._of.setdefault(corner, set()).add(number)
        self._samples: dict[int, list[int]] = {}  # removed vertices by the triangle that they lie in
        self._free = self._may_go(triangles, fixed)
        self._heap: list[tuple[float, int, int, int]] = []
        self._version = dict.fromkeys(self._of, 0)

    def triangles(self) -> Indices:
        """The triangles (t, 3) that are left."""
        return np.array(list(self._faces.values()))

    def _may_go(self, triangles: Indices, fixed: Indices) -> set[int]:
        """Vertices that may be removed."""
        edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
        unique, used = np.unique(edges, axis=0, return_counts=True)
        a, b, c = (self._place[triangles[:, k]] for k in range(3))
        folded = _cross(b - a, c - a) <= LEAST_AREA
        stay = (fixed.ravel(), unique[used == 1].ravel(), triangles[folded].ravel())
        return set(self._of) - set(np.concatenate(stay).tolist())

    def reduce(self) -> None:
        """Remove vertices until every further one would be seen."""
        for vertex in self._free:
            self._consider(vertex)
        while self._heap:
            _, vertex, into, version = heapq.heappop(self._heap)
            if version != self._version.get(vertex):
                continue
            self._collapse(vertex, into)

    def _ring(self, vertex: int) -> set[int]:
        return {corner for face in self._of[vertex] for corner in self._faces[face]} - {vertex}

    def _consider(self, vertex: int) -> None:
        """Queue the cheapest merge of a vertex."""
        best: tuple[float, int] | None = None
        around = self._ring(vertex)
        for into in around:
            if len(around & self._ring(into)) == 2:
                cost = self._cost(vertex, into)
                if cost <= 1 and (best is None or cost < best[0]):
                    best = cost, into
        self._version[vertex] += 1
        if best:
            heapq.heappush(self._heap, (best[0], vertex, best[1], self._version[vertex]))

    def _fan(self, vertex: int, into: int) -> Indices:
        """The triangles (t, 3) that replace those of a vertex."""
        return np.array(
            [
                [into if corner == vertex else corner for corner in self._faces[face]]
                for face in self._of[vertex]
                if into not in self._faces[face]
            ]
        )

    def _cost(self, vertex: int, into: int) -> float:
        """Largest error over the allowed one; infinite if a triangle would turn over or become a needle."""
        fan = self._fan(vertex, into)
        for places, least in ((self._place, LEAST_AREA), (self._flat, 0.0)):
            a, b, c = (places[fan[:, k]] for k in range(3))
            if (_cross(b - a, c - a) <= least).any():
                return np.inf
        a, b, c = (self._place[fan[:, k]] for k in range(3))
        if _least_angle(a, b, c) < LEAST_ANGLE:
            return np.inf
        points = self._samples_of(vertex)
        inside, weights = _locate(self._place[points], a, b, c)
        corners = fan[inside]
        weights = weights.astype(np.float32)
        moved = np.einsum("pk,pkcd->pcd", weights, self._moved[corners]) - self._moved[points]
        flat = np.einsum("pk,pkd->pd", weights, self._flat[corners]) - self._flat[points]
        look = np.einsum("pk,pkd->pd", weights, self._look[corners]) - self._look[points]
        error = np.maximum(np.sqrt((moved**2).sum(axis=2).max(axis=1)), np.sqrt((flat**2).sum(axis=1)))
        return float(np.maximum(error / self._allowed[points], np.abs(look).max(axis=1) / LOOK).max())

    def _samples_of(self, vertex: int) -> list[int]:
        return [vertex, *(point for face in self._of[vertex] for point in self._samples.get(face, ()))]

    def _collapse(self, vertex: int, into: int) -> None:
        points, ring = self._samples_of(vertex), self._ring(vertex)
        for face in list(self._of[vertex]):
            corners = self._faces[face]
            self._samples.pop(face, None)
            if into in corners:
                del self._faces[face]
                for corner in corners:
                    self._of[corner].discard(face)
            else:
                first, second, third = (into if corner == vertex else corner for corner in corners)
                self._faces[face] = first, second, third
                self._of[into].add(face)
        changed = [face for face in self._of[into] if set(self._faces[face]) <= ring]
        a, b, c = (self._place[[self._faces[face][k] for face in changed]] for k in range(3))
        for point, number in zip(points, _locate(self._place[points], a, b, c)[0], strict=True):
            self._samples.setdefault(changed[number], []).append(point)
        del self._of[vertex], self._version[vertex]
        self._free.discard(vertex)
        for beside in ring & self._free:
            self._consider(beside)


def _allowed(portrait: Portrait) -> Floats:
    """Error (n,) that each vertex may have, pixels: less where the photo has edges nearby."""
    size = (PICTURE, PICTURE)
    shown = cv2.resize(portrait.image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    steps = [cv2.Sobel(shown, cv2.CV_32F, *order, ksize=3, scale=0.125) for order in ((1, 0), (0, 1))]
    slope = np.sqrt(steps[0] ** 2 + steps[1] ** 2).max(axis=2)
    slope = cv2.dilate(slope, np.ones((9, 9), np.uint8))
    at = (portrait.texture * PICTURE).round().astype(int).clip(0, PICTURE - 1)
    return np.clip(LEVELS / np.maximum(slope[at[:, 1], at[:, 0]], 1e-3), LEAST, MOST)


def _cross(one: Floats, other: Floats) -> Floats:
    return one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]


def _least_angle(a: Floats, b: Floats, c: Floats) -> float:
    """The smallest angle of triangles with corners (t, 2), radians."""
    least = np.inf
    for at, one, other in ((a, b, c), (b, c, a), (c, a, b)):
        first, second = one - at, other - at
        angles = np.arctan2(np.abs(_cross(first, second)), (first * second).sum(axis=1))
        least = min(least, float(angles.min()))
    return least


def _locate(points: Floats, a: Floats, b: Floats, c: Floats) -> tuple[Indices, Floats]:
    """The triangle (p,) of those with corners (t, 2) that each point (p, 2) lies in or closest to; weights (p, 3)."""
    area = _cross(b - a, c - a)
    p = points[:, None]
    u = ((c - b)[:, 0] * (p - b)[..., 1] - (c - b)[:, 1] * (p - b)[..., 0]) / area
    v = ((a - c)[:, 0] * (p - c)[..., 1] - (a - c)[:, 1] * (p - c)[..., 0]) / area
    weights = np.stack([u, v, 1 - u - v], axis=-1)
    inside = weights.min(axis=2).argmax(axis=1)
    return inside, weights[np.arange(len(points)), inside]
