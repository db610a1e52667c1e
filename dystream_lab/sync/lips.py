"""The lips of a motion as the network receives them: coefficients without left and right, and two gaps."""

import re

import numpy as np

from dystream_ros.face.aperture import aperture, teeth_gap
from dystream_ros.face.arkit import ARKIT_NAMES, SPEECH_NAMES

# Left and right of a coefficient are one value: lips that speak are nearly symmetric, and a reader of pictures often
# mixes the sides up. Sideways motions of the jaw and the mouth are left out.
_SIDEWAYS = ("jawLeft", "jawRight", "mouthLeft", "mouthRight")
_SIDE = re.compile(r"(Left|Right)$")
COEFFICIENTS: tuple[str, ...] = tuple(
    dict.fromkeys(_SIDE.sub("", name) for name in SPEECH_NAMES if name not in _SIDEWAYS)
)
GAPS = ("aperture", "teeth gap")
CHANNELS = len(COEFFICIENTS) + len(GAPS)


def _averages() -> np.ndarray:
    """Float32 (52, coefficients): the mean over the sides."""
    sides = np.zeros((len(ARKIT_NAMES), len(COEFFICIENTS)), np.float32)
    for place, name in enumerate(ARKIT_NAMES):
        if name in SPEECH_NAMES and name not in _SIDEWAYS:
            sides[place, COEFFICIENTS.index(_SIDE.sub("", name))] = 1.0
    return sides / sides.sum(0)


_AVERAGES = _averages()


def lips_of(values: np.ndarray) -> np.ndarray:
    """Lips float32 (..., CHANNELS) of coefficients (..., 52) in ARKIT_NAMES order, 0 to 1.

    The order is COEFFICIENTS, then GAPS in the units of `face.aperture`. The gaps do not depend on which coefficients a
    system opens its mouth with.
    """
    values = np.asarray(values, np.float32)
    gaps = np.stack([aperture(values), teeth_gap(values)], -1)
    return np.concatenate([values @ _AVERAGES, gaps], -1).astype(np.float32)
