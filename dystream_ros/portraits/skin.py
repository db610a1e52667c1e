"""The layers of a face made of the fitted mesh: skin (textured by the photo), inside of the mouth, lashes."""

import cv2
import numpy as np

from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.portraits.fit import Fit
from dystream_ros.portraits.head import Head
from dystream_ros.portraits.lashes import LASH_TINT
from dystream_ros.portraits.layer import PHOTO, Layer
from dystream_ros.portraits.tongue import TINT, tongue
from dystream_ros.rendering.mesh import (
    Links,
    compact,
    connected,
    halves,
    neighbours,
    rings,
    vertex_normals,
)
from dystream_ros.rendering.portrait import Floats, Indices, Picture

# The outline of the face in the order of the MediaPipe face mesh.
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
NOSE_TIP = 1
GRAZING = (0.05, 0.35)  # cosine of the angle to the lens at which skin begins to show, and shows fully
FACE_DEPTH = 0.105  # metres behind the tip of the nose; jaw and temples lie in front of this, ears and neck behind
FEATHER = 0.012  # metres inside the outline over which the face fades into the sheet
# Rings by which the texture of a border is shifted outwards, to skin beyond the lashes or the teeth.
LID_SHIFT, LIP_SHIFT = 2.6, 1.3
# Rings of the mouth's hollow: distance behind the lips (metres), and width as a multiple of that of the lips.
HOLLOW = ((0.0015, 1.12), (0.008, 1.0), (0.025, 0.92), (0.050, 0.75))
HOLLOW_LIFT = (0.0015, 0.003, 0.008, 0.012)  # metres by which each ring extends above and below the lips
# Share of the photo on the rings of a lid, from its margin outwards.
UPPER_LID_PHOTO, LOWER_LID_PHOTO = (0.0, 0.0, 0.0, 0.0, 0.02, 0.10, 0.3, 0.6), (0.3, 0.6, 0.85)
# Brightness, and share of the photo, of the rings of the lips from where they meet.
LIP_RIM = ((0.62, 0.15), (0.86, 0.45), (0.97, 0.8))
LIP_BACK_TINT, MOUTH_TINT = (0.62, 0.30, 0.28), (0.52, 0.20, 0.18)
FLESH_TINT = (0.66, 0.44, 0.41)
SOCKET_DEPTH, SOCKET_WIDTH = 0.004, (1.5, 1.4)  # metres behind the lids; in widths of the eye, inwards and outwards
SOCKET_HEIGHT = 1.8  # in heights of the open eye
OPENING = np.array([name.startswith(("eyeWide", "eyeLookUp")) for name in ARKIT_NAMES])[:, None, None]
BLINKS = (ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"])


def outside(head: Head) -> set[int]:
    """Vertices of the skin outside of the mouth and of the eyes, with the borders of both."""
    links = neighbours(head.triangles_of("skin"))
    walls = {int(vertex) for loop in (head.lips_inner, head.left_eyelids, head.right_eyelids) for vertex in loop}
    return connected(links, int(head.landmark_vertices[NOSE_TIP][0]), walls) | walls


def skin_layer(head: Head, fit: Fit, image: Picture) -> Layer:
    """The skin of the face on a BGR photo (h, w, 3); its texture coordinates are pixels of the photo."""
    visible = outside(head)
    triangles = head.triangles_of("skin")
    triangles = triangles[np.isin(triangles, list(visible)).all(axis=1)]
    pixels = fit.camera.project(fit.seen)
    oval = np.array([(pixels[head.landmark_vertices[i]] * head.landmark_weights[i][:, None]).sum(axis=0) for i in OVAL])
    contour = oval.astype(np.float32).reshape(-1, 1, 2)
    inside = np.array([cv2.pointPolygonTest(contour, (float(x), float(y)), True) for x, y in pixels]) / fit.camera.scale
    opacity = np.clip(inside / FEATHER, 0, 1)
    # Skin at a grazing angle, and neck and ears behind, have hardly any pixels in the photo.
    facing = vertex_normals(fit.seen, head.triangles_of("skin"))[:, 2]
    links = neighbours(head.triangles_of("skin"))
    for loop in (head.lips_inner, head.left_eyelids, head.right_eyelids):
        # The borders of lips and lids also turn inwards, but they are no outline.
        facing[sorted(set().union(*rings(links, loop, visible, 3)))] = 1.0
    opacity *= np.clip((facing - GRAZING[0]) / (GRAZING[1] - GRAZING[0]), 0, 1) ** (opacity < 1)
    front = fit.seen[head.landmark_vertices[NOSE_TIP][0], 2]
    opacity[(fit.seen[:, 2] < front - FACE_DEPTH) | ((facing < GRAZING[0]) & (inside < 2 * FEATHER))] = 0.0
    triangles = triangles[(opacity[triangles] > 0).any(axis=1)]
    texture = pixels.copy()
    _shift_texture_outwards(texture, pixels, links, visible, head.lips_inner, LIP_SHIFT)
    look = np.tile(PHOTO, (len(pixels), 1))
    # A picture of closed lids shows all of their skin. Otherwise the skin below the brow is stretched over them.
    for loop in () if fit.expression[list(BLINKS)].min() > 0.9 else (head.left_eyelids, head.right_eyelids):
        _shift_texture_outwards(texture, pixels, links, visible, loop, LID_SHIFT)
        _paint_lids(look, head, links, visible, loop, image, pixels)
    _paint_lips(look, links, visible, head.lips_inner, image, pixels)
    _carry_tints(look, links)
    used, triangles = compact(triangles)
    return Layer(
        vertices=fit.neutral[used], triangles=triangles, texture=texture[used], look=look[used],
        opacity=opacity[used] ** 2 * (3 - 2 * opacity[used]), follow=np.ones(len(used)), shapes=fit.shapes[:, used],
    )  # fmt: skip


def _carry_tints(look: Floats, links: Links) -> None:
    """Give vertices beside painted ones the mean tint of these.

    Tints are interpolated: without this, the black tint of unpainted vertices would show along the border.
    """
    painted = look[:, 3] < 1
    for vertex in np.flatnonzero(~painted).tolist():
        near = [beside for beside in links.get(vertex, ()) if painted[beside]]
        if near:
            look[vertex, :3] = look[near, :3].mean(axis=0)


def _paint_lips(look: Floats, links: Links, allowed: set[int], loop: Indices, image: Picture, pixels: Floats) -> None:
    """Paint the inner rim of the lips, where the photo may show teeth, in their own colour, darker where they meet."""
    nest = [sorted(ring) for ring in rings(links, loop, allowed, 5)]
    red = np.concatenate([pixels[ring] for ring in nest[2:5]]).round().astype(int).clip(0, len(image) - 1)
    colour = np.median(image[red[:, 1], red[:, 0]], axis=0)[::-1] / 255.0
    for ring, (shade, photo) in zip(nest, LIP_RIM, strict=False):
        look[ring, :3], look[ring, 3] = colour * shade, photo


def _paint_lids(
    look: Floats, head: Head, links: Links, allowed: set[int], loop: Indices, image: Picture, pixels: Floats
) -> None:
    """Paint the lids in the colour of the skin around, and add a line of lashes.

    The photo shows few pixels of the lids, which a blink would stretch.
    """
    upper, lower = halves(loop, head.vertices)
    smooth = cv2.GaussianBlur(image, (0, 0), 0.008 * len(image))
    for row, other, photo, line in ((upper, lower, UPPER_LID_PHOTO, 0.7), (lower, upper, LOWER_LID_PHOTO, 0.1)):
        nest = rings(links, np.array(row), allowed - set(other), len(photo) + 1)
        beyond = pixels[sorted(nest[-1])].round().astype(int).clip(0, len(image) - 1)
        skin = np.median(smooth[beyond[:, 1], beyond[:, 0]], axis=0)[::-1] / 255.0
        for ring, share in zip(nest, photo, strict=False):
            at = pixels[sorted(ring)].round().astype(int).clip(0, len(image) - 1)
            # Farther out the lid has the shading of the photo.
            local = smooth[at[:, 1], at[:, 0], ::-1] / 255.0
            look[sorted(ring), :3], look[sorted(ring), 3] = skin + share * (local - skin), share
        taper = line * np.sin(np.linspace(0.1, np.pi - 0.1, len(row)))[:, None]
        look[row, :3] += taper * (np.array(LASH_TINT) - look[row, :3])


def _shift_texture_outwards(
    texture: Floats, pixels: Floats, links: Links, allowed: set[int], loop: Indices, shift: float, reach: int = 5
) -> None:
    """Shift the texture of the rings near a loop outwards: by `shift` rings at the loop, by none at ring `reach`."""
    nest = [sorted(ring) for ring in rings(links, loop, allowed, reach + int(shift) + 2)]
    slide = np.zeros_like(pixels)
    for number, ring in enumerate(nest[:reach]):
        at = number + shift * (1 - number / reach)
        low = int(at)
        for vertex in ring:
            near, far = (_nearest_on(pixels[nest[index]], pixels[vertex]) for index in (low, low + 1))
            slide[vertex] = near + (at - low) * (far - near) - pixels[vertex]
    for _ in range(3):  # smoothed over neighbours; otherwise the skin looks torn
        for ring in nest[:reach]:
            beside = set(ring)
            means = [
                slide[[vertex, *(other for other in links[vertex] if other in beside)]].mean(axis=0) for vertex in ring
            ]
            slide[ring] = means
    texture += slide


def _nearest_on(points: Floats, place: Floats) -> Floats:
    """The mean (2,) of the three points (n, 2) nearest to `place` (2,), weighted by inverse distance."""
    distance = np.linalg.norm(points - place, axis=1)
    nearest = np.argsort(distance)[:3]
    weight = 1.0 / (distance[nearest] + 1e-3)
    return weight @ points[nearest] / weight.sum()


def inside_layer(head: Head, fit: Fit) -> Layer:
    """The hollow behind the lips, which closes with them, the flesh behind the lids, and the tongue."""
    upper, lower = halves(head.lips_inner, head.vertices)
    loop = np.array(upper + lower[-2:0:-1])
    axis = fit.rotation[:, 2]
    middle = fit.neutral[loop].mean(axis=0)
    vertices, shapes = [], []
    # The hollow stays a little open behind closed lips: it must not lie in front of the teeth, and no gap may show the
    # background.
    lift = np.zeros((len(loop), 1))
    lift[: len(upper)], lift[len(upper) :] = 1.0, -1.0
    for (back, spread), reach in zip(HOLLOW, HOLLOW_LIFT, strict=True):
        ring = middle + (fit.neutral[loop] - middle) * spread - back * axis
        vertices.append(ring + lift * fit.rotation[:, 1] * reach)
        shapes.append(fit.shapes[:, loop])
    count = len(loop)
    index = np.arange(count)
    following = np.roll(index, -1)
    walls = np.concatenate([
        np.concatenate([
            np.stack([index + k, following + k, index + k + count], 1),
            np.stack([following + k, following + k + count, index + k + count], 1),
        ]) for k in range(0, count * (len(HOLLOW) - 1), count)
    ])  # fmt: skip
    last = count * (len(HOLLOW) - 1)
    cap = np.stack([np.full(count - 2, last), last + index[1:-1], last + index[2:]], 1)
    for eye in (head.left_eyelids, head.right_eyelids):
        # Flesh behind the lids fills the corners beside the eyeball.
        rim, middle_of_eye = fit.neutral[eye], fit.neutral[eye].mean(axis=0)
        away = rim - middle_of_eye
        # Wider towards the nose, where a turned head shows what is beside the eyeball.
        inward = away[:, 0] * (middle[0] - middle_of_eye[0]) > 0
        wide = np.where(inward, *SOCKET_WIDTH)
        vertices.append(
            middle_of_eye
            + away * np.stack([wide, np.full(len(wide), SOCKET_HEIGHT), np.ones(len(wide))], 1)
            - SOCKET_DEPTH * axis
        )
        # It follows lids that open; closing lids move in front of it.
        shapes.append(np.where(OPENING, fit.shapes[:, eye], 0.0))
    lids = len(head.left_eyelids)
    flesh = count * len(HOLLOW)
    fans = [
        np.stack([np.full(lids - 2, k), k + np.arange(1, lids - 1), k + np.arange(2, lids)], 1)
        for k in (flesh, flesh + lids)
    ]
    tongue_points, tongue_shapes, tongue_triangles, tongue_texture = tongue(head, fit)
    hollow = flesh + 2 * lids
    look = np.zeros((hollow + len(tongue_points), 4), np.float32)
    look[:count, :3], look[count:flesh, :3], look[flesh:hollow, :3], look[hollow:, :3] = (
        LIP_BACK_TINT,
        MOUTH_TINT,
        FLESH_TINT,
        TINT,
    )
    points = np.concatenate([*vertices, tongue_points])
    texture = np.zeros((len(points), 2))
    texture[hollow:] = tongue_texture
    return Layer(
        vertices=points, triangles=np.concatenate([walls, cap, *fans, tongue_triangles + hollow]),
        texture=texture, look=look, opacity=np.ones(len(points)),
        follow=np.ones(len(points)), shapes=np.concatenate([*shapes, tongue_shapes], axis=1),
    )  # fmt: skip
