"""The surface of a robot: painted shells with seams, a rubber neck, rubber lips, a line of light."""

import cv2
import numpy as np

from dystream_lab.characters.character import Character
from dystream_lab.characters.colours import SKIN, eye_colour, rgb
from dystream_lab.characters.light import to_linear
from dystream_lab.characters.skin import MOUTH_CORNER, Canvas, Paint, smooth_curve
from dystream_ros.portraits.skin import OVAL

SHELL, HOOD, RUBBER = "#b4bcc4", (0.115, 0.125, 0.14), (0.05, 0.052, 0.056)  # the last two in linear light
JAW_SEAM = ((61, 57, 214, 192, 213, 147, 123), (291, 287, 434, 416, 433, 376, 352))  # from the mouth to the cheek bone
CHIN_SEAM = ((91, 194, 201, 208, 171), (321, 418, 421, 428, 396))
TEMPLES = ((21, 68, 104, 69, 108, 151), (251, 298, 333, 299, 337, 151))  # the line of light across the forehead


def paint_robot(
    character: Character, canvas: Canvas, lips: np.ndarray, eyes: list[np.ndarray], place: np.ndarray
) -> Paint:
    """Paint of the head of a robot.

    Args:
        lips, eyes: outlines (n, 2) in pixels.
        place: (h, w, 3), metres, of each pixel.
    """
    face = canvas.landmarks
    shell = to_linear(rgb(SHELL if character.skin == "auto" else character.skin, SKIN, "the colour of the shell"))
    plate = canvas.area(face[list(OVAL)], 0.25)
    chin = face[152, 1] + 6 * canvas.millimetre
    neck = np.clip((canvas.rows - chin) / (3 * canvas.millimetre), 0, 1) * (1 - plate)
    albedo = plate[..., None] * shell + (1 - plate[..., None]) * np.array(HOOD)
    albedo = albedo * (1 - neck[..., None]) + neck[..., None] * np.array(RUBBER)
    relief = 0.6 * plate
    rings = np.sin((canvas.rows - chin) / canvas.millimetre * 2 * np.pi / 7.0)
    relief += neck * 0.9 * rings

    def seam(points: np.ndarray, width: float = 0.45, depth: float = 0.6) -> None:
        dark = line(canvas, points, width)
        albedo[:] *= 1 - 0.92 * dark[..., None]
        relief[:] -= depth * line(canvas, points, 1.8 * width)

    oval = np.concatenate([face[list(OVAL)], face[list(OVAL[:1])]])
    seam(oval, 0.7, 1.2)
    for jaw, side in zip(JAW_SEAM, CHIN_SEAM, strict=True):
        seam(face[list(jaw)])
        seam(face[list(side)])
    top = face[10] * [1, 0] + [0, face[10, 1] - 62 * canvas.millimetre]
    seam(np.stack([face[10], 0.5 * (face[10] + top), top]), 0.6)
    for temple in (face[21], face[251]):
        seam(np.stack([temple, temple * [1, 0] + [0, face[10, 1] - 25 * canvas.millimetre]]), 0.6)
    for eye in eyes:
        albedo *= 1 - 0.80 * np.clip(canvas.area(eye, 1.6) * 1.4, 0, 1)[..., None]
    red = np.clip(canvas.area(lips, 0.5), 0, 1)[..., None]
    albedo = albedo * (1 - red) + red * np.array([0.10, 0.11, 0.125])
    screws = np.zeros(neck.shape, np.float32)
    for index in (*MOUTH_CORNER, 127, 356, 172, 397):
        x, y = face[index] + (face[index] - face[4]) * (0.16 if index in MOUTH_CORNER else -0.06)
        cv2.circle(screws, (round(16 * x), round(16 * y)), round(16 * 1.5 * canvas.millimetre), 1.0, -1, cv2.LINE_AA, 4)
    albedo *= 1 - 0.55 * screws[..., None]
    light = np.clip(sum(line(canvas, face[list(points)], 0.9) for points in TEMPLES), 0, 1)
    spill = cv2.GaussianBlur(light, (0, 0), 5 * canvas.millimetre)
    glow = (1.3 * light + 0.35 * spill)[..., None] * to_linear(eye_colour(character))
    fleck = canvas.noise(np.random.default_rng(character.seed), 0.4)
    gloss = 1.5 + 0.9 * (1 - plate) - 1.6 * neck
    rough = 0.36 - 0.08 * (1 - plate) + 0.25 * neck + 0.01 * fleck
    back = np.clip((0.02 - place[..., 2]) / 0.01, 0, 1)[..., None] * (1 - neck[..., None])
    albedo = albedo * (1 - back) + back * 0.5 * np.array(HOOD)
    return Paint(np.clip(albedo, 0.01, 0.9), relief / 1000, np.clip(gloss, 0.1, 3), np.clip(rough, 0.2, 0.8), glow)


def line(canvas: Canvas, points: np.ndarray, width: float) -> np.ndarray:
    """A line (h, w) of even strength, 0 to 1, through pixels (n, 2), `width` millimetres wide."""
    mask = np.zeros((canvas.size, canvas.size), np.uint8)
    dense = np.round(16 * smooth_curve(points, 24 * len(points))).astype(np.int32)
    cv2.polylines(mask, [dense], False, 255, max(1, round(width * canvas.millimetre)), cv2.LINE_AA, 4)
    return cv2.GaussianBlur(mask, (0, 0), 0.18 * canvas.millimetre).astype(np.float32) / 255
