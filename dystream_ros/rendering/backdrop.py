"""The background behind a person: that of their photo, a colour, a picture, or nothing."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dystream_ros.files import regular_file
from dystream_ros.rendering.photo import check_picture, read_picture
from dystream_ros.rendering.portrait import Picture, Portrait, PortraitError
from dystream_ros.rendering.view import KEEP, TRANSPARENT, View

COLOURS = {
    "black": "#000000", "white": "#ffffff", "grey": "#808080", "green": "#00ff00", "blue": "#0000ff",
}  # fmt: skip
SOLID = 240  # matte value of a pixel that shows the person only; lower ones also contain the photo's background


def check_background(chosen: str) -> None:
    """Raises `PortraitError` unless `chosen` is `keep`, `transparent`, a colour or the path of a picture."""
    if chosen not in (KEEP, TRANSPARENT) and _colour(chosen) is None:
        check_picture(_picture_path(chosen))


def backdrop(portrait: Portrait, view: View, zoom: float, shift: NDArray[np.float64]) -> Picture | None:
    """Background uint8 (h, w, 3), BGR, of an upright image; None for a transparent one.

    Args:
        zoom, shift: result of `View.placed`. They place the photo's own background; other backgrounds fill the image.
    Raises:
        PortraitError: no such colour, or a picture that cannot be read.
    """
    width, height = view.upright
    if view.background == TRANSPARENT:
        return None
    if view.background == KEEP:
        # The centre of a pixel has the coordinate 0.5.
        move = np.array([[zoom, 0, shift[0] + zoom / 2 - 0.5], [0, zoom, shift[1] + zoom / 2 - 0.5]])
        moved = cv2.warpAffine(portrait.background, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved, np.uint8)
    colour = _colour(view.background)
    if colour is not None:
        return np.full((height, width, 3), colour, np.uint8)
    return _filling(read_picture(_picture_path(view.background)), width, height)


def without_fringe(image: Picture, matte: NDArray[np.uint8]) -> Picture:
    """A photo (h, w, 3) whose edge pixels have the colour of the person beside them.

    Edge pixels are those whose matte (h, w) is neither 0 nor solid. They contain the old background, which would be a
    visible fringe on another one.
    """
    solid = matte >= SOLID
    if not solid.any():
        return image
    _, labels = cv2.distanceTransformWithLabels(
        (~solid).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest = np.zeros((labels.max() + 1, 3), np.uint8)
    nearest[labels[solid]] = image[solid]
    edge = (matte > 0) & ~solid
    clean = image.copy()
    clean[edge] = nearest[labels[edge]]
    return clean


def _colour(chosen: str) -> tuple[int, int, int] | None:
    """Blue, green, red of `#rrggbb` or a name; None for anything else. Raises `PortraitError` for a bad `#...`."""
    text = COLOURS.get(chosen, chosen)
    if not text.startswith("#"):
        return None
    try:
        red, green, blue = bytes.fromhex(text[1:])
    except ValueError as error:
        raise PortraitError(
            f"the background colour '{chosen}' is not of the form #rrggbb, nor one of {', '.join(COLOURS)}"
        ) from error
    return blue, green, red


def _picture_path(chosen: str) -> Path:
    path = regular_file(chosen)
    if path is None:
        raise PortraitError(
            f"the background '{chosen[:200]}' is none of {KEEP}, {TRANSPARENT}, #rrggbb, {', '.join(COLOURS)}, "
            "nor a picture file that exists"
        )
    return path


def _filling(picture: Picture, width: int, height: int) -> Picture:
    """The middle of a picture, scaled to cover the image."""
    ratio = max(width / picture.shape[1], height / picture.shape[0])
    size = max(width, round(ratio * picture.shape[1])), max(height, round(ratio * picture.shape[0]))
    large = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(np.asarray(large, np.uint8)[top : top + height, left : left + width])
