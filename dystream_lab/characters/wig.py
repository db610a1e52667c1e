"""Hair as a mesh: the CC0 hair styles of MakeHuman, fitted to the head of a character, and their drawing."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial import cKDTree

from dystream_lab.characters.character import Character
from dystream_lab.characters.light import Shadows, irradiance, to_linear, to_srgb
from dystream_ros.rendering.camera import Camera

WIGS = Path(__file__).parent.parent / "assets" / "characters" / "wigs"
STYLES = {"crop": "short04", "short": "short02", "parted": "short01"}
OLD = 60  # years
# Metres by which brows lie higher than on the base mesh, which frowns.
RAISED = {"eyebrow001": 0.0022, "eyebrow008": 0.0038, "eyebrow009": 0.0026}
SKULL = 0.02  # metres above the middle of the head from where vertices decide how a wig is scaled
NEIGHBOURS = 8  # vertices of the head that a vertex of the hair follows
SLACK = 0.006  # metres that hair may lie behind the skin
SHEEN = 0.020  # light that hair of any colour mirrors, over that of the lamps in front
LESS_CONTRAST = 0.6  # of white hair, whose locks differ less than those of dark hair
WRAP = 0.45  # share of the light that goes around a lock
CONTRAST = (0.25, 2.6)  # least and most light of a texture over its median
SHADOW_BIAS = 0.010  # metres behind another lock where the shadow of that begins


@dataclass(frozen=True)
class Wig:
    """Hair over a head.

    Attributes:
        points, triangles: mesh (n, 3), metres, and (t, 3).
        uv: (n, 2), texture coordinates.
        outward: (n, 3), unit vectors out of the head, which light the locks softly.
        texture: linear light over its median (h, w) and alpha, 0 to 1.
    """

    points: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    outward: np.ndarray
    texture: tuple[np.ndarray, np.ndarray]


def brows_of(character: Character) -> str:
    """Name of the brows of a sex and an age."""
    return "eyebrow001" if character.sex == "female" else "eyebrow008" if character.age < OLD else "eyebrow009"


def wear(name: str, head: np.ndarray) -> Wig:
    """The mesh of a name in `WIGS` on a head with vertices (n, 3) in the order of `Head.vertices`."""
    with np.load(WIGS / f"{name}.npz", allow_pickle=False) as mesh:
        points, uv, triangles = mesh["points"].astype(float), mesh["uv"], mesh["triangles"].astype(np.int64)
    with np.load(WIGS / "base.npz", allow_pickle=False) as data:
        base = data["base"].astype(float)
    # The wig is scaled like the skull, and then follows what remains near it.
    skull = base[:, 1] > base[:, 1].mean() + SKULL
    ones = np.ones((len(base), 1))
    affine = np.linalg.lstsq(np.hstack([base, ones])[skull], head[skull], rcond=None)[0]
    rest = head - np.hstack([base, ones]) @ affine
    apart, near = cKDTree(base).query(points, k=NEIGHBOURS)
    weight = 1 / (apart + 0.01) ** 2
    weight /= weight.sum(axis=1, keepdims=True)
    fitted = np.hstack([points, np.ones((len(points), 1))]) @ affine + np.einsum("nk,nkd->nd", weight, rest[near])
    centre = head[skull].mean(axis=0)
    if name.startswith("eyebrow"):
        fitted[:, 1] += RAISED[name]
    outward = fitted - centre
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    content = np.fromfile(WIGS / f"{name}.webp", np.uint8)
    picture = np.asarray(cv2.imdecode(content, cv2.IMREAD_UNCHANGED), np.float32) / 255
    alpha = picture[..., 3]
    light = to_linear(picture[..., :3]) @ np.array([0.0722, 0.7152, 0.2126], np.float32)
    light = np.clip(light / np.median(light[alpha > 0.5]), *CONTRAST)
    return Wig(fitted, triangles, uv, outward, (light.astype(np.float32), alpha))


def draw_wig(
    wig: Wig, image: np.ndarray, cover: np.ndarray, depth: np.ndarray, camera: Camera, shadows: Shadows,
    radiance: np.ndarray, colour: np.ndarray,
) -> None:  # fmt: skip
    """Draw a wig, farthest triangles first, where skin and clothes do not hide it.

    Args:
        image, cover: uint8 (h, w, 3), RGB, and uint8 (h, w); both are changed.
        depth: (h, w), z in metres of what is drawn already.
        radiance: (d, 3) of the lights of `shadows`, linear RGB.
        colour: sRGB (3,) of the hair.
    """
    seen = shadows.visibility(wig.points, bias=SHADOW_BIAS)
    falls = irradiance(wig.outward, seen, shadows.directions, radiance)
    around = irradiance(wig.outward, 0.5 + 0.5 * seen, shadows.directions, radiance).mean(axis=0)
    lit = ((1 - WRAP) * falls + WRAP * around) * to_linear(colour)
    ahead = shadows.directions[:, 2] > 0
    half = (radiance.sum(axis=1)[:, None] * shadows.directions)[ahead].sum(axis=0)
    half = half / np.linalg.norm(half) + [0, 0, 1]
    sheen = np.clip(wig.outward @ (half / np.linalg.norm(half)), 0, 1) ** 14 * seen[:, ahead].mean(axis=1)
    lit = lit + SHEEN * sheen[:, None] * radiance[ahead].sum(axis=0)
    texture, alpha = wig.texture
    high, wide = texture.shape
    size = len(image)
    pixels = camera.project(wig.points)
    place = wig.uv * [wide, -high] + [-0.5, high - 0.5]
    exponent = 1 - LESS_CONTRAST * float(to_linear(colour).max())
    order = np.argsort(wig.points[wig.triangles, 2].mean(axis=1))
    for corners in wig.triangles[order]:
        (ax, ay), (bx, by), (cx, cy) = at = pixels[corners]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        x0, y0 = np.maximum(np.ceil(at.min(axis=0)), 0).astype(int)
        x1, y1 = np.minimum(np.floor(at.max(axis=0)) + 1, size).astype(int)
        if abs(area) < 1e-6 or x1 <= x0 or y1 <= y0:
            continue
        x, y = np.arange(x0, x1)[None], np.arange(y0, y1)[:, None]
        u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
        v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
        weights = np.stack([u, v, 1 - u - v], axis=2)
        inside = (weights > -1e-6).all(axis=2)
        inside &= weights @ wig.points[corners, 2] > depth[y0:y1, x0:x1] - SLACK
        if not inside.any():
            continue
        weights = weights[inside]
        columns, rows = (weights @ place[corners]).astype(np.float32).T[:, None]
        share, shade = (
            cv2.remap(plane, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
            for plane in (alpha, texture)
        )
        shown = 255 * to_srgb((weights @ lit[corners]) * shade[:, None] ** exponent)
        before = image[y0:y1, x0:x1][inside]
        image[y0:y1, x0:x1][inside] = (before + share[:, None] * (shown - before)).round().clip(0, 255)
        kept = cover[y0:y1, x0:x1][inside]
        cover[y0:y1, x0:x1][inside] = (kept + share * (255.0 - kept)).round()
