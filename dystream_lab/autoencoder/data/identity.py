"""Other faces from one portrait: another shape, smooth and symmetric, of the same mesh."""

from dataclasses import replace

import numpy as np

from dystream_ros.rendering.portrait import Floats, Portrait

_BUMPS = 9  # centres of the field of displacements
_WIDTH = (0.022, 0.055)  # metres
_AMOUNT = 0.0035  # metres, standard deviation of the displacement at a centre


def other_shape(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """The portrait with its mesh, eyes and mouth moved by a smooth random field of a few millimetres.

    The two sides of the face move alike. Textures and expressions are those of the portrait.
    """
    skin = np.unique(portrait.triangles_skin)
    skin = skin[portrait.opacity[skin] > 0.5]
    middle = portrait.mouth * np.array([1, 0, 0])
    centres = portrait.vertices[rng.choice(skin, _BUMPS)] - middle
    widths = rng.uniform(*_WIDTH, _BUMPS)
    amounts = rng.normal(0, _AMOUNT, (_BUMPS, 3)) * (1, 1, 0.6)
    mirror = np.array([-1, 1, 1])
    centres, widths = np.concatenate([centres, centres * mirror]), np.tile(widths, 2)
    amounts = np.concatenate([amounts, amounts * mirror])

    def moved(points: Floats) -> Floats:
        away = np.linalg.norm((points - middle)[:, None] - centres[None], axis=2)
        return (points + np.exp(-0.5 * np.square(away / widths)) @ amounts).astype(np.float32)

    mouth = moved(portrait.mouth[None])[0]
    depth = portrait.mouth_depth + mouth[2] - portrait.mouth[2]
    return replace(
        portrait,
        vertices=moved(portrait.vertices),
        eye_centres=moved(portrait.eye_centres),
        mouth=mouth,
        mouth_depth=np.array(depth, np.float32),
    )
