"""A portrait in a view, prepared for the OpenGL renderer without OpenGL, in any thread."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dystream_ros.rendering.backdrop import backdrop, without_fringe
from dystream_ros.rendering.layers import bare_sheet, opening_layers, rim, sheet_layers, skin_layers, with_own_rows
from dystream_ros.rendering.margins import Margins, margins_of
from dystream_ros.rendering.portrait import Floats, Indices, Picture, Portrait
from dystream_ros.rendering.view import KEEP, View


@dataclass(frozen=True)
class Scene:
    """A prepared portrait in a view; `OpenGLRenderer.show` loads it.

    Attributes:
        portrait, view: the portrait and how it is shown.
        zoom, shift: result of `View.placed`.
        photo: uint8 (h, w, 4), BGR and matte, scaled to about the size that is shown. This avoids a mipmap, which would
            cost as much as the rest of an image.
        behind: uint8 (height, width, 4), BGR and alpha, of the upright image.
        rows: int (k,), the vertex of the portrait in each row of the buffers. Every layer has rows of its own: the
            software renderer computes all vertices between the first and the last that a layer uses.
        attributes: float32 (k, 11): texture_at, look, opacity, rim.
        triangles: int (t, 3) by name, of `sheet_layers`, `skin_layers` and lashes; they index rows.
        openings: both eyes and the mouth, of `opening_layers`; their triangles index rows.
        margins: of lids and lips.
    """

    portrait: Portrait
    view: View
    zoom: float
    shift: NDArray[np.float64]
    photo: Picture
    behind: Picture
    rows: Indices
    attributes: Floats
    triangles: dict[str, Indices]
    openings: tuple[dict[str, Indices], ...]
    margins: Margins


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
    rims = rim(portrait)
    sheet = sheet_layers(portrait, photo[..., 3])
    sheet |= {name: bare_sheet(portrait, sheet[name], rims) for name in ("solid", "edge")}
    shown = {
        **sheet,
        **skin_layers(portrait, portrait.triangles_skin, rims),
        "lashes": portrait.triangles_lashes,
    }
    rows, (layers, *openings) = with_own_rows(shown, *opening_layers(portrait))
    attributes = np.hstack([portrait.texture, portrait.look, portrait.opacity[:, None], rims], dtype=np.float32)
    return Scene(
        portrait=portrait,
        view=view,
        zoom=zoom,
        shift=shift,
        photo=np.ascontiguousarray(photo),
        behind=np.asarray(behind, np.uint8),
        rows=rows,
        attributes=attributes[rows],
        triangles=layers,
        openings=tuple(openings),
        margins=margins_of(portrait),
    )
