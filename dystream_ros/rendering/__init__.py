"""From motion and a portrait to images."""

from dystream_ros.rendering.backend import BACKENDS, PortraitRenderer, open_renderer
from dystream_ros.rendering.gl import RenderingUnavailable
from dystream_ros.rendering.portrait import DEFAULT_PORTRAIT, Portrait, PortraitError, load_portrait
from dystream_ros.rendering.renderer import Renderer

__all__ = [
    "BACKENDS", "DEFAULT_PORTRAIT", "Portrait", "PortraitError", "PortraitRenderer", "Renderer", "RenderingUnavailable",
    "load_portrait", "open_renderer",
]  # fmt: skip
