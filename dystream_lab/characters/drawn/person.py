"""A friendly person in simple painted shapes: large eyes, soft shades, hair of one piece."""

import numpy as np

from dystream_lab.characters.character import Character
from dystream_lab.characters.colours import (
    background_colours,
    clothes_colour,
    hair_colour,
    lips_colour,
    skin_colour,
    style_of,
)
from dystream_lab.characters.drawn.brush import Board, closed_curve, mirrored
from dystream_lab.characters.drawn.hair import LONG, draw_back_hair, draw_front_hair
from dystream_lab.characters.drawn.head import BROWS, DrawnHead
from dystream_lab.characters.picture import Shot
from dystream_ros.portraits.head import Head
from dystream_ros.portraits.skin import OVAL
from dystream_ros.rendering.mesh import halves
from dystream_ros.rendering.portrait import Floats, Indices

WARM = np.array([1.0, 0.62, 0.52], np.float32)  # of blood under the skin
SHADE = np.array([0.80, 0.62, 0.62], np.float32)
NOSE_TIP, CHIN, UNDER_NOSE = 4, 152, 2


def draw_person(character: Character, drawn: DrawnHead, head: Head, size: int) -> Shot:
    """The picture of a drawn person with shut eyes, with sides of `size` pixels."""
    board = Board(size)
    top, low = background_colours(character)
    background = Board(size)
    background.paint(np.ones_like(background.cover), background.between(top, low, 0, size))
    glow = background.ellipse(np.array([0.5, 0.42]) * size, 0.42 * size, 0.42 * size, blur=0.14 * size)
    background.tint(glow, np.minimum(1.0, top * 1.08 + 0.03), 0.55)
    mm, marks = drawn.millimetre, drawn.landmarks
    style = style_of(character)
    hair, skin = hair_colour(character).astype(np.float32), skin_colour(character).astype(np.float32)
    draw_back_hair(board, style, hair, marks, mm)
    _body(board, character, skin, marks, mm)
    if style not in LONG:
        _ears(board, skin, marks, mm)
    face = _face(board, skin, marks, mm)
    _features(board, character, drawn, head, skin, hair, mm)
    draw_front_hair(board, style, hair, marks, mm, face)
    if style in ("buzz", "bald"):
        _shine(board, marks, mm)
    image, matte = board.finished()
    behind, _ = background.finished()
    share = matte[..., None].astype(np.float32) / 255
    # Colours continue beyond the outline: the edge of the matte is mixed with the background only once.
    solid = np.where(matte[..., None] > 0, image / np.maximum(share, 1 / 255), behind)
    shown = np.clip(solid, 0, 255) * share + behind * (1 - share)
    return Shot(shown.round().astype(np.uint8), matte, behind)


def _body(board: Board, character: Character, skin: Floats, marks: Floats, mm: float) -> None:
    """Neck, shoulders and a sweater with a round collar."""
    x, chin = marks[CHIN]
    end = 1.3 * board.size
    side = np.array([[-23, -34], [-21.5, -4], [-22.5, 16], [-32, 34], [-56, 62]]) * mm + np.array([x, chin])
    neck = closed_curve(mirrored(side, x))
    board.paint(board.area(neck), skin * [0.93, 0.88, 0.87])
    under = board.ellipse(np.array([x, chin - 4 * mm]), 38 * mm, 17 * mm, blur=4 * mm)
    board.shade(under * board.area(neck), SHADE, 0.62)
    cloth = clothes_colour(character).astype(np.float32)
    shoulders = mirrored(
        np.array([[x, chin + 37 * mm], [x - 19 * mm, chin + 32 * mm], [x - 31 * mm, chin + 23 * mm],
                  [x - 54 * mm, chin + 34 * mm], [x - 84 * mm, chin + 46 * mm], [x - 107 * mm, chin + 70 * mm],
                  [x - 118 * mm, chin + 120 * mm], [x - 122 * mm, end], [x, end]]), x,
    )  # fmt: skip
    body = board.shape(shoulders)
    board.paint(body, board.between(np.minimum(cloth * 1.12 + 0.02, 1), cloth * 0.78, chin + 20 * mm, chin + 120 * mm))
    collar = board.stroke(
        np.array([[x - 31 * mm, chin + 22 * mm], [x - 22 * mm, chin + 32 * mm], [x, chin + 38 * mm],
                  [x + 22 * mm, chin + 32 * mm], [x + 31 * mm, chin + 22 * mm]]), (9 * mm, 10 * mm, 9 * mm),
    )  # fmt: skip
    shadow = board.soft(np.roll(collar, round(5 * mm), axis=0), 3 * mm)
    board.shade(shadow * body, (0.70, 0.70, 0.76), 0.7)
    board.paint(collar, np.minimum(cloth * 1.22 + 0.03, 1))
    for side in (-1, 1):
        fold = np.array([[74, 66], [78, 92], [75, 130]]) * [side * mm, mm] + [x, chin]
        board.shade(board.stroke(fold, (1.5 * mm, 5 * mm, 3 * mm), 2.2 * mm) * body, (0.62, 0.62, 0.70), 0.55)
    light = board.ellipse(np.array([x - 70 * mm, chin + 52 * mm]), 34 * mm, 10 * mm, -18, 7 * mm)
    board.tint(light * body, np.minimum(cloth * 1.4 + 0.1, 1), 0.35)


