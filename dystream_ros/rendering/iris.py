"""The picture of an iris and its pupil, which the renderer lays on an eyeball."""

import numpy as np

from dystream_ros.rendering.portrait import Floats, Picture

SIZE = 256  # pixels of a side
REACH = 1.15  # radii of the iris from the middle of the picture to its sides


def iris_picture(colour: Floats) -> Picture:
    """uint8 (SIZE, SIZE, 4), BGR and the share of the eyeball that shows: 0 on the iris, 255 outside; first row below.

    Args:
        colour: (3,) of the iris, RGB, sRGB, 0 to 1.
    """
    across = REACH * (2 * (np.arange(SIZE) + 0.5) / SIZE - 1)
    x, y = np.meshgrid(across, across)
    r, angle = np.hypot(x, y), np.arctan2(y, x)
    strands = 0.5 + 0.5 * np.sin(23 * angle + 3 * np.sin(7 * angle))
    bright = (0.72 + 0.20 * strands) * (0.70 + 0.35 * _smoothstep(0.35, 0.75, r))
    bright *= 0.85 + 0.35 * (1 - _smoothstep(-0.7, 0.3, y))  # light gathers opposite to where it enters
    bright *= 1 - 0.65 * _smoothstep(0.70, 1.0, r)
    pupil = 1 - _smoothstep(0.36, 0.46, r)[..., None]
    ring = bright[..., None] * np.asarray(colour) * (1 - pupil) + np.array([0.03, 0.025, 0.025]) * pupil
    shown = np.dstack([ring[..., ::-1], _smoothstep(0.90, 1.10, r)])
    return np.clip(255 * shown + 0.5, 0, 255).astype(np.uint8)


def _smoothstep(start: float, end: float, at: Floats) -> Floats:
    share = np.clip((at - start) / (end - start), 0, 1)
    return share * share * (3 - 2 * share)
