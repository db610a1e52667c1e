"""Makes the portrait of a character: the same data as from a photo, from a head described in words."""

from dataclasses import replace

import numpy as np

from dystream_lab.characters.character import Character
from dystream_lab.characters.colours import eye_colour
from dystream_lab.characters.figure import make_figure
from dystream_lab.characters.picture import take_picture
from dystream_ros.portraits.head import load_head
from dystream_ros.portraits.layer import join
from dystream_ros.portraits.prepare import make_layers, outline
from dystream_ros.portraits.skin import lashes_layer
from dystream_ros.rendering.portrait import Portrait

SIZE = 704  # pixels of a side of the picture
WHITE, TOOTH = (0.83, 0.80, 0.78), (0.84, 0.80, 0.73)
RUBBER_SHADE = 0.55
LASHES = {"female": 0.0056, "male": 0.0040}  # metres
# Arrays are rounded to whole steps, which compress better: metres, shares of the picture, shares.
STEPS = {"shapes": 1e-4, "vertices": 2e-5, "texture": 0.05 / SIZE, "opacity": 1 / 256, "look": 1 / 256}
LEAST_MOTION = 1e-4  # metres; smaller motion is invisible and makes the file larger


def make_character(character: Character) -> Portrait:
    """The portrait of a character; takes some seconds. Raises `PortraitError` for an unknown colour."""
    head = load_head()
    figure = make_figure(character, head, SIZE)
    shot = take_picture(character, figure, head, SIZE)
    fit = figure.fit
    layers = make_layers(head, fit, shot.image, shot.matte.astype(np.float32) / 255)
    layers["lashes"] = lashes_layer(head, fit, LASHES[character.sex])
    if character.material == "robot":
        # No flesh behind a robot's lips.
        look = layers["inside"].look.copy()
        look[:, :3] = RUBBER_SHADE * look[:, :3].mean(axis=1, keepdims=True)
        layers["inside"] = replace(layers["inside"], look=look)
    arrays = join(layers, LEAST_MOTION)
    return Portrait(
        image=shot.image, matte=shot.matte, background=shot.background,
        **{**arrays, **{name: _rounded(arrays[name], step) for name, step in STEPS.items()}},
        eye_centres=figure.eye_centres, eyes=figure.eyes,
        colours=np.array([eye_colour(character), WHITE, TOOTH], np.float32),
        camera=np.array([fit.camera.scale, fit.camera.x, fit.camera.y, fit.camera.distance], np.float32),
        rotation=np.eye(3, dtype=np.float32),
        lips=outline(head, fit, layers, head.lips_inner),
        lids=np.stack([outline(head, fit, layers, loop) for loop in (head.left_eyelids, head.right_eyelids)]),
        mouth=fit.neutral[head.lips_inner].mean(axis=0).astype(np.float32),
        mouth_depth=np.array(fit.neutral[head.lips_inner, 2].max(), np.float32),
    )  # fmt: skip


def _rounded(field: np.ndarray, step: float) -> np.ndarray:
    return (np.round(field.astype(np.float64) / step) * step).astype(field.dtype)
