"""Random backgrounds, light, camera and sensor of the rendered clips; each is a function of a generator."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_SPOTS = (2, 7)
_FINE = 8  # pixels of the smallest background that is drawn, before it is enlarged


def background(rng: np.random.Generator, size: int) -> NDArray[np.float32]:
    """A background (size, size, 3), BGR, 0 to 1: a gradient, soft spots, or blurred planks and windows."""
    top, bottom = rng.uniform(0.02, 0.95, (2, 3))
    grey = rng.uniform(0, 1)  # most rooms have dull colours
    top, bottom = (grey * colour.mean() + (1 - grey) * colour for colour in (top, bottom))
    ramp = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    picture = ((1 - ramp) * top + ramp * bottom) * np.ones((size, size, 1), np.float32)
    kind = rng.integers(3)
    for _ in range(int(rng.integers(*_SPOTS)) if kind else 0):
        colour = rng.uniform(0, 1, 3).tolist()
        x, y = rng.integers(0, size, 2).tolist()
        if kind == 1:
            cv2.circle(picture, (x, y), int(rng.uniform(0.05, 0.3) * size), colour, -1, cv2.LINE_AA)
        else:
            width, height = (rng.uniform(0.05, 0.6, 2) * size).astype(int).tolist()
            cv2.rectangle(picture, (x, y), (x + width, y + height), colour, -1)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), size * rng.uniform(0.003, 0.05)), 0, 1).astype(np.float32)


@dataclass(frozen=True)
class Light:
    """Light on a person, as a gain in the picture.

    Attributes:
        gain: (3,), BGR, exposure and colour.
        slope: (2,), change of the gain across the picture, to the right and down.
        gamma: contrast.
    """

    gain: NDArray[np.float32]
    slope: NDArray[np.float32]
    gamma: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Light":
        """Light from a random side, of a random colour and strength."""
        warmth = rng.normal(0, 0.08)
        gain = np.exp(rng.normal(0, 0.18)) * np.exp(np.array([-warmth, rng.normal(0, 0.02), warmth]))
        angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.6)
        slope = strength * np.array([np.cos(angle), 0.6 * np.sin(angle)])
        return cls(gain.astype(np.float32), slope.astype(np.float32), float(np.exp(rng.normal(0, 0.12))))

    def on(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """The picture (size, size, 3), 0 to 1, in this light."""
        ramp = np.linspace(-1, 1, len(picture), dtype=np.float32)
        shade = 1 + self.slope[0] * ramp[None, :, None] + self.slope[1] * ramp[:, None, None]
        return np.clip(np.clip(picture, 0, 1) ** self.gamma * self.gain * np.clip(shade, 0.25, 1.75), 0, 1)


def camera(rng: np.random.Generator) -> NDArray[np.float64]:
    """A turn, zoom and shift in the picture, (2, 3), in sides of the crop about its middle."""
    turn, zoom = rng.normal(0, 0.05), np.exp(rng.normal(0, 0.05))
    turned = zoom * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.column_stack([turned, rng.normal(0, 0.02, 2)])


def sensed(rng: np.random.Generator, picture: NDArray[np.float32], noise: float) -> NDArray[np.uint8]:
    """The picture (size, size, 3), 0 to 1, as 8 bits, with the noise of a sensor (standard deviation `noise`)."""
    return np.clip(255 * (picture + rng.normal(0, noise, picture.shape)), 0, 255).astype(np.uint8)
