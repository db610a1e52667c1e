"""Faces of few shapes that read from afar: a puppet of eyes and mouth, and a robot whose visor shows them in light."""

import numpy as np

from dystream_lab.characters.character import Character
from dystream_lab.characters.colours import SKIN, background_colours, eye_colour, rgb
from dystream_lab.characters.drawn.brush import Board, mirrored
from dystream_lab.characters.drawn.head import BROWS, DrawnHead
from dystream_lab.characters.picture import Shot
from dystream_ros.portraits.head import Head
from dystream_ros.rendering.mesh import halves
from dystream_ros.rendering.portrait import Floats

PUPPET_SKIN, PUPPET_INK, ROBOT_SHELL = "#38b6a8", "#10302f", "#f3f4f6"
GLASS_TOP, GLASS_LOW = (0.045, 0.065, 0.105), (0.015, 0.022, 0.040)
CHIN = 152


def draw_puppet(character: Character, drawn: DrawnHead, head: Head, size: int) -> Shot:
    """The picture of a puppet with shut eyes: one rounded shape, brows, cheeks and a mouth."""
    board, background = Board(size), _background(character, size)
    mm, marks = drawn.millimetre, drawn.landmarks
    skin = rgb(PUPPET_SKIN if character.skin == "auto" else character.skin, SKIN, "the colour of the puppet")
    ink = rgb(PUPPET_INK, {}, "the ink").astype(np.float32)
    middle = np.array([size / 2, 0.5 * size])
    shape = board.area(rounded_box(middle + np.array([0, 0.02 * size]), 0.445 * size, 0.455 * size, 3.4))
    board.paint(shape, board.between(np.minimum(skin * 1.10 + 0.02, 1), skin * 0.90, 0, size))
    inner = board.area(
        rounded_box(middle + np.array([-0.01 * size, -0.01 * size]), 0.40 * size, 0.40 * size, 3.2), 0.055 * size
    )
    board.shade(shape * (1 - inner), (0.80, 0.84, 0.88), 0.8)
    gleam = board.ellipse(middle + np.array([-0.20, -0.35]) * size, 0.13 * size, 0.035 * size, -14, 0.028 * size)
    board.tint(gleam * shape, (1, 1, 1), 0.30)
    for side in (-1, 1):
        cheek = np.array([marks[4][0] + side * 58 * mm, marks[4][1] + 13 * mm])
        board.tint(board.ellipse(cheek, 15 * mm, 10 * mm, blur=3.5 * mm), (1.0, 0.50, 0.48), 0.62)
    for brow in BROWS:
        line = marks[list(brow)]
        order = line[np.argsort(np.abs(line[:, 0] - size / 2))]
        board.tint(board.stroke(order, (5.5 * mm, 8.5 * mm, 8.5 * mm, 5 * mm)), ink, 0.95)
    seam = drawn.pixels(drawn.fit.seen[halves(head.lips_inner, head.vertices)[0]])
    outer = drawn.pixels(drawn.fit.seen[head.lips_outer])
    board.tint(board.area(outer, 0.6 * mm), ink, 0.95)
    board.tint(board.stroke(seam, (4.5 * mm, 5.5 * mm, 4.5 * mm)), ink)
    return _shot(board, background)


def draw_robot(character: Character, drawn: DrawnHead, head: Head, size: int) -> Shot:
    """The picture of a robot with shut eyes: a soft shell, a dark visor, and lines of light for lips and lids."""
    board, background = Board(size), _background(character, size)
    mm, marks = drawn.millimetre, drawn.landmarks
    shell = rgb(ROBOT_SHELL if character.skin == "auto" else character.skin, SKIN, "the colour of the shell")
    shell = shell.astype(np.float32)
    light = eye_colour(character).astype(np.float32)
    x = size / 2
    centre = np.array([x, 0.5 * (marks[10][1] + marks[CHIN][1])])
    _robot_body(board, shell, light, x, centre[1], mm, size)
    for side in (-1, 1):  # discs at the sides, with a ring of light
        ear = centre + np.array([side * 99, 2]) * mm
        board.paint(
            board.ellipse(ear, 13 * mm, 30 * mm),
            board.between(shell * 0.96, shell * 0.66, ear[1] - 30 * mm, ear[1] + 30 * mm),
        )
        ring = board.ellipse(ear + np.array([side * 4 * mm, 0]), 4.5 * mm, 17 * mm) - board.ellipse(
            ear + np.array([side * 4 * mm, 0]), 2.6 * mm, 14.5 * mm
        )
        board.tint(np.clip(ring, 0, 1), light, 0.9)
    top = centre[1] - 92 * mm
    stem = np.array([[x, top - 2 * mm], [x, top - 20 * mm]])
    board.paint(board.stroke(stem, (5 * mm, 4 * mm)), shell * 0.78)
    bulb = np.array([x, top - 26 * mm])
    board.paint(board.ellipse(bulb, 8 * mm, 8 * mm), light)
    board.tint(board.ellipse(bulb + np.array([-2.4, -2.6]) * mm, 3 * mm, 2.4 * mm, blur=1 * mm), (1, 1, 1), 0.8)
    outline = rounded_box(centre, 97 * mm, 91 * mm, 2.9)
    skull = board.area(outline)
    board.paint(
        skull, board.between(np.minimum(shell * 1.03, 1), shell * 0.86, centre[1] - 90 * mm, centre[1] + 90 * mm)
    )
    core = board.area(rounded_box(centre + np.array([-6, -8]) * mm, 80 * mm, 74 * mm, 2.7), 15 * mm)
    board.shade(skull * (1 - core), (0.74, 0.78, 0.86), 0.85)
    sheen = board.ellipse(centre + np.array([-42, -78]) * mm, 34 * mm, 7 * mm, -13, 5 * mm)
    board.tint(sheen * skull, (1, 1, 1), 0.75)
    glass = board.area(rounded_box(centre + np.array([0, 3 * mm]), 80 * mm, 71 * mm, 3.1))
    rim = board.area(rounded_box(centre + np.array([0, 3 * mm]), 83.5 * mm, 74.5 * mm, 3.1), 0.7 * mm)
    board.tint(rim, shell * 0.55, 0.85)
    board.tint(glass, board.between(GLASS_TOP, GLASS_LOW, centre[1] - 70 * mm, centre[1] + 70 * mm))
    reflection = board.ellipse(centre + np.array([-34, -52]) * mm, 40 * mm, 13 * mm, -16, 9 * mm)
    board.tint(reflection * glass, (0.55, 0.65, 0.80), 0.16)
    for loop, brow in ((head.right_eyelids, BROWS[0]), (head.left_eyelids, BROWS[1])):
        eye = drawn.pixels(drawn.fit.neutral[loop])
        board.tint(board.area(eye, 8 * mm) * glass, light, 0.10)
        ridge = marks[list(brow)]
        order = ridge[np.argsort(np.abs(ridge[:, 0] - x))]
        _glow(board, glass, order, (3.0 * mm, 5.0 * mm, 5.0 * mm, 3.0 * mm), light * 0.9, mm)
    seam = drawn.pixels(drawn.fit.seen[halves(head.lips_inner, head.vertices)[0]])
    _glow(board, glass, seam, (4.2 * mm, 5.4 * mm, 4.2 * mm), light, mm)
    outer = drawn.pixels(drawn.fit.seen[head.lips_outer])
    board.tint(board.area(outer, 0.5 * mm) * glass, light, 0.95)
    for side in (-1, 1):
        cheek = np.array([marks[4][0] + side * 54 * mm, marks[4][1] + 14 * mm])
        board.tint(board.ellipse(cheek, 9 * mm, 5.5 * mm, blur=2.5 * mm) * glass, (1.0, 0.42, 0.55), 0.55)
    return _shot(board, background)


