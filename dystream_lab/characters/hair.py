"""Hair of a character: strands grown from the scalp, their light, and their drawing."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial import cKDTree

from dystream_lab.characters.light import to_linear, to_srgb
from dystream_ros.rendering.camera import Camera

STEPS = 14  # points along a strand
COMBINGS = 6  # smoothing passes over a hanging strand
CUTS = 8  # pieces of a segment that is partly hidden
EAR_SIZE, EAR_BEHIND = (0.038, 0.024), 0.014  # metres: half height and half depth of an ear, and where its middle lies

# In half widths of the face: most width of long hair at the temples, how much less at the chin, least over the face.
WIDEST, INWARD, BARE = 1.34, 0.05, 0.96


@dataclass(frozen=True)
class Style:
    """A hair style. Lengths in metres.

    Attributes:
        length: of a strand.
        lift: height of the outermost strands above the scalp.
        fall: share of gravity in the direction, 0 to 1.
        back: share of combing to the back in the direction, 0 to 1.
        part: x of the parting in half widths of the head, or None.
        curl: amplitude of curls.
        turns: half turns of a curl along a strand.
        cut: metres above the chin where hair ends, or None.
        hairline: metres by which the hairline lies farther back.
        strands: number of strands.
    """

    length: float
    lift: float
    fall: float
    back: float
    part: float | None = None
    curl: float = 0.0
    cut: float | None = None
    hairline: float = 0.0
    strands: int = 9000
    turns: float = 0.0

    @property
    def hangs(self) -> bool:
        """Whether it hangs down beside the face."""
        return self.fall > 0.5 and self.length > 0.1


STYLES = {
    "buzz": Style(0.0055, 0.002, 0.05, 0.25, strands=20000),
    "receding": Style(0.026, 0.008, 0.35, 0.45, hairline=0.022, strands=13000),
    "long": Style(0.330, 0.018, 0.80, 0.16, part=0.10, curl=0.002, turns=2.5, cut=-0.075, strands=15000),
    "bob": Style(0.240, 0.016, 0.80, 0.12, part=-0.22, cut=-0.005, strands=15000),
    "bun": Style(0.170, 0.007, 0.0, 1.0, strands=13000),
    "cap": Style(0.030, 0.006, 0.65, 0.25, strands=12000),
    "curly": Style(0.040, 0.026, 0.06, 0.0, curl=0.0034, turns=3.6, strands=21000),
}


def scalp_weight(
    points: np.ndarray, brow_height: float, ear: np.ndarray, top: float, hairline: float | np.ndarray
) -> np.ndarray:
    """Density of hair (n,), 0 to 1, at points (n, 3) of the skin.

    The hairline runs above the forehead, down in front of the ears, and around behind them to the nape.

    Args:
        brow_height, top: heights of the brows and of the crown, metres.
        ear: (3,), where the left ear meets the cheek.
        hairline: metres by which the hairline is higher; a number, or one per point (n,).
    """
    x, y, z = points.T
    forehead = brow_height + 0.66 * (top - brow_height) * 0.80 + hairline
    front = np.clip((z - ear[2]) / 0.075, 0, 1)  # 0 at the ear, 1 at the forehead
    side = np.clip(np.abs(x) / abs(ear[0]), 0, 1)
    border = ear[1] + 0.012 + (forehead - ear[1] - 0.012) * front**0.75 - 0.010 * side * (front > 0.5)
    nape = ear[1] - 0.035
    line = np.where(z > ear[2] - 0.016, border, nape)
    # The landmark is where the ear meets the cheek; the ear lies behind it.
    away = np.hypot((y - ear[1]) / EAR_SIZE[0], (z - ear[2] + EAR_BEHIND) / EAR_SIZE[1])
    off_ear = np.clip((away - 1) / 0.1, 0, 1) * (np.abs(x) > 0.84 * ear[0]) + (np.abs(x) <= 0.84 * ear[0])
    return np.clip((y - line) / 0.006, 0, 1) * off_ear


@dataclass(frozen=True)
class Skull:
    """The surface on which hair lies; metres.

    Attributes:
        surface, normals: (m, 3), the head without ears.
        ear: (3,), where the left ear meets the cheek.
        brows, chin, crown: heights.
        half_width: of the face.
    """

    surface: np.ndarray
    normals: np.ndarray
    ear: np.ndarray
    brows: float
    chin: float
    crown: float
    half_width: float


def grow(roots: np.ndarray, normals: np.ndarray, style: Style, skull: Skull, random: np.random.Generator) -> np.ndarray:
    """Strands (n, STEPS, 3) from roots (n, 3) with normals (n, 3), outside of the skull and beside the face."""
    count = len(roots)
    tree = cKDTree(skull.surface)
    length = style.length * random.uniform(0.75, 1.08, (count, 1))
    height = style.lift * random.beta(1.6, 1.2, (count, 1))
    side = np.sign(roots[:, :1] - (style.part or 0.0) * skull.half_width)
    sideways = np.concatenate([side * (0.9 if style.part is not None else 0.2), np.zeros((count, 2))], axis=1)
    behind = np.array([0.0, skull.ear[1] + (0.06 if style.back > 0.7 else 0.0), skull.surface[:, 2].min() + 0.01])
    clump = _clumps(roots, random)
    loose = np.clip(1 - style.fall - style.back, 0, 1)
    bend = 0.75 if style.length > 0.02 else 0.4
    point, heading, points = roots.copy(), normals.copy(), [roots.copy()]
    for step in range(1, STEPS):
        comb = behind - point
        comb /= np.maximum(np.linalg.norm(comb, axis=1, keepdims=True), 1e-6)
        near, index = tree.query(point)
        outward = skull.normals[index]
        above = np.clip((point[:, 1:2] - skull.brows) / 0.05, 0, 1)
        direction = style.fall * np.array([0, -1.0, 0]) + style.back * comb + sideways * above
        beside = np.clip((skull.ear[1] - point[:, 1:2]) / 0.04, 0, 1) * (np.abs(point[:, :1]) > 0.8 * skull.half_width)
        direction[:, :1] -= 0.30 * style.fall * side * beside
        direction = direction + loose * normals + (0.06 + 0.22 * loose) * clump + 0.03 * random.normal(0, 1, (count, 3))
        # Along the surface where the strand lies on it.
        inward = np.minimum((direction * outward).sum(1, keepdims=True), 0)
        direction -= inward * outward * np.clip(1.4 - near[:, None] / 0.03, 0, 1)
        direction /= np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-6)
        heading = (1 - bend) * heading + bend * direction
        heading /= np.maximum(np.linalg.norm(heading, axis=1, keepdims=True), 1e-6)
        point = point + heading * length / (STEPS - 1)
        near, index = tree.query(point)
        outward, base = skull.normals[index], skull.surface[index]
        depth = ((point - base) * outward).sum(1, keepdims=True)
        floor = height * min(1.0, 3.5 * step / (STEPS - 1))
        if style.part is not None or style.back > 0.7:
            held = (depth < 2.0 * style.lift) & (near[:, None] < 0.05)
            point = point + np.where(held, floor - depth, 0) * outward
        else:
            point = point + np.maximum(0.5 * floor - depth, 0) * outward
        if style.length > 0.05:
            point = _out_of_face(point, side, skull, height / max(style.lift, 1e-6))
        points.append(point.copy())
    strands = np.stack(points, axis=1)
    if style.hangs:
        strands = _combed(_hang(strands, skull))
    if style.curl:
        strands += _curls(style, count, random)
    if style.lift > 0.02:
        # Hair that stands off would form tufts beside the neck.
        strands = strands[roots[:, 1] > skull.ear[1] - 0.004]
    if style.cut is not None:
        strands = _cut(strands, skull.chin + style.cut + 0.004 * random.normal(0, 1, count))
    return strands


def _out_of_face(point: np.ndarray, side: np.ndarray, skull: Skull, outer: np.ndarray) -> np.ndarray:
    """Points moved aside from the face, like a curtain that opens from the hairline down to the brows."""
    forehead = skull.brows + 0.55 * (skull.crown - skull.brows)
    open_share = np.clip((forehead - point[:, 1:2]) / (forehead - skull.brows - 0.005), 0, 1)
    least = skull.half_width * (0.90 + 0.10 * outer) * open_share**0.7
    front = np.clip((point[:, 2:] - skull.ear[2] + 0.025) / 0.02, 0, 1) * (point[:, 1:2] > skull.chin - 0.08)
    moved = point.copy()
    short = np.maximum(least - np.abs(point[:, :1]), 0)
    moved[:, :1] += side * short * front
    moved[:, 2:] -= 0.5 * short * front
    return moved


def _hang(strands: np.ndarray, skull: Skull) -> np.ndarray:
    """Long hair hanging straight down from the temples, without a bulge over the ears or a waist below them."""
    height, aside = strands[..., 1], np.abs(strands[..., 0])
    below = np.clip((skull.brows + 0.015 - height) / (skull.brows - skull.chin), 0, None)  # 1 near the chin
    last = np.maximum((below <= 0).sum(axis=1) - 1, 0)[:, None]
    leaves = np.minimum(np.take_along_axis(aside, last, axis=1), WIDEST * skull.half_width)
    side = np.sign(np.take_along_axis(strands[..., 0], last, axis=1))
    share = np.clip(below / 0.3, 0, 1)
    share = share * share * (3 - 2 * share)
    hung = leaves * (1 - INWARD * np.minimum(below, 1.5) ** 2)
    # Beside the face, not over it.
    hung = np.where(strands[..., 2] > skull.ear[2] - 0.025, np.maximum(hung, BARE * skull.half_width), hung)
    hanging = strands.copy()
    hanging[..., 0] += share * (side * hung - strands[..., 0])
    return hanging


def _combed(strands: np.ndarray) -> np.ndarray:
    """Hanging strands smoothed. Kinks arise around the neck, where each step pushes a strand in another direction."""
    combed = strands.copy()
    for _ in range(COMBINGS):
        combed[:, 1:-1] = 0.25 * combed[:, :-2] + 0.5 * combed[:, 1:-1] + 0.25 * combed[:, 2:]
    # The part near the root is not smoothed; otherwise the fringe draws back from the forehead.
    freedom = np.clip((np.linspace(0.0, 1.0, STEPS) - 0.45) / 0.25, 0.0, 1.0)[None, :, None]
    return strands + freedom * (combed - strands)


def _curls(style: Style, count: int, random: np.random.Generator) -> np.ndarray:
    at = np.linspace(0, 1, STEPS)[None]
    phase, speed = random.uniform(0, 2 * np.pi, (count, 2)), random.uniform(0.8, 1.2, (count, 1))
    turn = at * style.turns * np.pi * speed
    size = style.curl * np.minimum(1, 3 * at)
    waves = [np.sin(turn + phase[:, :1]), 0.6 * np.cos(turn + phase[:, 1:]), np.cos(turn + phase[:, :1])]
    return np.stack([size * wave for wave in waves], axis=2)


def _cut(strands: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Strands cut at a height (n,): lower points collapse into the last one above."""
    low = strands[..., 1] < height[:, None]
    first = np.where(low.any(axis=1), low.argmax(axis=1), STEPS)
    index = np.minimum(np.arange(STEPS)[None], np.maximum(first - 1, 0)[:, None])
    return np.take_along_axis(strands, index[..., None], axis=1)


