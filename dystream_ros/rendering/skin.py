"""The face of a portrait: the fitted mesh, textured by the photo as the fitted expression shows it."""

import cv2
import numpy as np

from dystream_ros.rendering.fit import Fit
from dystream_ros.rendering.head import Head
from dystream_ros.rendering.layer import PHOTO, Layer
from dystream_ros.rendering.mesh import compact, connected, halves, neighbours

# The outline of the face in the order of the MediaPipe face mesh.
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
NOSE_TIP = 1
FEATHER = 0.012  # metres inside the outline over which the face fades into the sheet
LID_SHIFT, LIP_SHIFT = 1.6, 0.7  # rings by which the texture of a border is taken from the skin beyond the lashes or the teeth
MOUTH_TINT, TONGUE_TINT = (0.32, 0.10, 0.10), (0.66, 0.30, 0.31)
LASH_TINT = (0.10, 0.065, 0.05)


def outside(head: Head) -> set[int]:
    """Vertices of the skin that are neither in the mouth nor behind the lids; the borders themselves belong to it."""
    links = neighbours(head.triangles_of("skin"))
    walls = {int(vertex) for loop in (head.lips_inner, head.left_eyelids, head.right_eyelids) for vertex in loop}
    return connected(links, int(head.landmark_vertices[NOSE_TIP][0]), walls) | walls


def skin_layer(head: Head, fit: Fit) -> Layer:
    """The face with texture coordinates still in pixels of the photo."""
    visible = outside(head)
    triangles = head.triangles_of("skin")
    triangles = triangles[np.isin(triangles, list(visible)).all(axis=1)]
    pixels = fit.camera.project(fit.expressive)
    oval = np.array([(pixels[head.landmark_vertices[i]] * head.landmark_weights[i][:, None]).sum(axis=0) for i in OVAL])
    contour = oval.astype(np.float32).reshape(-1, 1, 2)
    inside = np.array([cv2.pointPolygonTest(contour, (float(x), float(y)), True) for x, y in pixels]) / fit.camera.scale
    opacity = np.clip(inside / FEATHER, 0, 1)
    # The far side of the head projects into the outline too.
    opacity *= fit.neutral[:, 2] > fit.neutral[np.unique(triangles), 2].max() - 0.125
    triangles = triangles[(opacity[triangles] > 0).any(axis=1)]
    texture = pixels.copy()
    links = neighbours(head.triangles_of("skin"))
    for loop, shift in ((head.left_eyelids, LID_SHIFT), (head.right_eyelids, LID_SHIFT), (head.lips_inner, LIP_SHIFT)):
        _draw_from_outside(texture, pixels, links, visible, loop, shift)
    used, triangles = compact(triangles)
    return Layer(
        vertices=fit.neutral[used], triangles=triangles, texture=texture[used], look=np.tile(PHOTO, (len(used), 1)),
        opacity=opacity[used] ** 2 * (3 - 2 * opacity[used]), follow=np.ones(len(used)), shapes=fit.shapes[:, used],
    )  # fmt: skip


def _draw_from_outside(texture, pixels, links, allowed, loop, shift, reach: int = 5) -> None:
    """Slides the texture of the rings near a loop outwards by `shift` rings at the loop, less and less until `reach`."""
    walls = {int(vertex) for vertex in loop}
    for start in walls:
        path, seen = [start], {start} | walls
        away = None
        for _ in range(reach + 3):
            steps = [vertex for vertex in links[path[-1]] if vertex in allowed and vertex not in seen]
            if not steps:
                break
            origin = pixels[path[-1]]
            if away is None:
                step = min(steps, key=lambda vertex: np.linalg.norm(pixels[vertex] - origin))
            else:
                step = max(steps, key=lambda vertex: _alignment(pixels[vertex] - origin, away))
            away = pixels[step] - pixels[start]
            path.append(step)
            seen.add(step)
        line = pixels[path]
        for ring in range(min(reach, len(path))):
            at = min(ring + shift * (1 - ring / reach), len(path) - 1)
            low = int(at)
            high = min(low + 1, len(path) - 1)
            texture[path[ring]] = line[low] + (at - low) * (line[high] - line[low])


def _alignment(step: np.ndarray, away: np.ndarray) -> float:
    return float(step @ away / (np.linalg.norm(step) * np.linalg.norm(away) + 1e-9))


def inside_layer(head: Head, fit: Fit) -> Layer:
    """The hollow of the mouth and the tongue, in plain tints."""
    visible = outside(head)
    links = neighbours(head.triangles_of("skin"))
    lips = {int(vertex) for vertex in head.lips_inner}
    start = next(vertex for lip in lips for vertex in links[lip] if vertex not in visible)
    hollow = connected(links, start, lips) | lips
    skin = head.triangles_of("skin")
    mouth = skin[np.isin(skin, list(hollow)).all(axis=1)]
    tongue = head.triangles_of("tongue")
    used, triangles = compact(np.concatenate([mouth, tongue]))
    look = np.zeros((len(used), 4), np.float32)
    look[:, :3] = MOUTH_TINT
    look[np.isin(used, tongue), :3] = TONGUE_TINT
    return Layer(
        vertices=fit.neutral[used], triangles=triangles, texture=np.zeros((len(used), 2)), look=look,
        opacity=np.ones(len(used)), follow=np.ones(len(used)), shapes=fit.shapes[:, used],
    )  # fmt: skip


def lashes_layer(head: Head, fit: Fit, length: float = 0.0022) -> Layer:
    """A thin dark line that grows out of each upper lid, weaker at the lower one."""
    parts = []
    for loop in (head.left_eyelids, head.right_eyelids):
        upper, lower = halves(loop, head.vertices)
        parts += [(upper, 1.0, 0.9, length), (lower, -1.0, 0.45, 0.5 * length)]
    vertices, shapes, opacity, triangles, start = [], [], [], [], 0
    for row, up, strength, long in parts:
        points = fit.neutral[row]
        step = fit.rotation @ np.array([0.0, 0.45 * up, 1.0]) * long
        root = fit.rotation @ np.array([0.0, -0.15 * up, 0.3]) * long
        taper = np.sin(np.linspace(0.12, np.pi - 0.12, len(row)))
        vertices += [points + root, points + step * taper[:, None]]
        shapes += [fit.shapes[:, row], fit.shapes[:, row]]
        opacity += [strength * taper, 0.25 * strength * taper]
        index = start + np.arange(len(row))
        far = index + len(row)
        triangles += [np.stack([index[:-1], far[:-1], index[1:]], 1), np.stack([index[1:], far[:-1], far[1:]], 1)]
        start += 2 * len(row)
    count = start
    look = np.zeros((count, 4), np.float32)
    look[:, :3] = LASH_TINT
    return Layer(
        vertices=np.concatenate(vertices), triangles=np.concatenate(triangles), texture=np.zeros((count, 2)), look=look,
        opacity=np.concatenate(opacity), follow=np.ones(count), shapes=np.concatenate(shapes, axis=1),
    )  # fmt: skip
