"""Draws the picture of a character with shut eyes: skin, clothes and hair in the light of a studio."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from dystream_lab.characters.beard import beard_strands
from dystream_lab.characters.character import Character
from dystream_lab.characters.colours import background_colours, brow_colour, clothes_colour, hair_colour, style_of
from dystream_lab.characters.complexion import complexion
from dystream_lab.characters.figure import FACE_LOW, Figure, Garment
from dystream_lab.characters.hair import STYLES, draw_strands, strand_light
from dystream_lab.characters.light import (
    SCATTER,
    Shadows,
    cast_shadows,
    irradiance,
    scatter,
    smoother,
    studio,
    to_linear,
    to_srgb,
)
from dystream_lab.characters.raster import Raster, draw
from dystream_lab.characters.skin import MOUTH_CORNER, Canvas, Paint, paint_skin
from dystream_lab.characters.wig import draw_wig
from dystream_ros.portraits.head import Head
from dystream_ros.rendering.camera import Camera

FINER = 2  # resolution of the drawing over that of the picture
LAMPS = ((0.0, 64), (64, 82), (82, 92), (92, 98), (98, 104))  # of `studio`: the room, key, fill, two rims
RIMS, UNDER_HAIR = 92, 0.15  # the first of the rims; share of them that hanging hair lets through
CORNERS, CALM = (33, 133, 263, 362, *MOUTH_CORNER), 2.2  # corners of eyes and mouth; millimetres of blur around them
CAST_STEP = 0.007  # metres between the points of a strand that cast shadows
THREAD = 2.6  # millimetres; thinner parts of the outline of a wig, or of falling hair, are cut off
FALLING = ("bob", "long")
BEARD = {"none": 1.0, "stubble": 0.55, "beard": 1.0}  # opacity of its hairs
UNDER_CLOTH = 0.04  # metres that skin may stand out of a garment; the back of the collar lies farther behind the neck
INSIDE = 0.5  # share of the light that reaches the inside of a garment
PINHOLE = 150  # square millimetres of a gap between strands that is filled


@dataclass(frozen=True)
class Shot:
    """`image` uint8 (h, w, 3) BGR, `matte` uint8 (h, w), `background` uint8 (h, w, 3) BGR."""

    image: np.ndarray
    matte: np.ndarray
    background: np.ndarray


def take_picture(character: Character, figure: Figure, head: Head, size: int) -> Shot:
    """The picture of a figure with sides of `size` pixels."""
    fine = FINER * size
    camera = figure.fit.camera
    camera = Camera(camera.scale * FINER, camera.x * FINER, camera.y * FINER, camera.distance)
    directions, radiance = studio()
    worn = [garment.points[garment.within > 0] for garment in figure.garments]
    locks = [] if figure.wig is None else [figure.wig.points[figure.wig.triangles].mean(axis=1)]
    casters = np.concatenate([figure.skin, *worn, *locks, _casting(figure.strands)])
    shadows = cast_shadows(casters, directions)
    random = np.random.default_rng(character.seed + 30)

    skin = draw(figure.skin, figure.skin_triangles, camera, fine)
    millimetre = camera.scale / 1000
    pixels = camera.project(figure.landmarks)
    canvas = Canvas(pixels, fine, millimetre)
    lips = camera.project(figure.fit.seen[head.lips_outer])
    lids = [camera.project(figure.fit.seen[loop]) for loop in (head.right_eyelids, head.left_eyelids)]
    paint = paint_skin(character, canvas, lips, lids, complexion(character, skin, figure))
    under = np.clip(1.15 * skin.spread(figure.scalp.astype(np.float32)), 0, 1)[..., None]
    paint.albedo[:] = paint.albedo * (1 - under) + under * 0.42 * to_linear(hair_colour(character))
    on_skin = radiance.copy()
    if len(figure.strands) and STYLES[style_of(character)].hangs:
        on_skin[RIMS:] *= UNDER_HAIR
    light = _shade_skin(figure, skin, paint, canvas, shadows, on_skin, camera)
    person = skin.triangle >= 0
    depth = skin.depth.copy()
    for garment in figure.garments:
        # The inside of the back shows in the neckline, behind the neck.
        inside = replace(garment, triangles=garment.triangles[:, ::-1])
        _draw_cloth(inside, light, person, depth, shadows, INSIDE * radiance, camera, random)
        _draw_cloth(garment, light, person, depth, shadows, radiance, camera, random)

    tone = hair_colour(character) if len(figure.strands) or figure.wig else clothes_colour(character)
    shown = _beyond(np.where(person[..., None], to_srgb(light), tone), person)
    image = np.ascontiguousarray((255 * shown).round().clip(0, 255).astype(np.uint8))
    cover = (255 * person).astype(np.uint8)

    def hairs(strands: np.ndarray, width: float, colour: np.ndarray, slack: float, strength: float = 1.0) -> None:
        if len(strands):
            before = image.copy()
            seen = shadows.visibility(strands.reshape(-1, 3), bias=0.004)
            lit = strand_light(strands, seen, directions, radiance, colour, random)
            draw_strands(image, cover, depth, strands, lit, camera, width * millimetre, slack)
            if strength < 1:
                image[:] = cv2.addWeighted(image, strength, before, 1 - strength, 0)

    colour = hair_colour(character)
    draw_wig(figure.brows, image, cover, depth, camera, shadows, radiance, brow_colour(character))
    hairs(
        beard_strands(character, figure, canvas, lips, random), 0.22, 0.9 * colour, 0.02, BEARD[character.facial_hair]
    )
    bare = cover.copy()
    hairs(figure.strands, 0.36, colour, 0.004)
    if figure.wig is not None:
        draw_wig(figure.wig, image, cover, depth, camera, shadows, radiance, colour)
    if len(figure.strands):
        _close_pinholes(cover, millimetre)
    if figure.wig is not None or character.hair in FALLING:
        # Cards seen from their edge, and ends of strands, would stand off as threads.
        brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, 2 * (round(THREAD * millimetre),))
        cover[:] = np.maximum(bare, cv2.GaussianBlur(cv2.morphologyEx(cover, cv2.MORPH_OPEN, brush), (0, 0), 1.0))
    return _finish(character, image, cover, size)


def _close_pinholes(cover: np.ndarray, millimetre: float) -> None:
    """Fill gaps between strands, through which the background would glitter; `millimetre` in pixels."""
    cover[:] = cv2.morphologyEx(cover, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7)))
    _, label, found, _ = cv2.connectedComponentsWithStats((cover < 30).astype(np.uint8), connectivity=4)
    small = found[:, cv2.CC_STAT_AREA] < PINHOLE * millimetre**2
    cover[cv2.dilate((small[label] & (label > 0)).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0] = 255


def _casting(strands: np.ndarray) -> np.ndarray:
    """Points (m, 3) of strands (n, k, 3) that cast shadows: on every second strand, CAST_STEP apart."""
    chosen = strands[::2]
    if not len(chosen):
        return chosen.reshape(-1, 3)
    apart = float(np.linalg.norm(np.diff(chosen, axis=1), axis=2).mean())
    count = max(2, round((chosen.shape[1] - 1) * apart / CAST_STEP) + 1)
    at = np.linspace(0, chosen.shape[1] - 1.001, count)[1:]
    low, share = at.astype(int), (at % 1)[:, None]
    return ((1 - share) * chosen[:, low] + share * chosen[:, low + 1]).reshape(-1, 3)


def _beyond(image: np.ndarray, person: np.ndarray) -> np.ndarray:
    """The image with the colours of the person extended a few pixels beyond their edge, which then keeps its colour."""
    weight = cv2.GaussianBlur(person.astype(np.float32), (0, 0), 2.0)[..., None]
    spread = cv2.GaussianBlur((image * person[..., None]).astype(np.float32), (0, 0), 2.0) / np.maximum(weight, 1e-4)
    return np.where(person[..., None] | (weight < 0.01), image, spread)


def _shade_skin(
    figure: Figure,
    skin: Raster,
    paint: Paint,
    canvas: Canvas,
    shadows: Shadows,
    radiance: np.ndarray,
    camera: Camera,
) -> np.ndarray:
    """Linear RGB (h, w, 3) of the skin."""
    used = np.unique(skin.corners)
    directions = shadows.directions
    seen = np.ones((len(figure.skin), len(directions)), np.float32)
    seen[used] = shadows.visibility(figure.skin[used])
    smooth = smoother(figure.skin_triangles, len(figure.skin))
    for _ in range(14):
        seen = smooth @ seen
    # The folds of the neck are coarse in the mesh, and their shadows would be streaks.
    throat = np.clip((figure.landmarks[FACE_LOW][1] + 0.005 - figure.skin[:, 1:2]) / 0.02, 0, 1).astype(np.float32)
    soft = seen
    for _ in range(30):
        soft = smooth @ soft
    seen = seen + throat * (soft - seen)
    falls = irradiance(figure.skin_normals, seen, directions, radiance)
    # The mesh is crumpled at the corners of lids and lips, and its shading there would be blots.
    calm = np.clip(sum(canvas.spot(corner, 5.5, 4.5) for corner in CORNERS) * 1.3, 0, 1)
    falls = _calmed(skin.spread(scatter(falls, smooth, SCATTER).astype(np.float32)), calm, canvas)
    normal = _calmed(skin.spread(figure.skin_normals.astype(np.float32)), calm, canvas)
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-6)
    pixel = 1 / camera.scale
    down, across = np.gradient(cv2.GaussianBlur(paint.relief, (0, 0), 0.8) / pixel)
    bumped = normal + np.stack([-across, down, np.zeros_like(down)], axis=2)
    bumped /= np.linalg.norm(bumped, axis=2, keepdims=True).clip(1e-6)
    main = (radiance.sum(axis=1)[:, None] * directions)[directions[:, 2] > 0].sum(axis=0)
    main /= np.linalg.norm(main)
    detail = 1 + (bumped - normal) @ main / np.maximum(normal @ main + 0.55, 0.35)
    shaded = (
        falls * np.clip(detail, 0.45, 1.5)[..., None] * _calmed(_cavity(skin.depth, camera), calm, canvas)[..., None]
    )
    result = shaded * paint.albedo
    for start, end in LAMPS[1:]:
        start, end = int(start), int(end)
        axis = directions[start:end].mean(axis=0)
        axis /= np.linalg.norm(axis)
        reach = skin.spread(seen[:, start:end].mean(axis=1).astype(np.float32))
        result += (_gloss(bumped, axis, paint) * reach)[..., None] * radiance[start:end].sum(axis=0) * 0.36
    return (result + paint.glow).astype(np.float32)


def _calmed(field: np.ndarray, calm: np.ndarray, canvas: Canvas) -> np.ndarray:
    """A field (h, w, ...) blurred where `calm` (h, w) is 1."""
    share = calm.reshape(calm.shape + (1,) * (field.ndim - 2))
    return field * (1 - share) + share * cv2.GaussianBlur(field, (0, 0), CALM * canvas.millimetre)


def _gloss(normal: np.ndarray, towards: np.ndarray, paint: Paint) -> np.ndarray:
    """Highlight (h, w) of a lamp seen from the front: GGX with Schlick's Fresnel for skin (Walter and others, 2007)."""
    half = towards + np.array([0, 0, 1])
    half /= np.linalg.norm(half)
    facing, lamp, view = (np.clip(normal @ axis, 0, 1) for axis in (half, towards, np.array([0, 0, 1.0])))
    square = paint.rough**4
    spread = square / (np.pi * (facing**2 * (square - 1) + 1) ** 2)
    fresnel = 0.028 + 0.972 * (1 - np.clip(half[2], 0, 1)) ** 5
    k = (paint.rough + 1) ** 2 / 8
    shadowing = 1 / ((lamp * (1 - k) + k) * (view * (1 - k) + k))
    return paint.gloss * spread * fresnel * shadowing * lamp / 4