def _clumps(roots: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A direction (n, 3) that neighbouring strands share, so that locks form."""
    seeds = roots[random.choice(len(roots), max(2, len(roots) // 45), replace=False)]
    return random.normal(0, 1, seeds.shape)[cKDTree(seeds).query(roots)[1]]


def strand_light(
    strands: np.ndarray, seen: np.ndarray, directions: np.ndarray, radiance: np.ndarray, colour: np.ndarray,
    random: np.random.Generator) -> np.ndarray:  # fmt: skip
    """Linear RGB (n, STEPS, 3) of strands of an sRGB colour, `seen` (n * STEPS, d) of each light.

    Source: Kajiya and Kay, Rendering fur with three dimensional textures, 1989, with the second, coloured highlight
    that Marschner and others, Light scattering from human hair fibers, 2003, measured, shifted along the strand.
    """
    tangent = np.gradient(strands, axis=1)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=2, keepdims=True), 1e-9)
    tangent = tangent.reshape(-1, 3).astype(np.float32)
    directions, radiance = directions.astype(np.float32), radiance.astype(np.float32)
    base = to_linear(colour)
    along = tangent @ directions.T
    across = np.sqrt(np.clip(1 - along**2, 0, 1))
    view = tangent[:, 2:3]
    view_across = np.sqrt(np.clip(1 - view**2, 0, 1))
    mirror = np.clip(across * view_across - along * view, 0, 1)
    shifted = np.clip(mirror * 0.985 + 0.17 * along, 0, 1)
    front = np.clip(0.35 + 0.65 * directions[:, 2], 0, 1)
    diffuse = (across * seen) @ radiance
    seen = seen * front
    first = (_power(mirror, 60) * seen) @ radiance
    second = (_power(shifted, 14) * seen) @ radiance
    shade = random.normal(1.0, 0.11, (len(strands), 1, 1))
    light = (diffuse * base * 0.62 + 0.080 * first + second * (0.30 * base + 0.004)).reshape(*strands.shape)
    tips = np.linspace(0.80, 1.08, STEPS)[None, :, None]
    return light * shade * tips


def _power(base: np.ndarray, exponent: int) -> np.ndarray:
    """`base` to a whole exponent above 0 by squaring: ten times as fast as NumPy's power."""
    result: np.ndarray | None = None
    while exponent:
        if exponent & 1:
            result = base if result is None else result * base
        base, exponent = base * base, exponent >> 1
    assert result is not None
    return result


def draw_strands(
    image: np.ndarray, cover: np.ndarray, depth: np.ndarray, strands: np.ndarray, light: np.ndarray, camera: Camera,
    width: float, slack: float = 0.004,
) -> None:  # fmt: skip
    """Draw strands, farthest first, where they are not hidden.

    Args:
        image, cover: uint8 (h, w, 3), RGB, and uint8 (h, w); both are changed.
        depth: (h, w), z in metres of what is drawn already.
        strands, light: (n, k, 3), metres, and linear RGB.
        width: pixels.
        slack: metres that a strand may lie behind what is drawn already.
    """
    at = camera.project(strands.reshape(-1, 3)).reshape(*strands.shape[:2], 2)
    seen = _visible(at, strands[..., 2], depth, slack)
    pieces = []
    whole = seen[:, :-1] & seen[:, 1:]
    ends = [(part[:, :-1], part[:, 1:]) for part in (at, strands[..., 2:], light)]
    pieces.append([(start[whole], end[whole]) for start, end in ends])
    # A segment that is hidden at one end is drawn up to the hidden part; otherwise the background shows beside it.
    halved = seen[:, :-1] ^ seen[:, 1:]
    cut = [(start[halved], end[halved]) for start, end in ends]
    for low, high in zip(np.arange(CUTS) / CUTS, np.arange(1, CUTS + 1) / CUTS, strict=True):
        piece = [(start + low * (end - start), start + high * (end - start)) for start, end in cut]
        kept = np.logical_and(*(_visible(place, z[:, 0], depth, slack) for place, z in zip(*piece[:2], strict=True)))
        pieces.append([(start[kept], end[kept]) for start, end in piece])
    (starts, ends), (near, far), colours = (
        tuple(np.concatenate([piece[kind][end] for piece in pieces]) for end in (0, 1)) for kind in range(3)
    )
    order = np.argsort((near + far)[:, 0], kind="stable")
    first, last = (np.round(16 * part[order]).astype(int).tolist() for part in (starts, ends))
    shades = (255 * to_srgb(0.5 * (colours[0] + colours[1])[order])).round().clip(0, 255).astype(int).tolist()
    thick = max(1, round(width))
    for start, end, shade in zip(first, last, shades, strict=True):
        cv2.line(image, start, end, shade, thick, cv2.LINE_AA, 4)
        cv2.line(cover, start, end, 255, thick, cv2.LINE_AA, 4)


def _visible(pixels: np.ndarray, z: np.ndarray, depth: np.ndarray, slack: float) -> np.ndarray:
    """Whether points (..., 2) at depths z (...) lie in the image, and at most `slack` metres behind its depth."""
    size = len(depth)
    at = np.clip(pixels.round().astype(int), -1, size)
    inside = ((at >= 0) & (at < size)).all(axis=-1)
    there = np.full(inside.shape, -np.inf)
    there[inside] = depth[at[inside, 1], at[inside, 0]]
    return inside & (z > there - slack)
