"""Makes the portrait of a drawn face: the data of a photo, from a bent head and a drawing."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from dystream_lab.characters.assembly import assembled
from dystream_lab.characters.character import Character
from dystream_lab.characters.colours import eye_colour
from dystream_lab.characters.drawn.head import DrawnHead, Proportions, drawn_head
from dystream_lab.characters.drawn.person import draw_person
from dystream_lab.characters.drawn.screen import draw_puppet, draw_robot
from dystream_lab.characters.picture import Shot
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.portraits.head import Head, load_head
from dystream_ros.portraits.lashes import LASH_TINT, LidStyle
from dystream_ros.portraits.layer import Layer
from dystream_ros.portraits.prepare import make_layers
from dystream_ros.rendering.portrait import Floats, Portrait

SIZE = 896  # pixels of a side of the drawing
TONGUE_SHIFT = np.array([0.0, -0.001, 0.004])  # metres
TONGUE_DROP = 1.75  # of the jaw: the tongue lies on the floor of an open mouth, as nothing else does in a drawing
NECK = 0.055  # metres below the chin over which the motion of the head fades: the shoulders stand still
LASHES_AHEAD = 0.35  # over their length
TEETH_RISE = {"mouthFunnel": 0.022, "mouthPucker": 0.012}  # metres by which round lips hide the teeth
ABOVE_MOUTH = 0.02  # metres; the sockets lie higher


@dataclass(frozen=True)
class Style:
    """A way to draw a face.

    Attributes:
        proportions: of the head.
        draw: makes the picture.
        share, middle: height of the drawing over that of the face, and height of its middle; see `drawn_head`.
        lashes: by sex, metres.
        line: whether a line marks the upper lids, instead of lashes.
        shadow: of the lids on the eyes; see `LidStyle`.
        white, tooth: colours, RGB, sRGB.
        tongue, throat, socket: colours inside of the mouth and beside the eyeballs.
        teeth: whether the upper ones show.
        whole_sheet: as in `sheet_layer`; it costs time.
        eyes_move: metres by which eyes slide over the face as they look aside, up and down, instead of turning.
    """

    proportions: Proportions
    draw: Callable[[Character, DrawnHead, Head, int], Shot]
    share: float = 2.05
    middle: float = 0.50
    lashes: tuple[float, float] = (0.0085, 0.0050)
    line: bool = False
    shadow: float = 0.35
    white: tuple[float, float, float] = (0.97, 0.96, 0.95)
    tooth: tuple[float, float, float] = (0.98, 0.97, 0.95)
    tongue: tuple[float, float, float] = (0.93, 0.50, 0.48)
    throat: tuple[float, float, float] = (0.50, 0.16, 0.19)
    socket: tuple[float, float, float] = (0.80, 0.78, 0.78)
    teeth: bool = True
    whole_sheet: bool = False
    eyes_move: tuple[float, float] = (0.0, 0.0)


STYLES = {
    "drawn": Style(Proportions(), draw_person, whole_sheet=True),
    "puppet": Style(
        Proportions(
            eye=(37.0, 20.0), eye_size=(22.0, 24.0), eye_squareness=2.2, eye_tilt=0.0, mouth=-40.0, mouth_half=31.0,
            smile=11.0, lips=0.42, face_half=84.0, chin=-84.0, crown=92.0, jaw=2.6, nose=0.6, brow=58.0, ball=1.7,
            iris=0.66, funnel=(17.0, 14.0), depth=0.45, amounts=(("mouthSmile", 0.85),),
        ), draw_puppet, share=1.46, lashes=(0.0062, 0.0062), line=True, shadow=0.18, white=(1.0, 1.0, 1.0),
        throat=(0.26, 0.06, 0.10), tongue=(0.96, 0.42, 0.44), socket=(0.9, 0.9, 0.9),
    ),
    "robot": Style(
        Proportions(
            eye=(36.0, 14.0), eye_size=(15.0, 21.0), eye_squareness=2.7, eye_tilt=0.0, mouth=-36.0, mouth_half=24.0,
            smile=7.0, lips=0.34, face_half=84.0, chin=-76.0, crown=84.0, jaw=2.7, nose=0.6, brow=50.0, ball=2.6,
            iris=0.0, funnel=(12.0, 10.5), depth=0.45,
            amounts=(("mouthSmile", 0.85), ("jaw", 0.8), ("mouthClose", 0.8)),
        ), draw_robot, share=2.0, middle=0.49, lashes=(0.0055, 0.0055), line=True, shadow=0.0,
        throat=(0.02, 0.10, 0.13), tongue=(0.05, 0.30, 0.36), teeth=False, eyes_move=(0.008, 0.007),
    ),
}  # fmt: skip


def make_drawn(character: Character) -> Portrait:
    """The portrait of a drawn face. Raises `PortraitError` for an unknown colour."""
    head, style = load_head(), STYLES[character.material]
    drawn = drawn_head(head, style.proportions, SIZE, style.share, style.middle)
    if any(style.eyes_move):
        drawn = replace(drawn, fit=replace(drawn.fit, shapes=_sliding_eyes(head, drawn, style.eyes_move)))
    shot = style.draw(character, drawn, head, SIZE)
    fit = drawn.fit
    light = eye_colour(character)
    # The whole eye has the colour of its light, and so has the line of a shut one.
    glowing = style.proportions.iris == 0
    lids = LidStyle(
        style.lashes[character.sex == "male"], style.shadow, False, tuple(light) if glowing else LASH_TINT, style.line,
        LASHES_AHEAD,
    )  # fmt: skip
    layers = make_layers(head, fit, shot.image, shot.matte.astype(np.float32) / 255, lids, style.whole_sheet, NECK)
    layers["teeth"] = _teeth(layers["teeth"], style.teeth)
    white = light if glowing else np.array(style.white)
    _paint_inside(head, layers["inside"], style, white)
    return assembled(head, fit, shot, layers, drawn.eye_centres, drawn.eyes, (light, white, style.tooth))


def _teeth(teeth: Layer, shown: bool) -> Layer:
    """The upper teeth as one band, without gaps, or no teeth."""
    texture, shapes = teeth.texture.copy(), teeth.shapes.copy()
    texture[:, 0] = 0.5
    upper = teeth.triangles[teeth.look[teeth.triangles[:, 0], 0] > 0.5]
    for name, rise in TEETH_RISE.items():
        shapes[ARKIT_INDEX[name], np.unique(upper), 1] += rise
    # A file of a portrait has no empty layer: a triangle without area shows nothing.
    upper = upper if shown else np.repeat(upper[:1, :1], 3, axis=1)
    return replace(teeth, texture=texture, shapes=shapes, triangles=upper)


def _paint_inside(head: Head, inside: Layer, style: Style, white: Floats) -> None:
    """Colour tongue, throat and sockets, and lay the tongue on the floor of the mouth."""
    tongue = inside.texture[:, 1] > 0
    inside.vertices[tongue] += TONGUE_SHIFT
    inside.shapes[ARKIT_INDEX["jawOpen"], tongue, 1] *= TONGUE_DROP
    inside.look[tongue, :3], inside.look[~tongue, :3] = style.tongue, style.throat
    # Beside the eyeball is more of its white: the sockets of a drawing have no flesh.
    sockets = inside.vertices[:, 1] > head.vertices[head.lips_inner, 1].max() + ABOVE_MOUTH
    inside.look[sockets, :3] = white * style.socket


def _sliding_eyes(head: Head, drawn: DrawnHead, reach: tuple[float, float]) -> Floats:
    """Shapes (52, n, 3) in which eyes slide over the face by `reach` metres aside, and up and down."""
    shapes, rest = drawn.fit.shapes.copy(), drawn.fit.neutral
    for side, outward, loop in (("Left", 1.0, head.left_eyelids), ("Right", -1.0, head.right_eyelids)):
        away = np.linalg.norm((rest - rest[loop].mean(axis=0))[:, :2], axis=1)
        radius = 1.05 * np.linalg.norm(rest[loop, :2] - rest[loop, :2].mean(axis=0), axis=1).max()
        share = np.clip((2.1 * radius - away) / (1.1 * radius), 0, 1)
        share = share * share * (3 - 2 * share)
        for name, across, up in (("Out", outward, 0), ("In", -outward, 0), ("Up", 0, 1), ("Down", 0, -1)):
            step = np.array([across * reach[0], up * reach[1], 0.0])
            shapes[ARKIT_INDEX[f"eyeLook{name}{side}"]] = share[:, None] * step
    return shapes
