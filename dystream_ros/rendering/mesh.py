"""The topology of a mesh: neighbours, connected parts, rings around a loop, grids; and vertex normals."""

from collections import defaultdict

import numpy as np

from dystream_ros.rendering.portrait import Floats, Indices

Links = dict[int, set[int]]  # vertices that share a triangle with each vertex


def neighbours(triangles: Indices) -> Links:
    """The neighbours of each vertex of triangles (t, 3)."""
    result: Links = defaultdict(set)
    for a, b, c in triangles.tolist():
        result[a].update((b, c))
        result[b].update((a, c))
        result[c].update((a, b))
    return result


def connected(links: Links, start: int, walls: set[int]) -> set[int]:
    """Vertices that are connected to `start` by paths that avoid the vertices `walls`."""
    reached, front = {start}, [start]
    while front:
        for vertex in links[front.pop()]:
            if vertex not in reached and vertex not in walls:
                reached.add(vertex)
                front.append(vertex)
    return reached


def rings(links: Links, loop: Indices, allowed: set[int], count: int) -> list[set[int]]:
    """The loop, and the `count` rings of vertices around it that lie in `allowed`, from the inside out."""
    result = [set(map(int, loop))]
    seen = set(result[0])
    for _ in range(count):
        ring = {vertex for inner in result[-1] for vertex in links[inner] if vertex in allowed and vertex not in seen}
        result.append(ring)
        seen |= ring
    return result


def halves(loop: Indices, vertices: Floats) -> tuple[list[int], list[int]]:
    """The upper and the lower half of a closed loop, both from its leftmost vertex (least x) to its rightmost."""
    order = [int(vertex) for vertex in loop]
    across = vertices[order, 0]
    first, last = int(across.argmin()), int(across.argmax())

    def walk(step: int) -> list[int]:
        indices = [first]
        while indices[-1] != last:
            indices.append((indices[-1] + step) % len(order))
        return [order[index] for index in indices]

    one, other = walk(1), walk(-1)
    return (one, other) if vertices[one, 1].mean() > vertices[other, 1].mean() else (other, one)


def compact(triangles: Indices) -> tuple[Indices, Indices]:
    """The vertices (m,) that triangles use, and the triangles (t, 3) as indices into those."""
    used, renumbered = np.unique(triangles, return_inverse=True)
    return used, renumbered.reshape(triangles.shape)


def grid_triangles(rows: int, columns: int) -> Indices:
    """Triangles (2 * (rows - 1) * (columns - 1), 3) of a grid of vertices in row order."""
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]))
    return np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)])


def vertex_normals(vertices: Floats, triangles: Indices) -> Floats:
    """Unit normals (n, 3) of vertices (n, 3): the mean of their triangles, weighted by area; zero without triangles."""
    a, b, c = (vertices[triangles[:, k]].astype(np.float64) for k in range(3))
    faces = np.cross(b - a, c - a)
    normals = np.zeros(vertices.shape)
    for k in range(3):
        np.add.at(normals, triangles[:, k], faces)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
