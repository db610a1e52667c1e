"""Divides the triangles of a portrait into layers, each drawn by the cheapest program that shows it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from dystream_ros.rendering.animation import PIT_SIZE, dimple_places
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.mesh import compact, vertex_normals
from dystream_ros.rendering.portrait import Floats, Indices, Portrait

NO_RIM = 0.008  # metres around lips and lids without fading
RIM = (0.014, 0.026)  # metres from the border of the face: full fade below the first distance, none above the second
# A vertex whose normal is this much along the axis of the camera never fades while the head turns little.
STEADY = 0.70
COVERED = 0.005  # metres inside of what steady skin covers, from where on the sheet under it cannot be seen
MOVING = 0.010  # metres around lids and lips that are not taken for covered
COVER_SIZE = 192  # pixels of a side of the mask of that cover
DIMPLED = PIT_SIZE + 0.018  # metres around a dimple at rest within which skin may show it


def sheet_layers(portrait: Portrait, matte: NDArray[np.uint8]) -> dict[str, Indices]:
    """The sheet by what its triangles need: `still` never moves, `sheet` may; of these, `solid` is opaque, `edge` not.

    `solid` and `edge` are drawn while the sheet cannot fold, `sheet` otherwise. Triangles that show nothing of the
    person are left out: they would change no pixel.

    Args:
        matte: uint8 (h, w) of the photo as it is sampled.
    """
    shown, solid = shares_of_matte(matte, portrait.texture[portrait.triangles_sheet])
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


def shares_of_matte(matte: NDArray[np.uint8], corners: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
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


def skin_layers(portrait: Portrait, triangles: Indices, rims: Floats) -> dict[str, Indices]:
    """Triangles of the skin (t, 3) by what they show.

    | layers | drawn |
    |---|---|
    | `plain`, `skin` | of a turned head; `plain` shows the photo only, `skin` also tints and dimples |
    | `firm`, `fading`, `skin` | while the head turns little; `firm` is opaque |
    | `firm`, `cheeks`, `fading`, `tinted` | while it turns little, without a dimple; `cheeks` are opaque too |

    Args:
        rims: (n, 4), result of `rim`.
    """
    near = np.minimum(*(np.linalg.norm(portrait.vertices - place, axis=1) for place in dimple_places(portrait)))
    photo = portrait.look[:, 3] >= 1
    plain = (photo & (near > DIMPLED))[triangles].all(axis=1)
    firm = (photo & steady(portrait, rims))[triangles].all(axis=1)
    return {
        "plain": triangles[plain], "skin": triangles[~plain],
        "firm": triangles[plain & firm], "fading": triangles[plain & ~firm],
        "cheeks": triangles[~plain & firm], "tinted": triangles[~plain & ~firm],
    }  # fmt: skip


def steady(portrait: Portrait, rims: Floats) -> NDArray[np.bool_]:
    """Whether each vertex (n,) of the skin is opaque in every picture of a head that turns little."""
    return np.asarray((portrait.opacity >= 1) & ((rims[:, 3] <= 0) | (rims[:, 2] > STEADY)))


def bare_sheet(portrait: Portrait, triangles: Indices, rims: Floats) -> Indices:
    """The triangles (t, 3) of the sheet that are not deep under steady skin while the head turns little."""
    camera = Camera(*portrait.camera.tolist())
    ratio = COVER_SIZE / portrait.image.shape[0]
    pixels = camera.project(portrait.vertices) * ratio
    skin = portrait.triangles_skin[steady(portrait, rims)[portrait.triangles_skin].all(axis=1)]
    mask = np.zeros((COVER_SIZE, COVER_SIZE), np.uint8)
    for corners in np.round(pixels[skin]).astype(np.int32):
        cv2.fillConvexPoly(mask, corners, 1)
    # What lids and lips open is not covered, nor what surrounds it, which moves most.
    for outline in (*portrait.lids, portrait.lips):
        hull = cv2.convexHull(np.round(pixels[outline]).astype(np.int32))
        cv2.fillConvexPoly(mask, hull, 0)
        cv2.polylines(mask, [hull], True, 0, 2 * round(MOVING * camera.scale * ratio) + 1)
    reach = 2 * round(COVERED * camera.scale * ratio) + 1
    deep = cv2.erode(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)), borderValue=0)
    at = np.round(pixels).astype(int).clip(0, COVER_SIZE - 1)
    covered = deep[at[:, 1], at[:, 0]] > 0
    return triangles[~covered[triangles].all(axis=1)]


def opening_layers(portrait: Portrait) -> tuple[dict[str, Indices], ...]:
    """What lies behind the lids of the left and the right eye and behind the lips: triangles (t, 3) by program."""
    inside = portrait.triangles_inside
    centres = portrait.vertices[inside].mean(axis=1)
    outlines = (*portrait.lids, portrait.lips)
    nearest = np.stack([_nearest(portrait.vertices[outline], centres) for outline in outlines]).argmin(axis=0)
    layers: list[dict[str, Indices]] = [{"inside": inside[nearest == number]} for number in range(len(outlines))]
    layers[-1]["teeth"] = portrait.triangles_teeth
    return tuple(layers)


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


def _nearest(points: Floats, places: Floats) -> Floats:
    """Distance (m,) from places (m, 3) to the nearest of points (n, 3)."""
    # A k-d tree would be faster, but the import of SciPy takes longer than all of these, and 20 MiB.
    a, b = places.astype(np.float64), points.astype(np.float64)
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares.min(axis=1), 0))
