"""A picture of a motion by any renderer: of its names and pose, or of its latent."""

from typing import Any

import numpy as np

from dystream_ros.face.motion import MotionFrame


def picture_of(renderer: Any, motion: MotionFrame) -> np.ndarray:
    """Picture uint8 (height, width, 3), BGR, of a motion: of its latent where the renderer draws latents."""
    latent = (motion.latent,) if getattr(renderer, "draws_latents", False) else ()
    return renderer.render(motion.values, motion.head_pose, *latent)
