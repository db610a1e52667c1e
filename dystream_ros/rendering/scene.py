"""A portrait in a view, laid out for the renderer: all that can be done without OpenGL, and so in any thread."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial import cKDTree

from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.head_pose import rotation_matrix
from dystream_ros.rendering.animation import MESH_FROM_POSE
from dystream_ros.rendering.backdrop import backdrop, without_fringe
from dystream_ros.rendering.mesh import vertex_normals
from dystream_ros.rendering.portrait import Portrait
from dystream_ros.rendering.view import KEEP, View

# Only the eyes and the mouth have edges that need smoothing: each is drawn twice as fine into a patch, which is laid
# over the image. Multisampling costs twice as much with Mesa's software renderer, the more so for the whole image.
# Skin that is nearer to lids or lips is drawn by the patches alone, metres.
PATCH_ALONE = 0.007
# A patch draws all skin that an expression, which moves it as far as SLACK, may bring before eye or mouth while the
# head turns as far as this, or teeth and eyes would show that lie behind it.
MOST_YAW, MOST_PITCH = 0.8, 0.6  # radians
SLACK = 0.012  # metres
NO_RIM = 0.008  # metres around lips and lids
RIM = (0.014, 0.026)  # metres within the border of the face that may be its outline, wholly and not any more


@dataclass(frozen=True)
class Patch:
    """An eye or the mouth.

    Attributes:
        marks: vertices that lie in the patch wherever they move: those of what it alone draws.
        triangles: int (t, 3) of the layers that it draws: skin, inside, teeth, lashes.
        eye: 0 for the left eye, 1 for the right, None for the mouth.
    """

    marks: np.ndarray
    triangles: dict[str, np.ndarray]
    eye: int | None


@dataclass(frozen=True)
class Scene:
    """What `Renderer.show` loads.

    Attributes:
        portrait, view: what is shown, and how.
        zoom, shift: of `View.placed`.
        photo: uint8 (h, w, 4), BGR and matte, close to the size it is seen at: it needs no mipmap, which costs as much
            as all the rest.
        behind: uint8 (height, width, 4), BGR and alpha, of the upright image.
        attributes: float32 (n, 11): texture_at, look, opacity, rim.
        triangles: int (t, 3) of the layers `sheet` and `skin`, and of `still`, the part of the sheet that never moves.
        patches: both eyes and the mouth.
    """

    portrait: Portrait
    view: View
    zoom: float
    shift: np.ndarray
    photo: np.ndarray
    behind: np.ndarray
    attributes: np.ndarray
    triangles: dict[str, np.ndarray]
    patches: tuple[Patch, ...]


def make_scene(portrait: Portrait, view: View) -> Scene:
    """A scene; raises `PortraitError` for a background that cannot be had."""
    zoom, shift = view.placed(portrait)
    image = portrait.image if view.background == KEEP else without_fringe(portrait.image, portrait.matte)
    photo = np.dstack([image, portrait.matte])
    if zoom < 0.8:
        photo = cv2.resize(photo, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    width, height = view.upright
    behind = backdrop(portrait, view, zoom, shift)
    behind = np.zeros((height, width, 4), np.uint8) if behind is None else cv2.cvtColor(behind, cv2.COLOR_BGR2BGRA)
    skin, patches = _patches(portrait)
    return Scene(
        portrait=portrait,
        view=view,
        zoom=zoom,
        shift=shift,
        photo=np.ascontiguousarray(photo),
        behind=behind,
        attributes=np.hstack(
            [portrait.texture, portrait.look, portrait.opacity[:, None], _rim(portrait)], dtype=np.float32
        ),
        triangles={"skin": skin, **_sheet(portrait)},
        patches=patches,
    )


def _sheet(portrait: Portrait) -> dict[str, np.ndarray]:
    """The triangles of the sheet, those that may move and those that stay still."""
    moves = portrait.follow > 0
    moves[portrait.shape_rows] = True
    moves = moves[portrait.triangles_sheet].any(axis=1)
    still, moving = portrait.triangles_sheet[~moves], portrait.triangles_sheet[moves]
    # From the back to the front: where the sheet folds, the nearer part is drawn last, without a test of depth.
    return {"still": still, "sheet": moving[np.argsort(portrait.vertices[moving, 2].mean(axis=1), kind="stable")]}


def _patches(portrait: Portrait) -> tuple[np.ndarray, tuple[Patch, ...]]:
    """The triangles of the skin that the image itself draws, and the patches that draw the rest."""
    outlines = (*portrait.lids, portrait.lips)
    skin = portrait.triangles_skin
    far = np.stack([_distance(portrait, outline, skin) for outline in outlines])  # (patches, t, 3)
    alone = (far <= PATCH_ALONE).all(axis=2)
    # Each of the other triangles belongs to the eye or the mouth that it is nearest to.
    owner = {
        name: np.stack(
            [_distance(portrait, outline, getattr(portrait, f"triangles_{name}")).mean(axis=1) for outline in outlines]
        ).argmin(axis=0)
        for name in ("inside", "lashes")
    }
    patches = []
    for number, outline in enumerate(outlines):
        mouth = number == len(outlines) - 1
        triangles = {}
        for name in ("inside", "lashes"):
            triangles[name] = getattr(portrait, f"triangles_{name}")[owner[name] == number]
        triangles["teeth"] = portrait.triangles_teeth[: len(portrait.triangles_teeth) if mouth else 0]
        own = _tongue(portrait) if mouth else triangles["lashes"].ravel()
        marks = np.unique(np.concatenate([outline, skin[alone[number]].ravel(), own]))
        triangles["skin"] = skin[_before(portrait, marks, skin)]
        patches.append(Patch(marks, triangles, None if mouth else number))
    return skin[~alone.any(axis=0)], tuple(patches)


def _tongue(portrait: Portrait) -> np.ndarray:
    """The vertices that may leave the mouth."""
    out = np.abs(portrait.shapes[ARKIT_INDEX["tongueOut"]]).max(axis=1) > 0.001
    return np.intersect1d(portrait.shape_rows[out], portrait.triangles_inside)


def _rim(portrait: Portrait) -> np.ndarray:
    """float32 (n, 4) of each vertex: the normal of the skin at rest, and 1 along the outline of the face to 0 within.

    A turned head shows the outline against what is behind; there the skin fades where it turns away from the lens.
    """
    skin = portrait.triangles_skin
    rim = np.zeros((len(portrait.vertices), 4), np.float32)
    rim[:, :3] = vertex_normals(portrait.vertices, skin)
    used = np.unique(skin)
    border = used[portrait.opacity[used] < 0.999]
    if len(border):
        away = cKDTree(portrait.vertices[border]).query(portrait.vertices[used])[0]
        rim[used, 3] = np.clip((RIM[1] - away) / (RIM[1] - RIM[0]), 0, 1)
        # Lips and lids turn away from the lens where they end, and are no outline.
        edges = portrait.vertices[np.concatenate([portrait.lips, *portrait.lids])]
        rim[used, 3] *= np.clip(cKDTree(edges).query(portrait.vertices[used])[0] / NO_RIM - 1, 0, 1)
    return rim


def _before(portrait: Portrait, marks: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Which triangles (t,) may overlap the box around vertices in the image, in some turn of the head."""
    near, axes = np.zeros(len(triangles), bool), portrait.rotation @ MESH_FROM_POSE
    for yaw in (-MOST_YAW, 0.0, MOST_YAW):
        for pitch in (-MOST_PITCH, 0.0, MOST_PITCH):
            turn = axes @ rotation_matrix(np.array([0, pitch, yaw, 0, 0, 0])) @ axes.T
            places = (portrait.vertices @ turn.T)[:, :2]
            low, high = places[marks].min(axis=0) - SLACK, places[marks].max(axis=0) + SLACK
            a, b, c = places[triangles.T]
            near |= ((np.maximum(np.maximum(a, b), c) > low) & (np.minimum(np.minimum(a, b), c) < high)).all(axis=1)
    return near


def _distance(portrait: Portrait, outline: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Distances (t, 3) in metres of the corners of triangles at rest from the nearest vertex of an outline."""
    used, corners = np.unique(triangles, return_inverse=True)
    distance = cKDTree(portrait.vertices[outline]).query(portrait.vertices[used])[0]
    return distance[corners.reshape(triangles.shape)]
