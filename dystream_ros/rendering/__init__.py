"""From motion and a portrait to images."""

from dystream_ros.rendering.gl import RenderingUnavailable
from dystream_ros.rendering.portrait import Portrait, PortraitError, load_portrait
from dystream_ros.rendering.renderer import Renderer

__all__ = ["Portrait", "PortraitError", "Renderer", "RenderingUnavailable", "load_portrait"]
