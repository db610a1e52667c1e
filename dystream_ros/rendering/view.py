"""How a portrait is shown: size, framing, background, mirror and rotation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.portrait import Floats, Portrait

FRAMINGS, ROTATIONS = ("bust", "head"), (0, 90, 180, 270)
KEEP, TRANSPARENT = "keep", "transparent"
SMALLEST, LARGEST = 16, 8192  # pixels of a side
# Margins around the visible face, in heights of the face: hair above; chin and a nod below; ears and a turn beside.
ABOVE, BELOW, BESIDE = 0.42, 0.36, 0.42


@dataclass(frozen=True)
class View:
    """How a portrait is shown in an image.

    Attributes:
        width, height: of the image after rotation, 16 to 8192 pixels.
        framing: `bust`, all of the portrait; `head`, closer, with hair and chin in the image.
        background: `keep`, `transparent`, a colour (`#rrggbb` or a name) or the path of a picture; see `backdrop`.
        mirror: left and right are swapped, before the rotation.
        rotation: clockwise, degrees, one of `ROTATIONS`; for screens that are mounted on a side or upside down.
    Raises:
        ValueError: a value that is not accepted.
    """

    width: int = 512
    height: int = 512
    framing: str = "bust"
    background: str = KEEP
    mirror: bool = False
    rotation: int = 0

    def __post_init__(self) -> None:
        if not (SMALLEST <= self.width <= LARGEST and SMALLEST <= self.height <= LARGEST):
            raise ValueError(
                f"an image is {SMALLEST} to {LARGEST} pixels wide and high, got {self.width} x {self.height}"
            )
        for name, accepted in (("framing", FRAMINGS), ("rotation", ROTATIONS)):
            if getattr(self, name) not in accepted:
                raise ValueError(f"the {name} is one of {', '.join(map(str, accepted))}; got {getattr(self, name)!r}")

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height of the image before rotation."""
        return (self.width, self.height) if self.rotation % 180 == 0 else (self.height, self.width)

    @property
    def transparent(self) -> bool:
        """Whether images have a fourth channel, alpha: 0 outside the person; not premultiplied."""
        return self.background == TRANSPARENT

    def oriented(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """An upright image (h, w, channels), mirrored and then rotated; a copy if that changes it."""
        import cv2  # here: the names of framings are used without OpenCV

        if self.mirror:
            image = np.asarray(cv2.flip(image, 1), np.uint8)
        if self.rotation:
            codes = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
            image = np.asarray(cv2.rotate(image, codes[self.rotation]), np.uint8)
        return image

    def placed(self, portrait: Portrait) -> tuple[float, NDArray[np.float64]]:
        """Zoom (pixels of the upright image per pixel of the photo) and the pixel (2,) of the photo's top left corner.

        The photo covers the image. The framed part is as large as fits, and as close to the middle as the photo allows.
        """
        size, photo = np.array(self.upright, float), np.array(portrait.image.shape[1::-1], float)
        low, high = head_box(portrait)
        wanted = photo if self.framing == "bust" else high - low
        zoom = max((size / photo).max(), (size / wanted).min())
        shift = size / 2 - zoom * (low + high) / 2
        return float(zoom), np.clip(shift, size - zoom * photo, 0.0)


def head_box(portrait: Portrait) -> tuple[Floats, Floats]:
    """Top left and bottom right (2,) of a head and its margins, in pixels of the photo; may lie outside the photo."""
    skin = np.unique(portrait.triangles_skin)
    skin = skin[portrait.opacity[skin] > 0.5]
    pixels = Camera(*portrait.camera.tolist()).project(portrait.vertices[skin])
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    face_height = high[1] - low[1]
    return low - face_height * np.array([BESIDE, ABOVE]), high + face_height * np.array([BESIDE, BELOW])
