"""Makes the portrait of a character: the same data as from a photo, from a head described in words."""

import numpy as np

from dystream_lab.characters.assembly import assembled
from dystream_lab.characters.character import Character
from dystream_lab.characters.colours import eye_colour
from dystream_lab.characters.drawn.portrait import STYLES, make_drawn
from dystream_lab.characters.figure import make_figure
from dystream_lab.characters.picture import take_picture
from dystream_ros.portraits.head import load_head
from dystream_ros.portraits.lashes import LidStyle
from dystream_ros.portraits.prepare import make_layers
from dystream_ros.rendering.portrait import Portrait

SIZE = 1152  # pixels of a side of the picture
WHITE, TOOTH = (0.83, 0.80, 0.78), (0.84, 0.80, 0.73)
LASHES = {"female": 0.0056, "male": 0.0040}  # metres


def make_character(character: Character) -> Portrait:
    """The portrait of a character; takes some seconds. Raises `PortraitError` for an unknown colour."""
    if character.material in STYLES:
        return make_drawn(character)
    head = load_head()
    figure = make_figure(character, head, SIZE)
    shot = take_picture(character, figure, head, SIZE)
    fit = figure.fit
    layers = make_layers(head, fit, shot.image, shot.matte.astype(np.float32) / 255, LidStyle(LASHES[character.sex]))
    colours = eye_colour(character), WHITE, TOOTH
    return assembled(head, fit, shot, layers, figure.eye_centres, figure.eyes, colours)
