"""Draws smooth shapes with soft shades on a board of twice the resolution of the drawing."""

import cv2
import numpy as np

from dystream_lab.characters.skin import smooth_curve
from dystream_ros.rendering.portrait import Floats, Picture

FINER = 2


class Board:
    """An RGB drawing with alpha; points and lengths are in pixels of the finished drawing.

    Attributes:
        colour: float32 (h, w, 3), RGB, sRGB, 0 to 1, at twice the resolution.
        cover: float32 (h, w), what has been drawn on.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.colour = np.zeros((FINER * size, FINER * size, 3), np.float32)
        self.cover = np.zeros((FINER * size, FINER * size), np.float32)

    def area(self, points: Floats, blur: float = 0.0) -> Floats:
        """A polygon through points (n, 2) as a mask (h, w), 0 to 1; `blur` pixels soften its edge."""
        mask = np.zeros(self.cover.shape, np.uint8)
        cv2.fillPoly(mask, [np.round(np.asarray(points) * FINER * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        return self.soft(mask.astype(np.float32) / 255, blur)

    def shape(self, points: Floats, blur: float = 0.0) -> Floats:
        """A closed smooth curve through points (n, 2) as a mask (h, w)."""
        return self.area(closed_curve(points), blur)

    def ellipse(self, middle: Floats, across: float, down: float, turn: float = 0.0, blur: float = 0.0) -> Floats:
        """An ellipse with its half axes; `turn` in degrees clockwise."""
        angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
        points = np.stack([across * np.cos(angle), down * np.sin(angle)], axis=1)
        c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
        return self.area(np.asarray(middle) + points @ np.array([[c, s], [-s, c]]), blur)

    def stroke(self, points: Floats, widths: Floats | tuple[float, ...], blur: float = 0.0) -> Floats:
        """A smooth line through points (n, 2) whose width follows `widths`, spread along it, with round ends."""
        line = smooth_curve(np.asarray(points), 80)
        width = np.interp(np.linspace(0, 1, 80), np.linspace(0, 1, len(widths)), widths)
        mask = np.zeros(self.cover.shape, np.uint8)
        tangent = np.gradient(line, axis=0)
        normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        half = 0.5 * width[:, None] * normal
        outline = np.concatenate([line + half, (line - half)[::-1]])
        cv2.fillPoly(mask, [np.round(outline * FINER * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        for end, at in ((line[0], width[0]), (line[-1], width[-1])):
            middle = np.round(end * FINER * 16).astype(int).tolist()
            cv2.circle(mask, middle, round(0.5 * at * FINER * 16), 255, -1, cv2.LINE_AA, 4)
        return self.soft(mask.astype(np.float32) / 255, blur)

    def soft(self, mask: Floats, blur: float) -> Floats:
        """A mask (h, w) blurred by `blur` pixels."""
        if blur <= 0:
            return mask
        # At a lower resolution where that is not visible.
        step = max(1, int(blur * FINER / 6))
        if step == 1:
            return np.asarray(cv2.GaussianBlur(mask, (0, 0), blur * FINER), np.float32)
        small = cv2.resize(mask, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), blur * FINER / step)
        return np.asarray(cv2.resize(small, mask.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)

    def paint(self, mask: Floats, colour: Floats | tuple[float, ...], amount: float = 1.0) -> None:
        """Lay a colour (3,), or a picture of colours (h, w, 3), over what the mask covers, and extend the cover."""
        self.tint(mask, colour, amount)
        self.cover += np.clip(mask * amount - self.cover, 0, None)

    def tint(self, mask: Floats, colour: Floats | tuple[float, ...], amount: float = 1.0) -> None:
        """Lay a colour over what the mask covers; the cover stays as it is."""
        share = (amount * mask)[..., None]
        self.colour += share * (np.asarray(colour, np.float32) - self.colour)

    def shade(self, mask: Floats, factor: Floats | tuple[float, ...], amount: float = 1.0) -> None:
        """Multiply what the mask covers by a colour (3,)."""
        self.colour *= 1 - (amount * mask)[..., None] * (1 - np.asarray(factor, np.float32))

    def between(
        self, top: Floats | tuple[float, ...], low: Floats | tuple[float, ...], start: float, end: float
    ) -> Floats:
        """Colours (h, 1, 3) that go from `top` at height `start` to `low` at `end`."""
        rows = (np.arange(len(self.cover)) + 0.5) / FINER
        share = np.clip((rows - start) / (end - start), 0, 1)[:, None, None].astype(np.float32)
        return np.asarray(top, np.float32) + share * (np.asarray(low, np.float32) - np.asarray(top, np.float32))

    def finished(self) -> tuple[Picture, np.ndarray]:
        """The drawing uint8 (size, size, 3), BGR, and its cover uint8 (size, size)."""
        size = (self.size, self.size)
        image = cv2.resize(self.colour[..., ::-1], size, interpolation=cv2.INTER_AREA)
        cover = cv2.resize(self.cover, size, interpolation=cv2.INTER_AREA)
        return (255 * image).round().clip(0, 255).astype(np.uint8), (255 * cover).round().clip(0, 255).astype(np.uint8)


def closed_curve(points: Floats, steps: int = 16) -> Floats:
    """A smooth closed curve (steps * n, 2) through points (n, 2)."""
    points = np.asarray(points, np.float64)
    around = np.concatenate([points[-3:], points, points[:3]])
    curve = smooth_curve(around, steps * (len(around) - 1) + 1)
    return curve[3 * steps : (3 + len(points)) * steps]


def mirrored(points: Floats, middle: float) -> Floats:
    """Points (n, 2) and their mirror images, as one outline that begins and ends at the middle."""
    points = np.asarray(points, np.float64)
    other = points[::-1][np.abs(points[::-1, 0] - middle) > 1e-6]
    return np.concatenate([points, other * [-1, 1] + [2 * middle, 0]])
