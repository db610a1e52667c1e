"""Hair of drawn people: a shape behind the head, a fringe before it, and a few lines of light."""

import numpy as np

from dystream_lab.characters.drawn.brush import Board, mirrored
from dystream_ros.rendering.portrait import Floats

TOP, CHIN, EARS = 10, 152, (234, 454)
LONG = {"long": 118.0, "bob": 62.0}  # millimetres that hair falls below the ears
CROWN = 33.0  # millimetres of hair above the hairline
SMALL = ("short", "parted", "buzz", "receding", "bun", "cap")


def draw_back_hair(board: Board, style: str, hair: Floats, marks: Floats, mm: float) -> None:
    """What lies behind the head: falling hair, curls, a bun."""
    x, crown = marks[TOP][0], marks[TOP][1] - CROWN * mm
    ear = 0.5 * (marks[EARS[0]][1] + marks[EARS[1]][1])
    half = 0.5 * (marks[EARS[1]][0] - marks[EARS[0]][0])
    shade = hair * 0.62
    if style in LONG:
        end = ear + LONG[style] * mm
        side = np.array([
            [x, crown], [x - 0.42 * half, crown + 3.5 * mm], [x - 0.80 * half, crown + 19 * mm],
            [x - 1.12 * half, crown + 50 * mm],
            [x - 1.26 * half, ear - 10 * mm], [x - 1.30 * half, 0.5 * (ear + end)], [x - 1.22 * half, end - 8 * mm],
            [x - 0.95 * half, end + 2 * mm], [x - 0.50 * half, end - 6 * mm], [x, end - 12 * mm],
        ])  # fmt: skip
        mask = board.shape(mirrored(side, x))
        board.paint(mask, board.between(hair * 0.86, shade, crown, end))
        inner = board.ellipse(np.array([x, ear + 30 * mm]), 0.95 * half, 58 * mm, blur=12 * mm)
        board.shade(mask * inner, (0.45, 0.42, 0.46), 0.75)
    elif style == "curly":
        for angle in np.radians(np.arange(-205, 26, 21)):
            place = np.array([x + 1.12 * half * np.cos(angle), ear - 20 * mm + 1.30 * half * np.sin(angle)])
            board.paint(board.ellipse(place, 26 * mm, 26 * mm), hair * 0.80)
        board.paint(board.ellipse(np.array([x, ear - 26 * mm]), 1.16 * half, 1.36 * half), hair * 0.72)
    elif style == "bun":
        bun = np.array([x, crown - 12 * mm])
        board.paint(
            board.ellipse(bun, 25 * mm, 23 * mm), board.between(hair * 1.1, shade, bun[1] - 23 * mm, bun[1] + 23 * mm)
        )
        for lift in (-6, 3):
            curl = np.array([[-19, 4 + lift], [0, -8 + lift], [19, 3 + lift]]) * mm + bun
            board.tint(
                board.stroke(curl, (0.8 * mm, 2.6 * mm, 0.8 * mm), 0.8 * mm), np.minimum(hair * 1.5 + 0.05, 1), 0.5
            )
    if style in (*SMALL, "bun"):
        skull = mirrored(np.array([
            [x, crown + 1 * mm], [x - 0.40 * half, crown + 5 * mm], [x - 0.76 * half, crown + 20 * mm],
            [x - 1.02 * half, crown + 48 * mm],
            [x - 1.08 * half, ear - 6 * mm], [x - 0.98 * half, ear + 14 * mm], [x, ear + 20 * mm],
        ]), x)  # fmt: skip
        board.paint(board.shape(skull), hair * 0.74)


def draw_front_hair(board: Board, style: str, hair: Floats, marks: Floats, mm: float, face: Floats) -> None:
    """The fringe over the forehead, and its shadow on the face.

    Args:
        face: mask of the skin of the face.
    """
    if style == "bald":
        return
    x, crown = marks[TOP][0], marks[TOP][1] - CROWN * mm
    top, ear = marks[TOP][1], 0.5 * (marks[EARS[0]][1] + marks[EARS[1]][1])
    half = 0.5 * (marks[EARS[1]][0] - marks[EARS[0]][0])
    mask = board.shape(_outline(style, x, crown, top, ear, half, mm))
    if style == "curly":
        for angle in np.radians(np.arange(-172, -7, 18)):
            place = np.array([x + 0.98 * half * np.cos(angle), top + 30 * mm + 0.82 * half * np.sin(angle)])
            mask = np.maximum(mask, board.ellipse(place, 19 * mm, 18 * mm))
    thin = 0.55 if style == "buzz" else 1.0
    shadow = board.soft(np.roll(mask, round(7 * mm), axis=0), 3.2 * mm) * face * (1 - mask)
    board.shade(shadow, (0.72, 0.56, 0.58), 0.62 * thin)
    light, dark = np.minimum(hair * 1.22 + 0.02, 1), hair * 0.84
    board.paint(
        mask if style != "buzz" else board.soft(mask, 2.0 * mm),
        board.between(light, dark, crown, ear),
        thin + 0.3 * (1 - thin),
    )
    if style in ("buzz", "cap"):
        return
    edge = board.soft(mask, 5 * mm)
    board.shade(mask * np.clip(1.6 * (1 - edge), 0, 1), (0.66, 0.62, 0.66), 0.55)
    _strands(board, style, hair, x, crown, top, half, mm, mask)