def _cavity(depth: np.ndarray, camera: Camera) -> np.ndarray:
    """Light (h, w) in pits and creases, 1 outside of them: less the deeper a pixel lies than its surroundings."""
    floor = np.where(np.isfinite(depth), depth, np.nan)
    floor = np.nan_to_num(floor, nan=float(np.nanmedian(floor)))
    result = np.ones(depth.shape, np.float32)
    for reach, strength in ((0.0012, 0.16), (0.0040, 0.16)):
        around = cv2.GaussianBlur(floor, (0, 0), reach * camera.scale)
        result *= 1 - strength * np.clip((around - floor) / (0.55 * reach), 0, 1)
    return result


def _draw_cloth(
    garment: Garment,
    light: np.ndarray,
    person: np.ndarray,
    depth: np.ndarray,
    shadows: Shadows,
    radiance: np.ndarray,
    camera: Camera,
    random: np.random.Generator,
) -> None:
    """Draw a garment into the linear light (h, w, 3), the mask of the person (h, w) and the depth (h, w)."""
    cloth = draw(garment.points, garment.triangles, camera, len(light))
    seen = shadows.visibility(garment.points)
    smooth = smoother(garment.triangles, len(garment.points))
    seen = smooth @ (smooth @ seen)
    falls = cloth.spread(irradiance(garment.normals, seen, shadows.directions, radiance).astype(np.float32))
    place = cloth.spread(garment.points.astype(np.float32))
    below = cloth.spread(garment.within.astype(np.float32))
    worn = (cloth.triangle >= 0) & (below > 0) & (cloth.depth > depth - UNDER_CLOTH)
    base = to_linear(garment.colour)
    size = len(light)
    rows, columns = np.mgrid[:size, :size].astype(np.float32)
    unit = camera.scale / 1000
    rib = np.clip((garment.band - below) / 0.002, 0, 1)
    knit = np.sin(columns / unit * 2 * np.pi / 2.4 + 2.2 * np.sin(rows / unit * 2 * np.pi / 2.0))
    angle = np.arctan2(place[..., 0], place[..., 2] - garment.points[:, 2].mean() - 0.02)
    ribs = np.sin(angle * 2 * np.pi * 26)
    texture = 1 + (1 - rib) * 0.07 * knit + rib * 0.16 * ribs
    texture *= 1 - 0.35 * np.exp(-(((below - garment.band) / 0.0012) ** 2))  # the seam under the ribs
    texture *= 1 - 0.25 * np.clip(1 - below / 0.002, 0, 1)
    texture *= 1 + 0.05 * cv2.GaussianBlur(random.normal(0, 1, (size, size)).astype(np.float32), (0, 0), 2.0)
    # The collar casts a shadow on the skin below its edge.
    shadow = cv2.GaussianBlur(worn.astype(np.float32), (0, 0), 4.5 * unit)[..., None]
    near = (person & ~worn)[..., None]
    light[:] = np.where(near, light * (1 - 0.55 * np.clip(shadow * 1.6, 0, 1)), light)
    view = np.clip(cloth.spread(garment.normals.astype(np.float32))[..., 2], 0, 1)
    fuzz = 1 + 0.5 * (1 - view) ** 3  # wool is brighter at its rim
    light[worn] = (falls * base * (texture * fuzz)[..., None])[worn]
    person |= worn
    depth[worn] = cloth.depth[worn]


