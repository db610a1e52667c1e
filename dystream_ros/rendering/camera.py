"""The camera of a portrait: perspective from a fixed distance, in pixels of the photo."""

from dataclasses import dataclass

import numpy as np

from dystream_ros.rendering.portrait import Floats

DISTANCE = 1.2  # metres from the lens to the head, usual for portraits; a photo seldom records it


@dataclass(frozen=True)
class Camera:
    """Projects metres (x right, y up, z to the lens, origin at the joint under the skull) to pixels (x right, y down).

    Attributes:
        scale: pixels per metre at the depth of the origin.
        x, y: pixel of the origin.
        distance: metres from the origin to the lens.
    """

    scale: float
    x: float
    y: float
    distance: float = DISTANCE

    def project(self, points: Floats) -> Floats:
        """Pixels (n, 2) of points (n, 3)."""
        zoom = self.scale * self.distance / (self.distance - points[:, 2])
        return np.stack([self.x + zoom * points[:, 0], self.y - zoom * points[:, 1]], axis=1)

    def unproject(self, pixels: Floats, depth: Floats) -> Floats:
        """Points (n, 3) in metres of pixels (n, 2) at given depths (n,) along z; the inverse of `project`."""
        zoom = self.scale * self.distance / (self.distance - depth)
        return np.stack([(pixels[:, 0] - self.x) / zoom, (self.y - pixels[:, 1]) / zoom, depth], axis=1)
