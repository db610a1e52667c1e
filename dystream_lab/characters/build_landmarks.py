"""Adds the place of each face landmark to dystream_ros/assets/head/head.npz; developers run it once, after build_head.

    pip install '.[portrait]'
    python -m dystream_lab.characters.build_landmarks

Heads of several identities are drawn, the landmarker finds the landmarks in each picture, and these are projected back
onto the mesh. The contours of lids and lips are then laid onto the loops of the mesh that form them.
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import nnls
from scipy.spatial import cKDTree

from dystream_ros.portraits.head import HEAD_PATH, PARTS
from dystream_ros.portraits.landmarks import Landmarker
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.mesh import halves, vertex_normals

SIZE, SCALE = 768, 2300.0
IDENTITIES = 14
LANDMARKS = 468
# Contours in the order of the MediaPipe face mesh, from the right of the head to its left or the other way.
CONTOURS = {
    "lips_outer": (
        (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291), (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291),
    ),
    "lips_inner": (
        (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308), (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
    ),
    "right_eyelids": (
        (33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133),
    ),
    "left_eyelids": (
        (263, 466, 388, 387, 386, 385, 384, 398, 362), (263, 249, 390, 373, 374, 380, 381, 382, 362),
    ),
}  # fmt: skip
# Loops of the mesh as vertices of MakeHuman's base.obj: two neighbours on each, from which the loop is followed.
LOOPS = {"lips_inner": (520, 2761), "lips_outer": (466, 2716), "left_eyelids": (2278, 2284)}
COLOURS = {"skin": (150, 175, 205), "left_eye": (225, 225, 225), "right_eye": (225, 225, 225)}  # BGR
LIPS, BROWS, IRIS, PUPIL = (95, 95, 165), (45, 60, 80), (50, 70, 95), (10, 10, 10)


def follow_loop(quads: np.ndarray, first: int, second: int) -> list[int]:
    """The closed loop of edges that goes on straight across every vertex, from two neighbours on it."""
    edges: dict[frozenset[int], set[int]] = {}
    beside: dict[int, set[int]] = {}
    for number, quad in enumerate(quads.tolist()):
        for a, b in zip(quad, quad[1:] + quad[:1]):
            edges.setdefault(frozenset((a, b)), set()).add(number)
            beside.setdefault(a, set()).add(b)
            beside.setdefault(b, set()).add(a)
    loop = [first, second]
    while True:
        before, here = loop[-2:]
        around = edges[frozenset((before, here))]
        onward = [v for v in beside[here] if v != before and not edges[frozenset((here, v))] & around]
        if len(onward) != 1:
            raise ValueError(f"the loop from vertex {first} ends at {here}, which has no single way on")
        if onward[0] == first:
            return loop
        loop.append(onward[0])


def paint(vertices: np.ndarray, data: dict[str, np.ndarray], camera: Camera) -> np.ndarray:
    """BGR image (SIZE, SIZE, 3) of a head, lit from the front, with lips, brows and irises for the landmarker."""
    triangles, parts = data["triangles"].astype(int), data["parts"]
    pixels = camera.project(vertices)
    light = 0.35 + 0.65 * np.clip(vertex_normals(vertices, triangles) @ np.array([0.2, 0.35, 0.9]), 0, 1)
    colours = np.array([COLOURS.get(part, COLOURS["skin"]) for part in PARTS], float)[parts]
    rest = data["vertices"]
    middle = rest[triangles].mean(axis=1)
    outline = rest[data["lips_outer"]][:, :2].astype(np.float32).reshape(-1, 1, 2) * 1000
    for number, (x, y, z) in enumerate(middle * 1000):
        if parts[number] == 0 and z > 110 and cv2.pointPolygonTest(outline, (float(x), float(y)), False) > 0:
            colours[number] = LIPS
        elif parts[number] == 0 and z > 90 and 14 < abs(x) < 52:
            arch = 50.5 + 4 * np.sin((abs(x) - 12) / 40 * np.pi)
            if abs(y - arch) < 2.8:
                colours[number] = BROWS
    image = np.full((SIZE, SIZE, 3), (165, 158, 150), np.uint8)
    shown = ~np.isin(parts, [PARTS.index("lashes")])
    for number in np.argsort(vertices[triangles, 2].mean(axis=1)):
        corners = pixels[triangles[number]]
        if shown[number] and np.linalg.det(np.diff(corners, axis=0)) < 0:
            shade = light[triangles[number]].mean()
            cv2.fillConvexPoly(
                image, np.round(corners * 16).astype(np.int32), (colours[number] * shade).tolist(), cv2.LINE_AA, 4
            )
            if parts[number] in (1, 2):
                ball = np.unique(triangles[parts == parts[number]])
                away = np.hypot(*(middle[number] - rest[ball].mean(axis=0))[:2])
                if away < 0.0063:
                    tint = PUPIL if away < 0.0022 else IRIS
                    cv2.fillConvexPoly(image, np.round(corners * 16).astype(np.int32), tint, cv2.LINE_AA, 4)
    return image


def back_on_mesh(
    landmarks: np.ndarray, seen: np.ndarray, camera: Camera, rest: np.ndarray, skin: np.ndarray
) -> np.ndarray:
    """Points (468, 3) of the head at rest under the landmarks of a drawn one; NaN beside the head."""
    pixels = camera.project(seen)
    a, b, c = (pixels[skin[:, k]] for k in range(3))
    whole = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    whole = np.where(np.abs(whole) < 1e-9, 1e-9, whole)
    points = np.full((LANDMARKS, 3), np.nan)
    for number, (x, y) in enumerate(landmarks[:LANDMARKS]):
        second = ((x - a[:, 0]) * (c - a)[:, 1] - (y - a[:, 1]) * (c - a)[:, 0]) / whole
        third = ((b - a)[:, 0] * (y - a[:, 1]) - (b - a)[:, 1] * (x - a[:, 0])) / whole
        weights = np.stack([1 - second - third, second, third], axis=1)
        inside = np.flatnonzero((weights >= -1e-6).all(axis=1))
        if len(inside):
            depths = (weights[inside] * seen[skin[inside], 2]).sum(axis=1)
            nearest = inside[depths.argmax()]
            points[number] = weights[nearest] @ rest[skin[nearest]]
    return points


def on_triangle(
    point: np.ndarray, rest: np.ndarray, skin: np.ndarray, candidates: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The triangle of the skin nearest to a point among candidates: its vertices (3,) and the weights (3,)."""
    best = (np.inf, skin[0], np.array([1.0, 0.0, 0.0]))
    for triangle in skin[candidates]:
        weights, _ = nnls(np.vstack([rest[triangle].T, np.full(3, 0.5)]), np.append(point, 0.5))
        weights /= weights.sum()
        distance = float(np.linalg.norm(weights @ rest[triangle] - point))
        if distance < best[0]:
            best = (distance, triangle, weights)
    return best[1], best[2]


