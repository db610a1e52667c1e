"""The skin of a character, painted over its projected landmarks: colour, relief and gloss of each pixel."""

from dataclasses import dataclass

import cv2
import numpy as np

from dystream_lab.characters.character import Character
from dystream_lab.characters.colours import hair_colour, lips_colour, skin_colour
from dystream_lab.characters.light import to_linear

# Landmarks of the MediaPipe face mesh; the second of a pair lies on the head's left.
CHEEKS, NOSE_TIP, CHIN, FOREHEAD = (50, 280), 4, 199, 151
NASOLABIAL = ((129, 203, 206, 216, 212), (358, 423, 426, 436, 432))
BAGS = ((232, 231, 230, 229, 228), (452, 451, 450, 449, 448))
LIDS_UPPER = ((189, 221, 222, 223, 224, 225), (413, 441, 442, 443, 444, 445))
OUTER_EYE, MOUTH_CORNER = (33, 263), (61, 291)
BEARD = (
    (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454),
    (447, 366, 401, 435, 432, 436, 426, 327, 326, 2, 97, 98, 206, 216, 212, 215, 177, 137, 227),
)  # along the jaw, back over cheeks and the upper lip


@dataclass(frozen=True)
class Paint:
    """The surface at each pixel of a square image.

    Attributes:
        albedo: linear RGB (h, w, 3).
        relief: (h, w), metres towards the lens.
        gloss, rough: (h, w), strength and roughness of the highlights.
        glow: linear RGB (h, w, 3) that the surface emits.
    """

    albedo: np.ndarray
    relief: np.ndarray
    gloss: np.ndarray
    rough: np.ndarray
    glow: np.ndarray | float = 0.0


class Canvas:
    """Draws soft shapes between landmarks; lengths in millimetres."""

    def __init__(self, landmarks: np.ndarray, size: int, millimetre: float) -> None:
        self.landmarks, self.size, self.millimetre = landmarks, size, millimetre
        self.rows, self.columns = np.mgrid[:size, :size].astype(np.float32)

    def spot(self, index: int, across: float, down: float, shift: tuple[float, float] = (0, 0)) -> np.ndarray:
        """A Gaussian (h, w) around a landmark."""
        x, y = self.landmarks[index] + np.array(shift) * self.millimetre
        across, down = across * self.millimetre, down * self.millimetre
        return np.exp(-(((self.columns - x) / across) ** 2) - ((self.rows - y) / down) ** 2)

    def area(self, outline: np.ndarray, soft: float) -> np.ndarray:
        """A polygon (h, w) of pixels (n, 2), 0 to 1, with a soft edge."""
        mask = np.zeros((self.size, self.size), np.uint8)
        cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        return cv2.GaussianBlur(mask, (0, 0), soft * self.millimetre).astype(np.float32) / 255

    def groove(self, points: np.ndarray, width: float) -> np.ndarray:
        """A smooth line (h, w) through pixels (n, 2), 1 along its middle, tapered at both ends."""
        dense = smooth_curve(points, 40)
        mask = np.zeros((self.size, self.size), np.float32)
        for k in range(len(dense) - 1):
            strength = np.sin(np.pi * (k + 0.5) / (len(dense) - 1)) ** 0.5
            start, end = np.round(dense[k : k + 2] * 16).astype(int).tolist()
            cv2.line(mask, start, end, float(strength), max(1, round(0.4 * self.millimetre)), shift=4)
        blurred = cv2.GaussianBlur(mask, (0, 0), width * self.millimetre)
        return blurred / max(float(blurred.max()), 1e-6)

    def noise(self, random: np.random.Generator, grain: float) -> np.ndarray:
        """Smooth noise (h, w) with a grain size of `grain` millimetres, mean 0, standard deviation 1."""
        cells = max(4, int(self.size / (grain * self.millimetre)))
        coarse = random.normal(0, 1, (cells, cells)).astype(np.float32)
        fine = cv2.resize(coarse, (self.size, self.size), interpolation=cv2.INTER_CUBIC)
        return fine / fine.std()