def _ears(board: Board, skin: Floats, marks: Floats, mm: float) -> None:
    middle = 0.5 * (marks[234] + marks[454])
    for side, at in ((-1, marks[234]), (1, marks[454])):
        place = np.array([at[0] + side * 5 * mm, middle[1] + 6 * mm])
        ear = board.ellipse(place, 11 * mm, 17 * mm, side * 10)
        board.paint(ear, skin * [0.98, 0.90, 0.88])
        inner = board.ellipse(place + np.array([side * 1.5 * mm, 0]), 5.5 * mm, 10 * mm, side * 10, 2 * mm)
        board.shade(inner * ear, SHADE, 0.55)


def _face(board: Board, skin: Floats, marks: Floats, mm: float) -> Floats:
    """The skin of the face; returns its mask."""
    oval = marks[list(OVAL)]
    face = board.shape(oval[::2])
    top, low = oval[:, 1].min(), oval[:, 1].max()
    board.paint(face, board.between(np.minimum(skin * 1.04, 1), skin * [0.97, 0.93, 0.92], top, low))
    middle = oval.mean(axis=0)
    # Round: light from the upper left, warm shade along the edges.
    inner = board.ellipse(middle + np.array([-5, -8]) * mm, 60 * mm, 74 * mm, blur=17 * mm)
    board.shade(face * (1 - inner), (0.90, 0.74, 0.72), 0.75)
    light = board.ellipse(middle + np.array([-18, -42]) * mm, 34 * mm, 22 * mm, -12, 16 * mm)
    board.tint(light * face, np.minimum(skin * 1.12 + 0.04, 1), 0.5)
    return face


