"""Light on a character: a studio of soft lamps, shadows of head, hair and clothes, scattering in skin."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, diags

CELL = 0.0026  # metres of a cell of a shadow map
BIAS = 0.006  # a point is in the shadow of another if it lies at least this many metres behind it
# Passes of smoothing over the mesh by colour: red travels farthest in skin.
SCATTER = (16, 6, 3)


def studio() -> tuple[np.ndarray, np.ndarray]:
    """Directions (d, 3) to the lights, axes of the camera, and their radiances (d, 3), linear RGB.

    A large warm key lamp at the upper left of the image, a cool fill at the right, two rims from behind, and a room.
    """
    golden = np.pi * (3 - np.sqrt(5))
    number = np.arange(64)
    y = 1 - 2 * (number + 0.5) / 64
    around = golden * number
    room = np.stack([np.sqrt(1 - y * y) * np.cos(around), y, np.sqrt(1 - y * y) * np.sin(around)], axis=1)
    sky = 0.62 + 0.38 * room[:, 1:2]
    radiance = [sky * [[0.042, 0.043, 0.046]]]
    directions = [room]
    for towards, spread, colour, count in (
        ((-0.50, 0.58, 1.05), 0.58, (1.16, 1.10, 1.02), 18), ((0.95, 0.05, 0.85), 0.55, (0.50, 0.53, 0.57), 10),
        ((0.9, 0.5, -0.75), 0.22, (0.62, 0.65, 0.70), 6), ((-1.0, 0.35, -0.65), 0.22, (0.35, 0.35, 0.36), 6),
    ):  # fmt: skip
        axis = np.array(towards) / np.linalg.norm(towards)
        side = np.cross(axis, [0.0, 1.0, 0.0])
        side /= np.linalg.norm(side)
        radius = spread * np.sqrt((np.arange(count) + 0.5) / count)[:, None]
        angle = (golden * np.arange(count))[:, None]
        lamp = axis + radius * (np.cos(angle) * side + np.sin(angle) * np.cross(axis, side))
        directions.append(lamp / np.linalg.norm(lamp, axis=1, keepdims=True))
        radiance.append(np.tile(np.array(colour) / count, (count, 1)))
    return np.concatenate(directions), np.concatenate(radiance)


@dataclass(frozen=True)
class Shadows:
    """Shadow maps of lights in directions (d, 3): one map of heights per light."""

    directions: np.ndarray
    planes: list[np.ndarray]
    corners: list[np.ndarray]
    heights: list[np.ndarray]

    def visibility(self, points: np.ndarray, bias: float = BIAS) -> np.ndarray:
        """Share of each light that reaches points (n, 3): float32 (n, d), 0 to 1, with soft edges of shadows."""
        points = points.astype(np.float32)
        seen = np.empty((len(points), len(self.directions)), np.float32)
        for number, axis in enumerate(self.directions):
            nearest = self.heights[number]
            at = ((points @ self.planes[number] - self.corners[number]) / np.float32(CELL)).astype(np.int32)
            inside = (at >= 0).all(axis=1) & (at < nearest.shape).all(axis=1)
            at = np.clip(at, 0, np.array(nearest.shape) - 1)
            gap = nearest[at[:, 0], at[:, 1]] - points @ axis.astype(np.float32)
            seen[:, number] = np.where(inside, 1 - np.clip((gap - bias) / (1.5 * bias), 0, 1), 1)
        return seen


def cast_shadows(casters: np.ndarray, directions: np.ndarray) -> Shadows:
    """The shadows that points (m, 3) cast in the light from directions (d, 3)."""
    casters, planes, corners, heights = casters.astype(np.float32), [], [], []
    for axis in directions:
        side = np.cross(axis, [0.0, 1.0, 0.0] if abs(axis[1]) < 0.9 else [1.0, 0.0, 0.0])
        side /= np.linalg.norm(side)
        plane = np.stack([side, np.cross(axis, side)], axis=1).astype(np.float32)
        on_plane = casters @ plane
        low = on_plane.min(axis=0) - 3 * CELL
        cells = ((on_plane - low) / CELL).astype(np.int32)
        height = casters @ axis.astype(np.float32)
        order = np.argsort(height)  # of several points in a cell, the last written is nearest to the light
        nearest = np.full(cells.max(axis=0) + 4, -1e3, np.float32)
        nearest[cells[order, 0], cells[order, 1]] = height[order]
        planes.append(plane)
        corners.append(low)
        heights.append(cv2.dilate(nearest, np.ones((3, 3), np.uint8)))
    return Shadows(directions, planes, corners, heights)


def irradiance(normals: np.ndarray, seen: np.ndarray, directions: np.ndarray, radiance: np.ndarray) -> np.ndarray:
    """Linear RGB (n, 3) that falls on points with unit normals."""
    return (np.clip(normals.astype(np.float32) @ directions.T.astype(np.float32), 0, None) * seen) @ radiance


def smoother(triangles: np.ndarray, count: int) -> csr_matrix:
    """A sparse matrix (count, count) that averages a field of vertices with the mean of their neighbours."""
    a, b = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]).T
    links = coo_matrix((np.ones(2 * len(a)), (np.r_[a, b], np.r_[b, a])), shape=(count, count)).tocsr()
    links.data[:] = 1
    degree = np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1)
    return 0.5 * diags(np.ones(count)) + 0.5 * diags(1 / degree) @ links


def scatter(light: np.ndarray, smooth: csr_matrix, passes: tuple[int, int, int] = SCATTER) -> np.ndarray:
    """Light (n, 3) on a mesh after scattering in the skin, which differs by colour.

    Args:
        smooth: result of `smoother`.
        passes: number of times that it is applied to red, green and blue.
    """
    spread = light.copy()
    for channel, count in enumerate(passes):
        for _ in range(count):
            spread[:, channel] = smooth @ spread[:, channel]
    return 0.25 * light + 0.75 * spread


def to_linear(colour: np.ndarray) -> np.ndarray:
    """Linear light of sRGB, 0 to 1 (IEC 61966-2-1)."""
    colour = np.asarray(colour, np.float32)
    return np.where(colour <= 0.04045, colour / 12.92, ((np.maximum(colour, 0.04045) + 0.055) / 1.055) ** 2.4)


def to_srgb(light: np.ndarray) -> np.ndarray:
    """sRGB, 0 to 1, of linear light; light beyond white is compressed softly."""
    light = np.maximum(light, 0)
    light = np.where(light < 0.6, light, 0.6 + 0.4 * (1 - np.exp(-(light - 0.6) / 0.4)))
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055)