def smooth_curve(points: np.ndarray, count: int) -> np.ndarray:
    """Points (count, 2) of a Catmull-Rom curve through points (n, 2)."""
    points = np.asarray(points, np.float64)
    padded = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    at = np.linspace(0, len(points) - 1 - 1e-6, count)
    k, t = at.astype(int), (at % 1)[:, None]
    a, b, c, d = (padded[k + offset] for offset in range(4))
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def paint_skin(
    character: Character, canvas: Canvas, lips: np.ndarray, eyes: list[np.ndarray], detail: np.ndarray
) -> Paint:
    """Paint of a face with the outline `lips` (n, 2) of the red of the lips and those of both `eyes`, in pixels.

    Args:
        detail: (h, w, 3), light of photographed skin over its tone; see `complexion`.
    """
    random = np.random.default_rng(character.seed + 10)
    skin = skin_colour(character)
    base = to_linear(skin)
    dark = float(np.clip((0.45 - base.mean()) / 0.4, 0, 1))  # dark skin reddens less and shines more
    age = float(np.clip((character.age - 30) / 45, 0, 1))
    albedo = (base * detail).astype(np.float32)
    blood = np.array([1.0, 0.55, 0.52], np.float32)

    def tint(mask: np.ndarray, colour: np.ndarray | tuple[float, float, float], amount: float) -> None:
        albedo[:] *= 1 - (amount * mask)[..., None] * (1 - np.asarray(colour, np.float32))

    for cheek in CHEEKS:
        tint(canvas.spot(cheek, 19, 15), blood, 0.20 - 0.10 * dark)
    tint(canvas.spot(NOSE_TIP, 10, 9), blood, 0.12 - 0.08 * dark)
    for eye, lid in zip(eyes, LIDS_UPPER, strict=True):
        tint(canvas.groove(canvas.landmarks[list(lid)], 1.0), (0.70, 0.52, 0.48), 0.26)
        # A dark line along the lashes.
        tint(np.clip(canvas.area(eye, 0.7) * 2, 0, 1), (0.42, 0.30, 0.28), 0.60 if character.sex == "female" else 0.45)
    # Pores, which are finer than the pixels of the texture.
    albedo *= 1 + (0.012 * canvas.noise(random, 0.9) + 0.016 * canvas.noise(random, 0.5))[..., None]
    _paint_spots(character, canvas, random, albedo, age)
    if character.facial_hair != "none" or (character.sex == "male" and character.age > 16):
        strength = {"none": 0.10, "stubble": 0.42, "beard": 0.65}[character.facial_hair]
        grain = 1 + 0.25 * canvas.noise(random, 0.5)
        shade = 0.4 * base + 0.6 * to_linear(hair_colour(character))
        mask = np.clip(beard_area(canvas, lips) * strength * grain, 0, 1)[..., None]
        albedo[:] = albedo * (1 - mask) + mask * np.minimum(shade, 0.8 * base)

    red = canvas.area(lips, 0.8) * (0.85 + 0.15 * canvas.area(lips, 2.2))
    colour = to_linear(lips_colour(skin))
    if character.sex == "female":
        colour = colour * [1.0, 0.86, 0.90]
    creases = _lip_creases(canvas, random, lips)
    share = (0.60 - (0.20 + 0.10 * age) * (character.sex == "male")) * red[..., None]
    albedo = albedo * (1 - share) + share * colour * (1 - 0.16 * creases[..., None])
    relief = _relief(character, canvas, random, age, red, creases)
    oil = (
        0.5 * canvas.spot(FOREHEAD, 32, 20)
        + 0.6 * canvas.spot(NOSE_TIP, 9, 22, (0, -8))
        + 0.3 * canvas.spot(CHIN, 12, 9)
    )
    gloss = 0.75 + 0.5 * oil + 1.1 * red + 0.35 * dark + 0.10 * canvas.noise(random, 1.1)
    rough = 0.46 - 0.07 * oil - 0.12 * red
    return Paint(np.clip(albedo, 0.004, 0.95), relief, np.clip(gloss, 0.1, 3), np.clip(rough, 0.2, 0.8))