def _features(
    board: Board, character: Character, drawn: DrawnHead, head: Head, skin: Floats, hair: Floats, mm: float
) -> None:
    """Cheeks, nose, lips, lids and brows."""
    marks = drawn.landmarks
    nose = marks[NOSE_TIP]
    dark = float(np.clip((0.55 - skin.mean()) / 0.35, 0, 1))
    for side in (-1, 1):
        cheek = np.array([nose[0] + side * 46 * mm, nose[1] + 12 * mm])
        board.shade(board.ellipse(cheek, 15 * mm, 11 * mm, blur=6.5 * mm), WARM, 0.46 - 0.12 * dark)
    # A soft nose: its tip catches the light, its underside is warm.
    under = marks[UNDER_NOSE]
    curve = np.array([[-9.5, -2.5], [-5, 1.5], [0, 2.6], [5, 1.5], [9.5, -2.5]]) * mm + under
    board.shade(board.ellipse(nose + np.array([0, 1.5 * mm]), 10 * mm, 8.5 * mm, blur=3.5 * mm), WARM, 0.32)
    board.shade(board.stroke(curve, (0.8 * mm, 2.6 * mm, 3.0 * mm, 2.6 * mm, 0.8 * mm), 0.9 * mm), SHADE * 0.86, 0.75)
    board.tint(board.ellipse(nose + np.array([-1.5, -4.5]) * mm, 4.2 * mm, 3.2 * mm, blur=1.8 * mm), (1, 1, 1), 0.30)
    lips = lips_colour(skin).astype(np.float32)
    lips = (0.45 * lips + 0.55 * skin * [1.0, 0.70, 0.68]).astype(np.float32)
    outer = drawn.pixels(drawn.fit.seen[head.lips_outer])
    seam = drawn.pixels(drawn.fit.seen[halves(head.lips_inner, head.vertices)[0]])
    red = board.area(outer, 0.8 * mm)
    board.tint(red, lips, 0.88)
    upper = board.area(np.concatenate([seam, seam[::-1] - [0, 22 * mm]]), 0.6 * mm)
    board.shade(red * upper, (0.90, 0.80, 0.82), 0.8)
    below = seam.mean(axis=0) + np.array([0, 5.2]) * mm
    board.tint(red * board.ellipse(below, 9 * mm, 2.0 * mm, blur=1.6 * mm), (1, 0.94, 0.92), 0.40)
    board.shade(board.ellipse(below + np.array([0, 8 * mm]), 13 * mm, 2.6 * mm, blur=2.6 * mm), SHADE, 0.36)
    for loop, brow in ((head.right_eyelids, BROWS[0]), (head.left_eyelids, BROWS[1])):
        _lid(board, drawn, head, loop, skin, mm)
        _brow(board, character, marks[list(brow)], hair, skin, mm)


def _lid(board: Board, drawn: DrawnHead, head: Head, loop: Indices, skin: Floats, mm: float) -> None:
    """The shut upper lid, warmer than the skin, and its crease above the open eye."""
    fit = drawn.fit
    shut = drawn.pixels(fit.seen[loop])
    upper, _ = halves(loop, head.vertices)
    opened = drawn.pixels(fit.neutral[upper])
    middle = opened.mean(axis=0)
    wide = float(np.ptp(opened[:, 0]))
    lid = board.area(np.concatenate([opened + np.array([0, -2.5 * mm]), drawn.pixels(fit.seen[upper])[::-1]]), 1.6 * mm)
    board.shade(lid, (0.98, 0.93, 0.92), 0.5)
    crease = (middle + (opened - middle) * [1.0, 1.0] + [0, -7.0 * mm])[3:-3:2]
    board.shade(board.stroke(crease, (0.3 * mm, 2.2 * mm, 0.3 * mm), 1.0 * mm), SHADE * 0.94, 0.55)
    under = board.ellipse(
        np.array([shut[:, 0].mean(), shut[:, 1].max() + 4 * mm]), 0.36 * wide, 2.5 * mm, blur=2.5 * mm
    )
    board.shade(under, (0.97, 0.90, 0.90), 0.5)


def _brow(board: Board, character: Character, line: Floats, hair: Floats, skin: Floats, mm: float) -> None:
    order = line[np.argsort(np.abs(line[:, 0] - board.size / 2))]
    # A calm arch: its inner end rounded, its outer end level with it.
    lift = np.array([0.5, -0.8, -1.6, -2.6, -4.2])[:, None] * [0, mm]
    order = order + lift
    thick = (4.6, 6.8, 6.4, 4.8, 2.2) if character.sex == "male" else (2.6, 5.0, 5.2, 4.0, 1.6)
    colour = hair * min(1.0, 0.55 * float(skin.mean()) / max(float(hair.mean()), 0.05)) * 0.9
    board.tint(board.stroke(order, tuple(part * mm for part in thick), 0.35 * mm), colour, 0.92)


def _shine(board: Board, marks: Floats, mm: float) -> None:
    """Light on a bare or shaved head."""
    top = marks[10] + np.array([-18, -16]) * mm
    board.tint(board.ellipse(top, 26 * mm, 9 * mm, -14, 7 * mm) * board.cover, (1, 1, 1), 0.18)
