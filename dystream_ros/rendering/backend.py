"""Opens a renderer of a portrait: OpenGL, or the fallback without it."""

import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path

from dystream_ros.rendering.interfaces import Renderer, RenderingUnavailable
from dystream_ros.rendering.opengl_renderer import OpenGLRenderer
from dystream_ros.rendering.portrait import Portrait, load_portrait
from dystream_ros.rendering.view import KEEP, View
from dystream_ros.rendering.warp_renderer import WarpRenderer

BACKENDS = ("auto", "opengl", "fallback")

_log = logging.getLogger(__name__)


@cache  # logged once per process and reason: a sheet of pictures opens many renderers
def _warn(reason: str) -> None:
    _log.warning("the fallback renderer warps the photo, which is slower and turns the head less: %s", reason)


def warn_of_fallback(reason: RenderingUnavailable) -> None:
    """Log once per process why OpenGL is not used, and what to install."""
    _warn(str(reason))


def open_renderer(
    portrait: Portrait | str | Path,
    width: int = 512,
    height: int = 512,
    backend: str = "auto",
    *,
    framing: str = "bust",
    background: str = KEEP,
    mirror: bool = False,
    rotation: int = 0,
    on_fallback: Callable[[RenderingUnavailable], None] = warn_of_fallback,
) -> Renderer:
    """A renderer of a portrait; open, use and close it in one thread.

    Args:
        portrait: a `Portrait`, or a name or path for `load_portrait`.
        width, height, framing, background, mirror, rotation: the fields of `View`.
        backend: `opengl`; `fallback`, which warps the photo without OpenGL; or `auto`, the first that works here.
        on_fallback: receives the reason when `auto` finds no OpenGL; by default it is logged as a warning.
    Raises:
        RenderingUnavailable: `opengl` is requested and not available.
        PortraitError: the portrait or the background is missing or damaged.
        ValueError: another backend, or a view that is not accepted.
    """
    if backend not in BACKENDS:
        raise ValueError(f"a rendering backend is one of {', '.join(BACKENDS)}; got '{backend}'")
    view = View(width, height, framing, background, mirror, rotation)
    if not isinstance(portrait, Portrait):
        portrait = load_portrait(portrait)
    if backend == "fallback":
        return WarpRenderer(portrait, view)
    try:
        return OpenGLRenderer(portrait, view)
    except RenderingUnavailable as reason:
        if backend == "opengl":
            raise
        on_fallback(reason)
        return WarpRenderer(portrait, view)
