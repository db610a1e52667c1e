"""Draws the mesh of a character on the CPU: which triangle each pixel shows, and values interpolated over it."""

from dataclasses import dataclass

import numpy as np

from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.mesh import vertex_normals

# Share of the way to the tangent planes by which a new vertex bulges (3/4 in the paper on Phong tessellation).
ROUNDNESS = 0.75


@dataclass(frozen=True)
class Raster:
    """The triangle that each pixel of a square image shows.

    Attributes:
        triangle: int32 (h, w), index of a triangle; -1 outside of the mesh.
        weights: float32 (h, w, 3), of the three corners of the triangle.
        depth: float32 (h, w), z in metres; -inf outside of the mesh.
        corners: int (t, 3), the triangles that were drawn.
    """

    triangle: np.ndarray
    weights: np.ndarray
    depth: np.ndarray
    corners: np.ndarray

    def spread(self, field: np.ndarray) -> np.ndarray:
        """A field (n, ...) of the vertices at each pixel (h, w, ...); 0 outside of the mesh."""
        shown = self.triangle >= 0
        result = np.zeros(self.triangle.shape + field.shape[1:], np.float32)
        corners = field[self.corners[self.triangle[shown]]]
        result[shown] = np.einsum("pk...,pk->p...", corners, self.weights[shown])
        return result


def subdivide(vertices: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A mesh with four triangles per triangle, rounded by its normals. The old vertices come first, unmoved.

    Source: Boubekeur and Alexa, Phong Tessellation, 2008, equation 2 at the middle of an edge.
    """
    normals = vertex_normals(vertices, triangles)
    edges, index = _edges(triangles)
    index = index.reshape(3, -1) + len(vertices)
    a, b = vertices[edges[:, 0]], vertices[edges[:, 1]]
    middle = (a + b) / 2
    bulge = np.zeros_like(middle)
    for end, normal in ((a, normals[edges[:, 0]]), (b, normals[edges[:, 1]])):
        bulge -= 0.5 * np.einsum("nk,nk->n", middle - end, normal)[:, None] * normal
    middle = middle + ROUNDNESS * bulge
    (ab, bc, ca), (p, q, r) = index, triangles.T
    fine = np.concatenate([np.stack(t, 1) for t in ((p, ab, ca), (ab, q, bc), (ca, bc, r), (ab, bc, ca))])
    return np.concatenate([vertices, middle]), fine


def at_middles(field: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """A field (n, ...) at the vertices that `subdivide` adds, in their order."""
    return field[_edges(triangles)[0]].mean(axis=1)


def _edges(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Edges (e, 2) of triangles (t, 3), each once, and the edge (3 t,) of each side of the triangles."""
    sides = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    edges, index = np.unique(sides, axis=0, return_inverse=True)
    return edges, index


def draw(vertices: np.ndarray, triangles: np.ndarray, camera: Camera, size: int) -> Raster:
    """Draw the triangles (t, 3) that face the lens into a square image with sides of `size` pixels."""
    pixels = camera.project(vertices)
    a, b, c = (pixels[triangles[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    triangles = triangles[area < -1e-9]  # rows go down: triangles that face the lens have a negative area
    area = area[area < -1e-9]
    corner = pixels[triangles]
    low = np.clip(np.ceil(corner.min(axis=1)), 0, size).astype(int)
    high = np.clip(np.floor(corner.max(axis=1)) + 1, 0, size).astype(int)
    index = np.full((size, size), -1, np.int32)
    weights = np.zeros((size, size, 3), np.float32)
    depth = np.full((size, size), -np.inf, np.float32)
    heights = vertices[triangles, 2]
    for number in np.flatnonzero((high > low).all(axis=1)):
        (x0, y0), (x1, y1) = low[number], high[number]
        (ax, ay), (bx, by), (cx, cy) = corner[number]
        x, y = np.arange(x0, x1)[None], np.arange(y0, y1)[:, None]
        u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area[number]
        v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area[number]
        w = 1 - u - v
        za, zb, zc = heights[number]
        z = u * za + v * zb + w * zc
        seen = (u >= -1e-4) & (v >= -1e-4) & (w >= -1e-4) & (z > depth[y0:y1, x0:x1])
        if seen.any():
            depth[y0:y1, x0:x1][seen] = z[seen]
            index[y0:y1, x0:x1][seen] = number
            weights[y0:y1, x0:x1][seen] = np.stack([u[seen], v[seen], w[seen]], axis=1)
    return Raster(index, weights, depth, triangles)