def _paint_spots(
    character: Character, canvas: Canvas, random: np.random.Generator, albedo: np.ndarray, age: float
) -> None:
    """Freckles over nose and cheeks, a few moles, and spots of age."""
    face = canvas.landmarks
    middle, width = face[NOSE_TIP], abs(face[454, 0] - face[234, 0])
    spots = [(0.26, 0.13, 0.42, 0.6, (0.66, 0.52, 0.42), round(420 * character.freckles))]
    spots.append((0.40, 0.45, 0.6, 0.9, (0.45, 0.36, 0.32), 3 + round(5 * age)))
    spots.append((0.42, 0.45, 1.6, 3.2, (0.80, 0.68, 0.60), round(8 * max(0.0, age - 0.35))))
    for across, down, small, large, colour, count in spots:
        layer = np.zeros((canvas.size, canvas.size), np.float32)
        for _ in range(count):
            x, y = middle + np.array([random.normal(0, across * width), random.normal(-0.1 * width, down * width)])
            radius = random.uniform(small, large) * canvas.millimetre
            cv2.circle(layer, (round(16 * x), round(16 * y)), round(16 * radius), random.uniform(0.3, 0.9), -1, shift=4)
        soft = cv2.GaussianBlur(layer, (0, 0), 0.28 * canvas.millimetre)[..., None]
        albedo *= 1 - soft * (1 - np.array(colour, np.float32))


def beard_area(canvas: Canvas, lips: np.ndarray) -> np.ndarray:
    """Density of a beard (h, w), 0 to 1: on jaw, chin and upper lip, not on the lips."""
    outline = np.concatenate([canvas.landmarks[list(part)] for part in BEARD])
    mask = canvas.area(outline, 3.2) * (1 - np.clip(1.6 * canvas.area(lips, 1.4), 0, 1))
    return np.clip(1.25 * mask - 0.1, 0, 1)


def _lip_creases(canvas: Canvas, random: np.random.Generator, lips: np.ndarray) -> np.ndarray:
    """Fine upright creases (h, w), 0 to 1, across the lips."""
    cells = np.zeros((6, int(canvas.size / (0.9 * canvas.millimetre))), np.float32)
    cells[:] = random.uniform(0, 1, cells.shape[1])
    cells += random.uniform(-0.4, 0.4, cells.shape)
    lines = cv2.resize(cells, (canvas.size, canvas.size), interpolation=cv2.INTER_CUBIC)
    return np.clip(lines, 0, 1) * canvas.area(lips, 0.7)


def _relief(
    character: Character,
    canvas: Canvas,
    random: np.random.Generator,
    age: float,
    red: np.ndarray,
    creases: np.ndarray,
) -> np.ndarray:
    """Metres (h, w) by which the skin stands out: pores, folds, lines of age."""
    face = canvas.landmarks
    pores = 0.011 * canvas.noise(random, 0.55) + 0.011 * canvas.noise(random, 1.3)
    relief = pores * (1 - red) * (0.8 + 0.7 * age) - 0.09 * creases * red

    def fold(points: np.ndarray, width: float, depth: float) -> None:
        if depth > 0.01:
            relief[:] -= depth * canvas.groove(points, width)

    young = 0.04 if character.age > 18 else 0.0
    for side, (nose, bag, lid, eye, mouth) in enumerate(
        zip(NASOLABIAL, BAGS, LIDS_UPPER, OUTER_EYE, MOUTH_CORNER, strict=True)
    ):
        outward = 1 if side else -1
        fold(face[list(nose)], 1.9, young + 0.42 * age)
        fold(face[list(bag)], 1.4, 0.2 * young + 0.20 * age)
        fold(face[list(lid)], 0.7, 0.16 + 0.12 * age)
        corner, step = face[mouth], canvas.millimetre * np.array([outward, 1])
        fold(corner + step * [[1, 2], [3, 9], [4, 17]], 1.4, 0.22 * age)
        for number, tilt in enumerate((-0.45, -0.05, 0.35)):
            start = face[eye] + step * [6, -1 + 3 * (number - 1)]
            run = np.array([[0, 0], [6, 6 * tilt], [13, 14 * tilt + 1]]) * step
            fold(start + run, 0.5, 0.26 * max(0.0, age - 0.1))
        fold(face[9] + step * [[3.2, 7], [3.8, 0], [3.2, -7]], 0.7, 0.30 * max(0.0, age - 0.15))
    top, low = face[10], face[9]
    width = 0.30 * abs(face[454, 0] - face[234, 0])
    for share in (0.30, 0.50, 0.70):
        y = low[1] + share * (top[1] - low[1])
        line = np.array(
            [
                [top[0] + width * t, y + random.normal(0, 1.2) * canvas.millimetre + 3 * t * t]
                for t in (-1, -0.5, 0, 0.5, 1)
            ]
        )
        fold(line, 0.9, 0.42 * max(0.0, age - 0.12))
    return relief / 1000
