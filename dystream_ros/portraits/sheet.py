"""The photo as a sheet of triangles: hair, ears, neck and shoulders, which follow the head and the jaw."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from dystream_ros.portraits.fit import Fit
from dystream_ros.portraits.head import Head
from dystream_ros.portraits.layer import PHOTO, Layer
from dystream_ros.rendering.mesh import grid_triangles
from dystream_ros.rendering.portrait import Floats

CELLS = 38  # across and down
OVERHANG = 0.1  # share of the photo by which the sheet extends beyond its border, so that a nod shows no edge
# Metres over which an expression fades outside of the face: down the neck, and elsewhere.
NECK_REACH, SIDE_REACH = 0.040, 0.016
NEAREST_TO_PIVOT = 0.015  # metres
BETWEEN_BROWS = 9  # landmark of the MediaPipe face mesh
NECK = 0.085  # metres, see `sheet_layer`
HAIR = 0.17  # the same of hanging hair, whose ends swing


def sheet_layer(
    head: Head,
    fit: Fit,
    skin: Layer,
    matte: Floats,
    whole: bool = False,
    neck: float = NECK,
    hair: Floats | None = None,
) -> Layer:
    """The sheet of a photo with a matte (size, size), 0 to 1; it moves as the edge of `skin` does.

    Args:
        whole: whether it continues under the face; where skin is bent so far that it folds, it would leave holes.
        neck: metres below the chin over which the motion of the head fades; what lies lower is drawn only once.
        hair: (s, s), share of hair that hangs below the chin, as of `hanging_hair`; over it, that distance is `HAIR`.
    """
    size = matte.shape[0]
    ticks = np.linspace(-OVERHANG, 1 + OVERHANG, CELLS + 1) * size
    pixels = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    on_photo = fit.seen
    depth = _depth(head, fit, pixels, size, matte)
    points = fit.camera.unproject(pixels, depth)

    seen = skin.vertices + np.tensordot(fit.expression, skin.shapes, 1)
    face = skin.opacity > 0.02
    distance, nearest = cKDTree(fit.camera.project(seen[face])).query(pixels, k=12)
    weights = 1.0 / (distance + 1e-3 * size)
    weights /= weights.sum(axis=1, keepdims=True)
    shapes = np.einsum("snkd,nk->snd", skin.shapes[:, face][:, nearest], weights)
    gap = distance[:, 0] / fit.camera.scale
    chin = on_photo[head.landmark_vertices[152][0]]
    below = np.clip((on_photo[head.lips_inner].mean(axis=0)[1] - points[:, 1]) / 0.04, 0, 1)
    reach = SIDE_REACH + (NECK_REACH - SIDE_REACH) * below
    fade = np.exp(-((np.maximum(gap - 0.003, 0) / reach) ** 2))
    shapes = (shapes * fade[None, :, None]).astype(np.float32)

    # Shoulders and collar do not move, nor does what lies beside the neck.
    aside = np.maximum(np.abs(points[:, 0] - chin[0]) - 0.075, 0) * (points[:, 1] < chin[1] + 0.03)
    hanging = np.zeros(len(pixels)) if hair is None else _sampled(hair, pixels / size)
    fall = np.hypot(np.maximum(chin[1] + 0.012 - points[:, 1], 0), 0.6 * aside * (1 - hanging))
    follow = 1 - _smooth(fall / (neck + max(HAIR - neck, 0.0) * hanging))
    rest = points - np.tensordot(fit.expression, shapes, 1)
    triangles = grid_triangles(CELLS + 1, CELLS + 1)
    cover = cv2.dilate((matte > 0.02).astype(np.uint8), np.ones((5, 5)))
    at = np.clip(pixels.round().astype(int), 0, size - 1)
    cell = size // CELLS + 3
    near = cv2.dilate(cover, np.ones((2 * cell + 1, 2 * cell + 1)))[at[:, 1], at[:, 0]] > 0
    triangles = triangles[near[triangles].any(axis=1)]
    if not whole:
        # Triangles that the face always covers are not drawn.
        covered = _covered(skin, fit, pixels)
        triangles = triangles[~covered[triangles].all(axis=1)]
    return Layer(
        vertices=rest, triangles=triangles, texture=pixels / size, look=np.tile(PHOTO, (len(pixels), 1)),
        opacity=np.ones(len(pixels)), follow=follow, shapes=shapes,
    )  # fmt: skip


def _covered(skin: Layer, fit: Fit, pixels: Floats) -> NDArray[np.bool_]:
    """Whether pixels (n, 2) lie deep under the opaque part of the face, far from its edge."""
    opaque = fit.camera.project(skin.vertices + np.tensordot(fit.expression, skin.shapes, 1))[skin.opacity >= 0.999]
    hull = cv2.convexHull(opaque.astype(np.float32))
    depth = np.array([cv2.pointPolygonTest(hull, (float(x), float(y)), True) for x, y in pixels])
    return depth > 0.014 * fit.camera.scale


def _depth(head: Head, fit: Fit, pixels: Floats, size: int, matte: Floats) -> Floats:
    """Depth (n,) at pixels (n, 2): that of the fitted head; outside the head it falls smoothly to that of the ears.

    Towards the top of the person it tends to its mean over each row: hair that the photo cuts would bend to a wave in
    a nod, since its middle lies nearer than its sides.
    """
    small = 128
    ratio = small / size
    points = fit.seen
    projected = fit.camera.project(points) * ratio
    painted = np.full((small, small), np.nan, np.float32)
    triangles = head.triangles_of("skin")
    triangles = triangles[np.argsort(points[triangles, 2].mean(axis=1))]
    for triangle in triangles:  # painter's order: the nearest is drawn last
        if points[triangle, 1].min() > -0.13:
            cv2.fillConvexPoly(painted, projected[triangle].round().astype(np.int32), float(points[triangle, 2].mean()))
    known = np.isfinite(painted)
    # A point behind the pivot would move against the turn of the head, so hair and neck are kept in front of it.
    depth = np.maximum(painted, NEAREST_TO_PIVOT)
    far = max(float(np.nanpercentile(depth, 5)), NEAREST_TO_PIVOT)
    gap = cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, 5) / (ratio * fit.camera.scale)
    _, labels = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    values = np.zeros(labels.max() + 1, np.float32)
    values[labels[known]] = depth[known]
    edge = values[labels]
    filled = cv2.GaussianBlur(np.where(known, depth, far + (edge - far) * np.exp(-gap / 0.02)), (0, 0), 2.2)
    person = cv2.resize(matte.astype(np.float32), (small, small), interpolation=cv2.INTER_AREA)
    brows = float(projected[head.landmark_vertices[BETWEEN_BROWS][0], 1])
    top = float(np.flatnonzero((person > 0.5).any(axis=1)).min(initial=small))
    height = np.clip((brows - np.arange(small)) / max(brows - top, 1.0), 0, 1)[:, None]
    level = (filled * person).sum(axis=1, keepdims=True) / np.maximum(person.sum(axis=1, keepdims=True), 1e-3)
    filled = filled + _smooth(height) * np.where(person.max(axis=1, keepdims=True) > 0.5, level - filled, 0)
    grid = np.clip(pixels * ratio, 0, small - 1).astype(np.float32)
    return cv2.remap(filled, grid[None, :, 0], grid[None, :, 1], cv2.INTER_LINEAR)[0].astype(np.float64)


def moving_part(sheet: Layer, size: int) -> Floats:
    """Image float32 (size, size): 1 where the photo follows the head, 0 where it stays."""
    grid = sheet.follow.reshape(CELLS + 1, CELLS + 1).astype(np.float32)
    margin = int(OVERHANG * size)
    whole = cv2.resize(grid, (size + 2 * margin, size + 2 * margin))
    return np.asarray(whole, np.float32)[margin : margin + size, margin : margin + size]


def _sampled(field: Floats, places: Floats) -> Floats:
    """A field (s, s) at places (n, 2), 0 to 1 across it; beyond the border it is repeated."""
    at = np.asarray(places * len(field) - 0.5, np.float32)
    read = cv2.remap(np.asarray(field, np.float32), at[None, :, 0], at[None, :, 1], cv2.INTER_LINEAR,
                     borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    return read[0].astype(np.float64)


def _smooth(amount: Floats) -> Floats:
    amount = np.clip(amount, 0, 1)
    return amount * amount * (3 - 2 * amount)