def _robot_body(board: Board, shell: Floats, light: Floats, x: float, y: float, mm: float, size: int) -> None:
    """Neck and chest of the robot, below its head at height `y`."""
    neck = np.array(
        [
            [x - 26 * mm, y + 70 * mm],
            [x + 26 * mm, y + 70 * mm],
            [x + 30 * mm, y + 120 * mm],
            [x - 30 * mm, y + 120 * mm],
        ]
    )
    board.paint(board.area(neck), shell * 0.42)
    for step in range(5):
        at = y + (92 + 7 * step) * mm
        board.shade(
            board.stroke(np.array([[x - 30 * mm, at], [x, at + 2 * mm], [x + 30 * mm, at]]), (2.2 * mm, 2.2 * mm)),
            (0.5, 0.5, 0.55),
            0.8,
        )
    low = (1.25 * size - y) / mm
    side = np.array([[0, 112], [-40, 113], [-84, 124], [-112, 156], [-118, low], [0, low]]) * mm + np.array([x, y])
    chest = mirrored(side, x)
    body = board.shape(chest)
    board.paint(body, board.between(np.minimum(shell * 1.0, 1), shell * 0.74, y + 112 * mm, y + 190 * mm))
    core = board.ellipse(np.array([x - 10 * mm, y + 165 * mm]), 84 * mm, 40 * mm, blur=14 * mm)
    board.shade(body * (1 - core), (0.76, 0.80, 0.88), 0.7)
    board.tint(board.ellipse(np.array([x, y + 146 * mm]), 7 * mm, 7 * mm), light, 0.9)


def _glow(board: Board, glass: Floats, line: Floats, widths: tuple[float, ...], light: Floats, mm: float) -> None:
    """A line of light behind the glass, with its spill."""
    core = board.stroke(line, widths)
    spill = board.soft(core, 4.5 * mm)
    board.tint(np.clip(1.1 * spill, 0, 1) * glass, light, 0.30)
    board.tint(core * glass, light, 0.96)


def _background(character: Character, size: int) -> Board:
    board = Board(size)
    top, low = background_colours(character)
    board.paint(np.ones_like(board.cover), board.between(top, low, 0, size))
    glow = board.ellipse(np.array([0.5, 0.45]) * size, 0.45 * size, 0.45 * size, blur=0.15 * size)
    board.tint(glow, np.minimum(1.0, top * 1.12 + 0.03), 0.5)
    return board


def _shot(board: Board, background: Board) -> Shot:
    """The drawing before its background."""
    share = board.cover[..., None]
    edge = np.maximum(share, 1e-3)
    shown = Board(board.size)
    # What is drawn is mixed with black along its edge, since the board begins black.
    shown.colour = np.where(share > 0, np.clip(board.colour / edge, 0, 1), 0) * share + background.colour * (1 - share)
    shown.cover = board.cover
    image, matte = shown.finished()
    return Shot(image, matte, background.finished()[0])


def rounded_box(middle: Floats, half_width: float, half_height: float, squareness: float) -> Floats:
    """Points (n, 2) of a superellipse: 2 is an ellipse, more is closer to a rectangle."""
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    c, s = np.cos(angle), np.sin(angle)
    power = 2 / squareness
    return np.asarray(middle) + np.stack([
        half_width * np.sign(c) * np.abs(c) ** power, half_height * np.sign(s) * np.abs(s) ** power
    ], axis=1)  # fmt: skip