def _finish(character: Character, image: np.ndarray, cover: np.ndarray, size: int) -> Shot:
    """The picture on its background, reduced to sides of `size` pixels."""
    # Twelve levels are enough for an edge, and make the file smaller.
    matte = (cv2.resize(cover, (size, size), interpolation=cv2.INTER_AREA) // 23 * 23 * (255 / 253)).astype(np.uint8)
    small = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
    top, low = background_colours(character)
    share = np.linspace(0, 1, size)[:, None, None] ** 1.2
    behind = 255 * ((1 - share) * top + share * low) * np.ones((size, size, 1))
    if not np.array_equal(top, low):
        y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
        behind *= (1.06 - 0.16 * (x**2 + (y + 0.2) ** 2))[..., None]
    # Colours of the person extend beyond their edge, so that another background shows no fringe of this one.
    near = cv2.GaussianBlur(cv2.dilate(matte, np.ones((9, 9), np.uint8)), (0, 0), 3).astype(np.float32)[..., None] / 255
    weight = (matte > 200).astype(np.float32)[..., None]
    spread = cv2.GaussianBlur(small * weight, (0, 0), 5) / np.maximum(
        cv2.GaussianBlur(weight, (0, 0), 5)[..., None], 1e-3
    )
    solid = np.clip(matte[..., None] / 60.0, 0, 1)
    spread = np.where(cv2.GaussianBlur(weight, (0, 0), 5)[..., None] > 0.02, spread, small)
    small = small * solid + (1 - solid) * (spread * near + behind * (1 - near))
    return Shot(
        image=small.round().clip(0, 255).astype(np.uint8)[..., ::-1].copy(), matte=matte,
        background=behind.round().clip(0, 255).astype(np.uint8)[..., ::-1].copy(),
    )  # fmt: skip
