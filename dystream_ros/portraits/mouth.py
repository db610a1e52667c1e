"""Teeth of a portrait: two arches; the shader draws crowns and gums along their length."""

import numpy as np

from dystream_ros.portraits.fit import Fit
from dystream_ros.portraits.head import Head
from dystream_ros.portraits.layer import Layer
from dystream_ros.rendering.mesh import grid_triangles
from dystream_ros.rendering.portrait import Floats, Indices

# Widths of the crowns from the midline outwards in millimetres (Wheeler's Dental Anatomy, mean of adults).
UPPER_WIDTHS = (8.5, 6.5, 7.5, 7.0, 7.0, 10.0)
LOWER_WIDTHS = (5.3, 5.6, 6.9, 7.0, 7.1, 11.0)
HALF_WIDTH, DEPTH = 0.0265, 0.036  # of the arch, metres
STEPS, ROWS = 28, 3
UPPER_EDGE, LOWER_EDGE = -0.0050, 0.0002  # of the incisors above the line where closed lips meet, metres
BEHIND_LIPS, BEHIND_UPPER = 0.0035, 0.0015
UPPER_HEIGHT, LOWER_HEIGHT = 0.0165, 0.0135  # crown and gum


def teeth_layer(head: Head, fit: Fit) -> Layer:
    """Both arches.

    `texture` holds the signed number of the tooth from the midline, and the height above its edge as a share of the
    arch. The first column of `look` is 1 for the upper arch and 0 for the lower.
    """
    lips = fit.neutral[head.lips_inner] @ fit.rotation
    middle = lips[np.argsort(np.abs(lips[:, 0] - lips[:, 0].mean()))[:4]].mean(axis=0)
    scale = np.ptp(lips[:, 0]) / 0.043
    upper = _arch(middle, UPPER_EDGE * scale, UPPER_HEIGHT, 1.0, UPPER_WIDTHS, scale)
    lower = _arch(
        middle - BEHIND_UPPER * np.array([0.0, 0.0, 1.0]), LOWER_EDGE * scale, LOWER_HEIGHT, -1.0, LOWER_WIDTHS, scale
    )
    vertices = np.concatenate([upper[0], lower[0]])
    count = len(upper[0])
    # The upper arch is drawn last: it lies in front of the lower one and has a soft edge.
    triangles = np.concatenate([lower[2] + count, upper[2]])
    texture = np.concatenate([upper[1], lower[1]])
    look = np.zeros((2 * count, 4), np.float32)
    look[:count, 0] = 1.0
    shapes = np.zeros((52, 2 * count, 3), np.float32)
    jaw = np.unique(head.triangles_of("lower_teeth"))
    # The lower arch is rigid: each shape moves it by the affine motion of the generic lower teeth.
    shapes[:, count:] = (
        rigid(fit.neutral[jaw] @ fit.rotation, fit.shapes[:, jaw] @ fit.rotation, lower[0]) @ fit.rotation.T
    )
    return Layer(
        vertices=vertices @ fit.rotation.T, triangles=triangles, texture=texture, look=look,
        opacity=np.ones(2 * count), follow=np.ones(2 * count), shapes=shapes,
    )  # fmt: skip


def _arch(
    middle: Floats, edge: float, arch_height: float, up: float, widths: tuple[float, ...], scale: float
) -> tuple[Floats, Floats, Indices]:
    """Vertices (n, 3), texture (n, 2) and triangles (t, 3) of an arch.

    Args:
        middle: (3,), the point where the lips meet.
        edge: height of the edge of the incisors above `middle`, metres.
        arch_height: metres from that edge to the end of the gum.
        up: 1 for the upper arch, -1 for the lower.
        widths: of the crowns from the midline outwards, millimetres.
        scale: size of the mouth relative to the generic head.
    """
    across = np.linspace(-0.86, 0.86, STEPS + 1)
    x, z = HALF_WIDTH * scale * across, -DEPTH * scale * np.abs(across) ** 2.1
    length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])
    length = (length - length[STEPS // 2]) / scale * 1000
    borders = np.concatenate([[0], np.cumsum(widths)])
    tooth = np.sign(length) * np.interp(np.abs(length), borders, np.arange(len(borders)))
    height = np.linspace(0, 1, ROWS)
    grid_x, grid_h = np.meshgrid(x, height)
    grid_z = np.meshgrid(z, height)[0]
    y = edge + up * grid_h * arch_height * scale
    # Crowns lean forward to their edge a little.
    depth = grid_z - BEHIND_LIPS - grid_h * 0.004 * scale
    points = middle + np.stack([grid_x, y, depth], axis=-1).reshape(-1, 3)
    texture = np.stack([np.meshgrid(tooth, height)[0], grid_h], axis=-1).reshape(-1, 2)
    return points, texture, grid_triangles(ROWS, STEPS + 1)


def rigid(points: Floats, displacements: Floats, targets: Floats) -> Floats:
    """Displacements (s, m, 3) of `targets` (m, 3) under the affine motion closest to that of `points`.

    Args:
        points: (n, 3).
        displacements: (s, n, 3) of the points, in s shapes.
    """
    centre = points.mean(axis=0)
    basis = np.concatenate([points - centre, np.ones((len(points), 1))], axis=1)
    solved = np.linalg.pinv(basis) @ displacements.transpose(1, 0, 2).reshape(len(points), -1)
    moved = np.concatenate([targets - centre, np.ones((len(targets), 1))], axis=1) @ solved
    return moved.reshape(len(targets), len(displacements), 3).transpose(1, 0, 2)
