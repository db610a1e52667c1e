"""Pictures of motions by any renderer: of names and pose, or of latents."""

from typing import Any

import numpy as np

from dystream_ros.face.motion import MotionFrame
from dystream_ros.rendering.view import View


def picture_of(renderer: Any, motion: MotionFrame) -> np.ndarray:
    """Picture uint8 (height, width, 3), BGR, of a motion: of its latent where the renderer draws latents."""
    latent = (motion.latent,) if getattr(renderer, "draws_latents", False) else ()
    return renderer.render(motion.values, motion.head_pose, *latent)


class Turned:
    """A model's own renderer, with images mirrored and turned as a view says; framing and background are its own.

    Raises:
        ValueError: another framing or background is asked for.
    """

    def __init__(self, renderer: Any, view: View) -> None:
        for name in ("framing", "background"):
            asked, own = getattr(view, name), getattr(View, name)
            if asked != own:
                raise ValueError(
                    f"the {name} can not be '{asked}': this model paints its whole picture, as the photo of its "
                    f"portrait was cut; leave the {name} at '{own}'. Size, mirror and rotation may be chosen"
                )
        self._renderer = renderer
        self._view = view
        self.name = renderer.name
        self.draws_latents = getattr(renderer, "draws_latents", False)

    def render(self, *motion: np.ndarray) -> np.ndarray:
        """As that of the renderer."""
        return self._view.turned(self._renderer.render(*motion))

    def close(self) -> None:
        """Closes the renderer."""
        self._renderer.close()
