"""What lids and lips leave open in a picture, and the light that enters the mouth."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dystream_ros.rendering.animation import Animation, upper_lip_line
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.scene import Scene
from dystream_ros.rendering.shaders import ALL_LIT

SHADING_LIPS = 0.013  # metres of protrusion of the upper lip that reduce the light in the mouth to 1/e
NARROWING = 1.5  # how much deeper the mouth appears per metre that lips protrude


@dataclass(frozen=True)
class Light:
    """The light on what lies behind lips.

    Attributes:
        depth: z at which it starts to fall off, metres in the axes of the camera.
        share: of red, green and blue light that enters.
        lip: the edge of the upper lip, which throws a shadow, as a parabola: its height is a + b x + c x^2, metres.
    """

    depth: float
    share: tuple[float, float, float]
    lip: tuple[float, float, float]


OUTSIDE = Light(ALL_LIT, (1.0, 1.0, 1.0), (1e3, 0.0, 0.0))  # nothing is dark: the lip is too high to shade


class Openings:
    """Both eyes and the mouth of a scene that an animation moves."""

    def __init__(self, scene: Scene, animation: Animation) -> None:
        self._portrait, self._animation = scene.portrait, animation
        self._camera, self._zoom, self._shift = Camera(*scene.portrait.camera.tolist()), scene.zoom, scene.shift
        self._lip_line = upper_lip_line(scene.portrait)
        outlines = [*scene.portrait.lids, scene.portrait.lips]
        self._marks, self._starts = np.concatenate(outlines), np.cumsum([0, *map(len, outlines[:-1])])

    def boxes(self) -> NDArray[np.int64]:
        """Left, top, width and height (3, 4), pixels of the image, of the left and the right eye and the mouth."""
        camera = self._camera
        points = self._animation.vertices.take(self._marks, axis=0, mode="clip")
        # `Camera.project`, but for what is the same at every point: that is left to the corners of the boxes.
        flat = points[:, :2] / (camera.distance - points[:, 2:])
        ends = np.stack([np.minimum.reduceat(flat, self._starts), np.maximum.reduceat(flat, self._starts)])
        scale = camera.scale * camera.distance * self._zoom
        pixels = ends.astype(np.float64) * (scale, -scale) + (np.array((camera.x, camera.y)) * self._zoom + self._shift)
        low = np.floor(pixels.min(axis=0)).astype(int) - 1
        high = np.ceil(pixels.max(axis=0)).astype(int) + 1
        return np.hstack([low, high - low])

    def mouth_light(self) -> Light:
        """The light in the mouth: all of it at rest, less if the lips protrude."""
        head, portrait, vertices = self._animation.head, self._portrait, self._animation.vertices
        lips = vertices[portrait.lips]
        ahead = (lips - head[:3, 3]) @ head[:3, 2]
        reach = max(0.0, float(ahead.max() - portrait.mouth_depth))
        upper, forward = len(portrait.lips) // 2 + 1, portrait.rotation[:, 2]
        now = (lips[:upper] - head[:3, 3]) @ (head[:3, :3] @ forward)
        out = float(now.max() - (portrait.vertices[portrait.lips[:upper]] @ forward).max())
        share = math.exp(-max(out - 0.001, 0.0) / SHADING_LIPS)
        red, green, blue = share**0.8, share**1.2, share**1.3  # flesh reflects red light
        return Light(float(lips[:, 2].max()) + NARROWING * reach, (red, green, blue), self._upper_lip())

    def _upper_lip(self) -> tuple[float, float, float]:
        """The edge of the upper lip as the parabola through its corners and its middle."""
        (x0, y0), (x1, y1), (x2, y2) = self._animation.vertices[self._lip_line, :2].tolist()
        first, second = (y1 - y0) / (x1 - x0), (y2 - y1) / (x2 - x1)
        bend = (second - first) / (x2 - x0)
        slope = first - bend * (x0 + x1)
        return y0 - x0 * (slope + bend * x0), slope, bend
