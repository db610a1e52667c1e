"""Renders a portrait for overlays: without its background, with an alpha channel."""

from dataclasses import replace

import numpy as np

from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.portrait import Portrait


class OverlayRenderer:
    """Draws a portrait twice, on black and on white, and takes from the difference what is behind; at twice the cost.

    Args and errors as of `open_renderer`; make, use and close it in one thread.
    """

    def __init__(self, portrait: Portrait, width: int = 512, height: int = 512, backend: str = "auto") -> None:
        self._renderers = [
            open_renderer(
                replace(portrait, background=np.full_like(portrait.background, shade)), width, height, backend
            )
            for shade in (0, 255)
        ]

    def render(self, values: np.ndarray, head_pose: np.ndarray) -> np.ndarray:
        """An image uint8 (height, width, 4), BGR and alpha, not premultiplied, of 52 coefficients and a head pose."""
        black, white = (renderer.render(values, head_pose).astype(np.float32) for renderer in self._renderers)
        # On white a pixel is alpha * colour + (1 - alpha) * 255, on black alpha * colour.
        alpha = np.clip(255 - (white - black).mean(axis=2, keepdims=True), 0, 255)
        colour = np.where(alpha > 0, 255 * black / np.maximum(alpha, 1), 0)
        return np.concatenate([colour, alpha], axis=2).round().clip(0, 255).astype(np.uint8)

    def close(self) -> None:
        """Frees both renderers."""
        for renderer in self._renderers:
            renderer.close()

    def __enter__(self) -> "OverlayRenderer":
        return self

    def __exit__(self, *_) -> None:
        self.close()
