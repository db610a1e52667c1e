"""Chooses how a portrait is drawn."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dystream_ros.rendering.fallback import WarpRenderer
from dystream_ros.rendering.gl import RenderingUnavailable
from dystream_ros.rendering.portrait import Portrait, load_portrait
from dystream_ros.rendering.renderer import Renderer
from dystream_ros.rendering.view import View

BACKENDS = ("auto", "opengl", "fallback")


class PortraitRenderer(Protocol):
    """What `Renderer` and `WarpRenderer` have in common."""

    name: str
    device: str
    view: View
    width: int
    height: int

    @staticmethod
    def prepare(portrait: Portrait, view: View) -> Any:
        """What `show` takes; the slow part, for any thread. Raises `PortraitError` for a background."""

    def show(self, scene: Any) -> None:
        """Draw what was prepared from the next image on."""

    def render(self, values: np.ndarray, head_pose: np.ndarray) -> np.ndarray:
        """An image uint8 (height, width, 3), BGR, of 52 coefficients and a head pose; transparent ones have a fourth
        channel."""

    def close(self) -> None:
        """Frees what the renderer holds."""


def open_renderer(
    portrait: Portrait | str | Path, width: int = 512, height: int = 512, backend: str = "auto", **look: object
) -> PortraitRenderer:
    """A renderer of a portrait.

    Args:
        portrait: a `Portrait`, or a name or path for `load_portrait`.
        backend: `opengl`; `fallback`, which warps the photo without OpenGL; or `auto`, the first that works here.
        look: further fields of `View`: framing, background, mirror, rotation.
    Raises:
        RenderingUnavailable: `opengl` is asked for and can not be had.
        PortraitError: the portrait or the background is missing or damaged.
        ValueError: another backend, or a view that is not accepted.
    """
    if backend not in BACKENDS:
        raise ValueError(f"a rendering backend is one of {', '.join(BACKENDS)}; got '{backend}'")
    if not isinstance(portrait, Portrait):
        portrait = load_portrait(portrait)
    if backend == "fallback":
        return WarpRenderer(portrait, width, height, **look)
    try:
        return Renderer(portrait, width, height, **look)
    except RenderingUnavailable:
        if backend == "opengl":
            raise
        return WarpRenderer(portrait, width, height, **look)