def _outline(style: str, x: float, crown: float, top: float, ear: float, half: float, mm: float) -> Floats:
    """Points of the outline of a fringe."""
    rise = {"curly": 6, "buzz": 20, "receding": 14, "short": -4, "parted": -5}.get(style, 0) * mm
    crown = crown + rise
    left_end, right_end = (
        ear + {"bob": 46, "long": 74}.get(style, 4) * mm,
        ear + {"bob": 50, "long": 78}.get(style, 4) * mm,
    )
    wide = 1.20 if style in LONG else 1.05
    outer = [
        [x + 0.42 * half, crown + 3.5 * mm], [x + 0.76 * half, crown + 18 * mm],
        [x + wide * 0.92 * half, crown + 44 * mm],
        [x + wide * 1.02 * half, ear - 12 * mm],
    ]  # fmt: skip
    inner_right = [
        [x + wide * 1.00 * half, right_end],
        [x + 0.90 * half, right_end - 2 * mm],
        [x + 0.91 * half, ear - 14 * mm],
    ]
    inner_left = [
        [x - 0.91 * half, ear - 14 * mm],
        [x - 0.90 * half, left_end - 2 * mm],
        [x - wide * 1.00 * half, left_end],
    ]
    begin = [
        [x - wide * 1.02 * half, ear - 12 * mm], [x - wide * 0.92 * half, crown + 44 * mm],
        [x - 0.76 * half, crown + 18 * mm], [x - 0.42 * half, crown + 3.5 * mm], [x, crown],
    ]  # fmt: skip
    part = {
        # Swept to one side from a parting, down to above the brow.
        "bob": [[0.78, 32], [0.46, 12], [0.28, 2], [0.02, 15], [-0.40, 24], [-0.78, 33]],
        "long": [[0.74, 46], [0.40, 22], [0.02, 6], [-0.38, 22], [-0.74, 46]],
        "parted": [[0.80, 30], [0.50, 10], [0.40, 6], [0.0, 22], [-0.45, 28], [-0.80, 32]],
        "short": [[0.80, 34], [0.52, 20], [0.30, 30], [0.06, 20], [-0.18, 30], [-0.42, 22], [-0.62, 30], [-0.82, 36]],
        "bun": [[0.78, 34], [0.42, 12], [0.0, 6], [-0.42, 12], [-0.78, 34]],
        "buzz": [[0.80, 36], [0.50, 12], [0.0, 6], [-0.50, 12], [-0.80, 36]],
        "receding": [[0.84, 28], [0.60, 2], [0.30, -10], [0.0, -4], [-0.30, -10], [-0.60, 2], [-0.84, 28]],
        "curly": [[0.80, 36], [0.5, 18], [0.25, 22], [0.0, 16], [-0.25, 22], [-0.5, 18], [-0.80, 36]],
        "cap": [[0.86, 26], [0.5, 18], [0.0, 16], [-0.5, 18], [-0.86, 26]],
    }[style]  # fmt: skip
    fringe = [[x + share * half, top + down * mm] for share, down in part]
    return np.array([*outer, *inner_right, *fringe, *inner_left, *begin])


def _strands(
    board: Board, style: str, hair: Floats, x: float, crown: float, top: float, half: float, mm: float, mask: Floats
) -> None:
    """A band of light across the hair, and a few darker lines between locks."""
    root = np.array([x + {"bob": 0.30, "parted": 0.44}.get(style, 0.02) * half, crown + 12 * mm])
    light, dark = np.minimum(hair * 1.75 + 0.07, 1), hair * 0.55
    for share in np.linspace(-1, 1, 11):
        end = np.array([x + 1.02 * share * half, top + (18 + 44 * share**2) * mm])
        bend = 0.5 * (root + end) + np.array([0.22 * share * half, -11 * mm])
        line = np.stack([root, bend, end])
        board.tint(board.stroke(line, (0.4 * mm, 1.3 * mm, 0.4 * mm), 0.7 * mm) * mask, dark, 0.30)
    band = np.array([[-0.78, 34], [-0.45, 13], [0, 6], [0.45, 13], [0.78, 34]]) * [half, mm] + [x, crown + 11 * mm]
    gleam = board.stroke(band, (2 * mm, 10 * mm, 7 * mm, 9 * mm, 2 * mm), 3.2 * mm)
    columns = np.arange(mask.shape[1]) / (2 * mm)
    comb = 0.72 + 0.28 * np.sin(columns * 1.15 + 1.4 * np.sin(columns * 0.37))
    board.tint(gleam * mask * comb[None, :].astype(np.float32), light, 0.42)
