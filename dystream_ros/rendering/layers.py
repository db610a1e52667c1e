"""Divides the triangles of a portrait into layers, each drawn by the cheapest program that shows it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.head_pose import rotation_matrix
from dystream_ros.rendering.animation import MESH_FROM_POSE, PIT_SIZE, dimple_places
from dystream_ros.rendering.mesh import compact, vertex_normals
from dystream_ros.rendering.portrait import Floats, Indices, Portrait

# Only the eyes and the mouth have edges that need smoothing. Each is drawn at twice the resolution into a patch, which
# is laid over the image: with Mesa's software renderer multisampling costs twice as much, and more for a whole image.
PATCH_ALONE = 0.007  # metres from lids or lips within which skin is drawn by the patches only
# A patch draws all skin that may cover its eye or mouth; otherwise the parts behind would show through. This is the
# skin in front of them for head turns of up to MOST_YAW and MOST_PITCH, when an expression moves it by SLACK.
MOST_YAW, MOST_PITCH = 0.8, 0.6  # radians
SLACK = 0.012  # metres
NO_RIM = 0.008  # metres around lips and lids without fading
RIM = (0.014, 0.026)  # metres from the border of the face: full fade below the first distance, none above the second
DIMPLED = PIT_SIZE + 0.018  # metres around a dimple at rest within which skin may show it


@dataclass(frozen=True)
class Patch:
    """An eye or the mouth.

    Attributes:
        marks: vertices of what only this patch draws; the patch covers them wherever they move.
        triangles: int (t, 3) by name: those of `skin_layers`, inside, teeth, lashes.
        eye: 0 for the left eye, 1 for the right, None for the mouth.
    """

    marks: Indices
    triangles: dict[str, Indices]
    eye: int | None


def sheet_layers(portrait: Portrait, matte: NDArray[np.uint8]) -> dict[str, Indices]:
    """The sheet by what its triangles need: `still` never moves, `sheet` may; of these, `solid` is opaque, `edge` not.

    `solid` and `edge` are drawn while the sheet cannot fold, `sheet` otherwise. Triangles that show nothing of the
    person are left out: they would change no pixel.

    Args:
        matte: uint8 (h, w) of the photo as it is sampled.
    """
    shown, solid = _matte_of(matte, portrait.texture[portrait.triangles_sheet])
    triangles, solid = portrait.triangles_sheet[shown], solid[shown]
    moving = np.zeros(len(portrait.vertices), bool)
    moving[portrait.follow > 0] = True
    moving[portrait.shape_rows] = True
    moves = np.asarray(moving[triangles].any(axis=1), bool)
    # Sorted from back to front: where the sheet folds, the nearer part is drawn last, without a depth test.
    order = np.argsort(portrait.vertices[triangles, 2].mean(axis=1), kind="stable")
    return {
        "still": triangles[~moves],
        "sheet": triangles[order[moves[order]]],
        "solid": triangles[order[(moves & solid)[order]]],
        "edge": triangles[order[(moves & ~solid)[order]]],
    }


def _matte_of(matte: NDArray[np.uint8], corners: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether the box around triangles of the texture shows anything of the person, and the person only; bool (t,).

    Args:
        corners: (t, 3, 2), 0 to 1 across the photo.
    """
    height, width = matte.shape
    # Bilinear sampling reads half a pixel farther; what lies beyond the border reads the border.
    low, high = (
        np.floor(ends * (width, height) + reach).astype(int).clip(0, (width - 1, height - 1))
        for ends, reach in ((corners.min(axis=1), -0.51), (corners.max(axis=1), 0.51))
    )
    high += 1

    def anywhere(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        total = cv2.integral(mask.astype(np.uint8))
        left, right = (total[high[:, 1], x] - total[low[:, 1], x] for x in (low[:, 0], high[:, 0]))
        return np.asarray(right > left, bool)

    return anywhere(np.asarray(matte > 0)), ~anywhere(np.asarray(matte < 255))


def skin_layers(portrait: Portrait, triangles: Indices) -> dict[str, Indices]:
    """Triangles of the skin (t, 3) by program: `plain` shows the photo only, `skin` also tints and dimples."""
    near = np.minimum(*(np.linalg.norm(portrait.vertices - place, axis=1) for place in dimple_places(portrait)))
    plain = ((portrait.look[:, 3] >= 1) & (near > DIMPLED))[triangles].all(axis=1)
    return {"plain": triangles[plain], "skin": triangles[~plain]}


def patches_and_skin(portrait: Portrait) -> tuple[tuple[Patch, ...], dict[str, Indices]]:
    """The patches of both eyes and the mouth, and the layers of the skin that is drawn into the image itself."""
    outlines = (*portrait.lids, portrait.lips)
    skin = portrait.triangles_skin
    far = np.stack([_distance(portrait, outline, skin) for outline in outlines])  # (patches, t, 3)
    alone = np.all(far <= PATCH_ALONE, axis=2)
    # Each of the other triangles belongs to the eye or the mouth that it is nearest to.
    others = {"inside": portrait.triangles_inside, "lashes": portrait.triangles_lashes}
    owner = {
        name: np.stack([_distance(portrait, outline, layer).mean(axis=1) for outline in outlines]).argmin(axis=0)
        for name, layer in others.items()
    }
    patches = []
    for number, outline in enumerate(outlines):
        mouth = number == len(outlines) - 1
        triangles = {name: layer[owner[name] == number] for name, layer in others.items()}
        triangles["teeth"] = portrait.triangles_teeth[: len(portrait.triangles_teeth) if mouth else 0]
        own = _tongue(portrait) if mouth else triangles["lashes"].ravel()
        marks = np.unique(np.concatenate([outline, skin[alone[number]].ravel(), own]))
        triangles |= skin_layers(portrait, skin[_covering(portrait, marks, skin)])
        patches.append(Patch(marks, triangles, None if mouth else number))
    return tuple(patches), skin_layers(portrait, skin[~alone.any(axis=0)])


def with_own_rows(*groups: dict[str, Indices]) -> tuple[Indices, list[dict[str, Indices]]]:
    """Rows (k,) of vertices, and the layers of each group with triangles (t, 3) that index those rows instead.

    The rows of a layer follow each other; no other layer uses them.
    """
    rows: list[Indices] = []
    count = 0
    renumbered: list[dict[str, Indices]] = [{} for _ in groups]
    for group, layers in zip(renumbered, groups, strict=True):
        for name, triangles in layers.items():
            used, own = compact(triangles)
            group[name] = own + count
            rows.append(used)
            count += len(used)
    return np.concatenate(rows).astype(np.intp), renumbered


def _tongue(portrait: Portrait) -> Indices:
    """The vertices of the tongue, which may leave the mouth."""
    out = np.abs(portrait.shapes[ARKIT_INDEX["tongueOut"]]).max(axis=1) > 0.001
    return np.intersect1d(portrait.shape_rows[out], portrait.triangles_inside)


def rim(portrait: Portrait) -> Floats:
    """float32 (n, 4): normal of the skin at rest, and share of the fade, 1 along the outline of the face to 0 within.

    The outline of a turned head lies over the background. There the skin fades as it turns away from the lens.
    """
    skin = portrait.triangles_skin
    rim = np.zeros((len(portrait.vertices), 4), np.float32)
    rim[:, :3] = vertex_normals(portrait.vertices, skin)
    used = np.unique(skin)
    border = used[portrait.opacity[used] < 0.999]
    if len(border):
        away = _nearest(portrait.vertices[border], portrait.vertices[used])
        rim[used, 3] = np.clip((RIM[1] - away) / (RIM[1] - RIM[0]), 0, 1)
        # The edges of lips and lids also turn away from the lens, but they are no outline.
        edges = portrait.vertices[np.concatenate([portrait.lips, *portrait.lids])]
        rim[used, 3] *= np.clip(_nearest(edges, portrait.vertices[used]) / NO_RIM - 1, 0, 1)
    return rim


def _covering(portrait: Portrait, marks: Indices, triangles: Indices) -> NDArray[np.bool_]:
    """Which triangles (t,) may overlap the box around vertices in the image, in any turn of the head."""
    near, axes = np.zeros(len(triangles), bool), portrait.rotation @ MESH_FROM_POSE
    for yaw in (-MOST_YAW, 0.0, MOST_YAW):
        for pitch in (-MOST_PITCH, 0.0, MOST_PITCH):
            turn = axes @ rotation_matrix(np.array([0, pitch, yaw, 0, 0, 0])) @ axes.T
            places = (portrait.vertices @ turn.T)[:, :2]
            low, high = places[marks].min(axis=0) - SLACK, places[marks].max(axis=0) + SLACK
            a, b, c = places[triangles.T]
            near |= ((np.maximum(np.maximum(a, b), c) > low) & (np.minimum(np.minimum(a, b), c) < high)).all(axis=1)
    return near


def _distance(portrait: Portrait, outline: Indices, triangles: Indices) -> Floats:
    """Distance (t, 3), metres at rest, from the corners of triangles to the nearest vertex of an outline."""
    used, corners = np.unique(triangles, return_inverse=True)
    distance = _nearest(portrait.vertices[outline], portrait.vertices[used])
    return distance[corners.reshape(triangles.shape)]


def _nearest(points: Floats, places: Floats) -> Floats:
    """Distance (m,) from places (m, 3) to the nearest of points (n, 3)."""
    # A k-d tree would be faster, but the import of SciPy takes longer than all of these, and 20 MiB.
    a, b = places.astype(np.float64), points.astype(np.float64)
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares.min(axis=1), 0))
