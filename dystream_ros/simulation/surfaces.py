"""Surfaces of the simulated head as triangle meshes in the notation of MJCF."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def mesh(name: str, points: Array) -> str:
    """An MJCF mesh of a grid of points (rows, columns, 3), m, seen from both sides."""
    rows, columns = points.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    faces = np.concatenate([np.stack(each, -1).reshape(-1, 3) for each in ((a, b, c), (a, c, d))])
    # Without an area a triangle has no normal.
    flat = points.reshape(-1, 3)
    corners = flat[faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    faces = faces[area > 1e-10]
    # The inner side, a little inside, so that an open surface has no hole in it.
    inner = flat - 0.0012 * _normals(points).reshape(-1, 3)
    both = np.concatenate([faces, faces[:, ::-1] + len(flat)])
    vertices = np.concatenate([flat, inner])
    numbers = " ".join(f"{x:.5f}" for x in vertices.ravel())
    return f'<mesh name="{name}" inertia="shell" vertex="{numbers}" face="{" ".join(map(str, both.ravel()))}"/>'


def _normals(points: Array) -> Array:
    """Unit normals (rows, columns, 3)."""
    normal = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1))
    return normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)


def spherical(radius: float, along: tuple[float, float], across: float, count: int = 28) -> Array:
    """A piece of a sphere: `along` is an angle around the y axis from x towards z, `across` one towards y; degrees."""
    theta, phi = np.meshgrid(
        np.radians(np.linspace(-across, across, count)), np.radians(np.linspace(*along, count)), indexing="ij"
    )
    return radius * np.stack([np.cos(theta) * np.cos(phi), np.sin(theta), np.cos(theta) * np.sin(phi)], -1)


def cap(radius: float, angle: float, count: int = 24) -> Array:
    """A cap of a sphere around the x axis, `angle` degrees wide to each side."""
    turn, out = np.meshgrid(
        np.linspace(0, 2 * np.pi, 2 * count), np.radians(np.linspace(0, angle, count)), indexing="ij"
    )
    return radius * np.stack([np.cos(out), np.sin(out) * np.cos(turn), np.sin(out) * np.sin(turn)], -1)


def shell(centre: Array, radii: Array, azimuth: tuple[float, float], lowest: Array, highest: float) -> Array:
    """A piece of an ellipsoid: azimuth from x towards y, elevation from `lowest` (one per column) upwards; degrees."""
    turn = np.radians(np.linspace(*azimuth, len(lowest)))[:, None]
    share = np.linspace(0, 1, 40)[None, :]
    lift = np.radians(lowest[:, None] + share * (highest - lowest[:, None]))
    unit = np.stack([np.cos(lift) * np.cos(turn), np.cos(lift) * np.sin(turn), np.sin(lift)], -1)
    return centre + radii * unit


def tube(path: Array, radius: Array, count: int = 14) -> Array:
    """A tube (count, points, 3) around a path (points, 3) with a radius at each point."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    side = np.cross(tangent, [0.0, 0.0, 1.0])
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-12)
    up = np.cross(side, tangent)
    turn = np.linspace(0, 2 * np.pi, count)[:, None, None]
    return path + radius[:, None] * (np.cos(turn) * side + np.sin(turn) * up)
