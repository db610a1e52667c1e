"""Lids of a character: smooth almonds that end in a point, and open wide enough to look awake."""

import numpy as np
from scipy.spatial import cKDTree

from dystream_ros.portraits.head import Head
from dystream_ros.rendering.mesh import halves

REACH = 0.0045  # metres around the margin of a lid over which its change fades
ROUND = 0.72  # exponent of the arch: 1 is a parabola, less is fuller towards the corners
LEAST, MOST = 0.34, 0.44  # height of an open eye over its width
UPPER_SHARE = 0.75  # share of a change of height that the upper lid takes


def almond(head: Head, vertices: np.ndarray) -> np.ndarray:
    """Displacement (n, 3) that gives the eyes of a head (n, 3) at rest smooth lids.

    The mesh has few vertices at the corners, where it ends in an upright edge, and lids of some people are notched.
    """
    moved = np.zeros_like(vertices)
    for loop in (head.left_eyelids, head.right_eyelids):
        rows = [np.array(row) for row in halves(loop, head.vertices)]
        first, last = vertices[rows[0][0]], vertices[rows[0][-1]]
        arches = []
        for row in rows:
            share = np.clip((vertices[row, 0] - first[0]) / (last[0] - first[0]), 0, 1)
            line = first[1] + share * (last[1] - first[1])
            arch = (4 * share * (1 - share)) ** ROUND
            basis = np.stack([arch, arch * (2 * share - 1)], axis=1)
            found = np.linalg.lstsq(basis, vertices[row, 1] - line, rcond=None)[0]
            arches.append((row, line, basis, found))
        width = abs(last[0] - first[0])
        height = arches[0][3][0] - arches[1][3][0]
        more = np.clip(height, LEAST * width, MOST * width) - height
        points, changes = [], []
        for (row, line, basis, found), part in zip(arches, (UPPER_SHARE, UPPER_SHARE - 1), strict=True):
            target = line + basis @ np.array([found[0] + part * more, found[1]])
            points.append(vertices[row])
            changes.append(target - vertices[row, 1])
        near, change = np.concatenate(points), np.concatenate(changes)
        apart, index = cKDTree(near).query(vertices, k=3)
        weight = 1 / (apart + 2e-4)
        weight /= weight.sum(axis=1, keepdims=True)
        moved[:, 1] += np.exp(-((apart[:, 0] / REACH) ** 2)) * (weight * change[index]).sum(axis=1)
        moved[np.concatenate(rows), 1] = change
    return moved
