"""A portrait in a view, prepared for the OpenGL renderer without OpenGL, in any thread."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.head_pose import rotation_matrix
from dystream_ros.rendering.animation import MESH_FROM_POSE
from dystream_ros.rendering.backdrop import backdrop, without_fringe
from dystream_ros.rendering.mesh import vertex_normals
from dystream_ros.rendering.portrait import Floats, Indices, Picture, Portrait
from dystream_ros.rendering.view import KEEP, View

# Only the eyes and the mouth have edges that need smoothing. Each is drawn at twice the resolution into a patch, which
# is laid over the image: with Mesa's software renderer multisampling costs twice as much, and more for a whole image.
PATCH_ALONE = 0.007  # metres from lids or lips within which skin is drawn by the patches only
# A patch draws all skin that may cover its eye or mouth; otherwise the parts behind would show through. This is the
# skin in front of them for head turns of up to MOST_YAW and MOST_PITCH, when an expression moves it by SLACK.
MOST_YAW, MOST_PITCH = 0.8, 0.6  # radians
SLACK = 0.012  # metres
NO_RIM = 0.008  # metres around lips and lids without fading
RIM = (0.014, 0.026)  # metres from the border of the face: full fade below the first distance, none above the second


@dataclass(frozen=True)
class Patch:
    """An eye or the mouth.

    Attributes:
        marks: vertices of what only this patch draws; the patch covers them wherever they move.
        triangles: int (t, 3) by name of the layer: skin, inside, teeth, lashes.
        eye: 0 for the left eye, 1 for the right, None for the mouth.
    """

    marks: Indices
    triangles: dict[str, Indices]
    eye: int | None


@dataclass(frozen=True)
class Scene:
    """A prepared portrait in a view; `OpenGLRenderer.show` loads it.

    Attributes:
        portrait, view: the portrait and how it is shown.
        zoom, shift: result of `View.placed`.
        photo: uint8 (h, w, 4), BGR and matte, scaled to about the size that is shown. This avoids a mipmap, which would
            cost as much as the rest of an image.
        behind: uint8 (height, width, 4), BGR and alpha, of the upright image.
        attributes: float32 (n, 11): texture_at, look, opacity, rim.
        triangles: int (t, 3) of `sheet`, `skin` and `still`, the part of the sheet that never moves.
        patches: both eyes and the mouth.
    """

    portrait: Portrait
    view: View
    zoom: float
    shift: NDArray[np.float64]
    photo: Picture
    behind: Picture
    attributes: Floats
    triangles: dict[str, Indices]
    patches: tuple[Patch, ...]


def make_scene(portrait: Portrait, view: View) -> Scene:
    """A portrait in a view. Raises `PortraitError` for a background that cannot be used."""
    zoom, shift = view.placed(portrait)
    image = portrait.image if view.background == KEEP else without_fringe(portrait.image, portrait.matte)
    photo = np.dstack([image, portrait.matte])
    if zoom < 0.8:
        photo = np.asarray(cv2.resize(photo, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA), np.uint8)
    width, height = view.upright
    opaque = backdrop(portrait, view, zoom, shift)
    behind = np.zeros((height, width, 4), np.uint8) if opaque is None else cv2.cvtColor(opaque, cv2.COLOR_BGR2BGRA)
    skin, patches = _patches(portrait)
    return Scene(
        portrait=portrait,
        view=view,
        zoom=zoom,
        shift=shift,
        photo=np.ascontiguousarray(photo),
        behind=np.asarray(behind, np.uint8),
        attributes=np.hstack(
            [portrait.texture, portrait.look, portrait.opacity[:, None], _rim(portrait)], dtype=np.float32
        ),
        triangles={"skin": skin, **_sheet(portrait)},
        patches=patches,
    )


def _sheet(portrait: Portrait) -> dict[str, Indices]:
    """The triangles of the sheet that may move (`sheet`), and those that never do (`still`)."""
    vertices = portrait.follow > 0
    vertices[portrait.shape_rows] = True
    moves = vertices[portrait.triangles_sheet].any(axis=1)
    still, moving = portrait.triangles_sheet[~moves], portrait.triangles_sheet[moves]
    # Sorted from back to front: where the sheet folds, the nearer part is drawn last, without a depth test.
    return {"still": still, "sheet": moving[np.argsort(portrait.vertices[moving, 2].mean(axis=1), kind="stable")]}


def _patches(portrait: Portrait) -> tuple[Indices, tuple[Patch, ...]]:
    """The triangles of the skin that are drawn into the image itself, and the patches that draw the others."""
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
        triangles["skin"] = skin[_covering(portrait, marks, skin)]
        patches.append(Patch(marks, triangles, None if mouth else number))
    return skin[~alone.any(axis=0)], tuple(patches)


def _tongue(portrait: Portrait) -> Indices:
    """The vertices of the tongue, which may leave the mouth."""
    out = np.abs(portrait.shapes[ARKIT_INDEX["tongueOut"]]).max(axis=1) > 0.001
    return np.intersect1d(portrait.shape_rows[out], portrait.triangles_inside)


def _rim(portrait: Portrait) -> Floats:
    """float32 (n, 4): normal of the skin at rest, and share of the fade, 1 along the outline of the face to 0 within.

    The outline of a turned head lies over the background. There the skin fades as it turns away from the lens.
    """
    skin = portrait.triangles_skin
    rim = np.zeros((len(portrait.vertices), 4), np.float32)
    rim[:, :3] = vertex_normals(portrait.vertices, skin)
    used = np.unique(skin)
    border = used[portrait.opacity[used] < 0.999]
    if len(border):
        away = cKDTree(portrait.vertices[border]).query(portrait.vertices[used])[0]
        rim[used, 3] = np.clip((RIM[1] - away) / (RIM[1] - RIM[0]), 0, 1)
        # The edges of lips and lids also turn away from the lens, but they are no outline.
        edges = portrait.vertices[np.concatenate([portrait.lips, *portrait.lids])]
        rim[used, 3] *= np.clip(cKDTree(edges).query(portrait.vertices[used])[0] / NO_RIM - 1, 0, 1)
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
    distance = cKDTree(portrait.vertices[outline]).query(portrait.vertices[used])[0]
    return distance[corners.reshape(triangles.shape)]