def along_contour(row: list[int], rest: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (n, 3) and weights (n, 3) on a row of vertices at shares `places` (n,) of its way along x."""
    across = np.maximum.accumulate((rest[row, 0] - rest[row[0], 0]) / (rest[row[-1], 0] - rest[row[0], 0]))
    low = np.clip(np.searchsorted(across, places, side="right") - 1, 0, len(row) - 2)
    share = np.clip((places - across[low]) / np.maximum(across[low + 1] - across[low], 1e-9), 0, 1)
    vertices = np.stack([np.array(row)[low], np.array(row)[low + 1], np.array(row)[low]], axis=1)
    return vertices, np.stack([1 - share, share, np.zeros(len(share))], axis=1)


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command in the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("head", nargs="?", type=Path, default=HEAD_PATH, help="file that is changed")
    options = parser.parse_args(arguments)
    with np.load(options.head, allow_pickle=False) as stored:
        data = dict(stored)
    rest, triangles = data["vertices"].astype(float), data["triangles"].astype(int)
    skin = triangles[data["parts"] == 0]
    data |= find_loops(rest, skin)
    identity = data["identity"].astype(float) * data["identity_steps"][:, None, None]
    random, camera = np.random.default_rng(0), Camera(SCALE, SIZE / 2, SIZE / 2 + 40)
    found = []
    with Landmarker() as landmarker:
        for number in range(IDENTITIES):
            seen = rest + np.tensordot(random.normal(0, 0.8, len(identity)) * (number > 0), identity, 1)
            faces = landmarker.detect(paint(seen, data, camera))
            if faces:
                found.append(back_on_mesh(faces[0].landmarks, seen, camera, rest, skin))
    places = np.nanmedian(np.array(found), axis=0)
    vertices, weights = np.zeros((LANDMARKS, 3), int), np.zeros((LANDMARKS, 3))
    _, near = cKDTree(rest[skin].mean(axis=1)).query(places, k=24)
    for number in range(LANDMARKS):
        vertices[number], weights[number] = on_triangle(places[number], rest, skin, near[number])
    for name, contour in CONTOURS.items():
        for row, indices in zip(halves(data[name], rest), contour, strict=True):
            along = places[list(indices), 0]
            straight = row if (along[-1] > along[0]) else row[::-1]
            shares = np.clip((along - along[0]) / (along[-1] - along[0]), 0, 1)
            vertices[list(indices)], weights[list(indices)] = along_contour(straight, rest, shares)
    data |= {"landmark_vertices": vertices.astype(np.uint16), "landmark_weights": weights.astype(np.float32)}
    np.savez_compressed(options.head, **data)
    sys.stdout.write(f"{len(found)} of {IDENTITIES} heads were found\n")


def find_loops(rest: np.ndarray, skin: np.ndarray) -> dict[str, np.ndarray]:
    """The loops of lips and lids; that of the right eye is the mirror image of the left one."""
    # build_head has cut each quad into two triangles, one after the other.
    quads = np.column_stack([skin[0::2], skin[1::2, 2]])
    loops = {name: np.array(follow_loop(quads, *pair), np.uint16) for name, pair in LOOPS.items()}
    middle = rest[loops["lips_inner"].astype(int), 0].mean()
    mirrored = (rest[loops["left_eyelids"].astype(int)] - [middle, 0, 0]) * [-1, 1, 1] + [middle, 0, 0]
    of_skin = np.unique(skin)
    loops["right_eyelids"] = of_skin[cKDTree(rest[of_skin]).query(mirrored)[1]].astype(np.uint16)
    return loops


if __name__ == "__main__":
    main()
