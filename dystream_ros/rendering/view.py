"""How a portrait is shown: the size of the image, its framing and background, mirrored and turned."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.portrait import Portrait

FRAMINGS, ROTATIONS = ("bust", "head"), (0, 90, 180, 270)
KEEP, TRANSPARENT = "keep", "transparent"
SMALLEST, LARGEST = 16, 8192  # pixels of a side
# Around the visible face, in its heights: room for hair above, chin and a nod below, ears and a turn at the sides.
ABOVE, BELOW, BESIDE = 0.42, 0.36, 0.42


@dataclass(frozen=True)
class View:
    """What of a portrait an image shows, and how.

    Attributes:
        width, height: of the image as it comes out, 16 to 8192 pixels.
        framing: `bust`, all of the portrait; `head`, closer: hair and chin stay in the image.
        background: `keep`, `transparent`, a colour (`#rrggbb` or a name) or the path of a picture; see `backdrop`.
        mirror: left and right are swapped, before the image is turned.
        rotation: clockwise, degrees, one of `ROTATIONS`: for screens that are mounted on a side or upside down.
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
        """Width and height of the image before it is turned."""
        return (self.width, self.height) if self.rotation % 180 == 0 else (self.height, self.width)

    @property
    def transparent(self) -> bool:
        """Whether images have a fourth channel, the alpha of PNG: 0 where nobody is; not premultiplied."""
        return self.background == TRANSPARENT

    def oriented(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """An upright image (h, w, channels), mirrored and then rotated; a copy if that changes it."""
        import cv2  # here: the names of framings are needed without it

        if self.mirror:
            image = cv2.flip(image, 1)
        if self.rotation:
            codes = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
            image = cv2.rotate(image, codes[self.rotation])
        return image

    def placed(self, portrait: Portrait) -> tuple[float, np.ndarray]:
        """Pixels of the upright image a pixel of the photo, and where the photo's corner comes to lie (2,).

        The photo covers the image. What the framing asks for is as large as fits, and in the middle as far as the
        photo goes.
        """
        size, photo = np.array(self.upright, float), np.array(portrait.image.shape[1::-1], float)
        low, high = head_box(portrait)
        wanted = photo if self.framing == "bust" else high - low
        zoom = max((size / photo).max(), (size / wanted).min())
        shift = size / 2 - zoom * (low + high) / 2
        return float(zoom), np.clip(shift, size - zoom * photo, 0.0)


def head_box(portrait: Portrait) -> tuple[np.ndarray, np.ndarray]:
    """Left top and right bottom (2,) of a head with room to move, in pixels of its photo; may lie beyond the photo."""
    skin = np.unique(portrait.triangles_skin)
    skin = skin[portrait.opacity[skin] > 0.5]
    pixels = Camera(*portrait.camera.tolist()).project(portrait.vertices[skin])
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    tall = high[1] - low[1]
    return low - tall * np.array([BESIDE, ABOVE]), high + tall * np.array([BESIDE, BELOW])
