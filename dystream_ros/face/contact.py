"""Lips that still close where speech closes them, whatever else the mouth shows."""

import numpy as np

from dystream_ros.face.aperture import aperture_weights, teeth_weights
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.numbers import LIPS, SIZE, VALUES, Numbers

# Gaps up to which speech keeps the mouth, and from which it leaves it to an expression; in the unit of jawOpen.
_SHUT, _OPEN = 0.03, 0.13
_PRESSED = 0.02  # gap below 0 that lips at rest do not have
_CLOSE = ARKIT_INDEX["mouthClose"]
_REST_TEETH = 0.03  # `face.aperture.teeth_gap` at rest
_GAP: Numbers = np.concatenate([aperture_weights(), np.zeros(SIZE - VALUES)]).astype(np.float64)
_TEETH: Numbers = np.concatenate([teeth_weights(), np.zeros(SIZE - VALUES)]).astype(np.float64)


def gap(numbers: Numbers) -> float:
    """Signed gap of the lips of numbers (58,), in the unit of `face.aperture`; below 0 the lips are pressed."""
    return float(numbers @ _GAP)


def spoken_openness(lips: Numbers) -> float:
    """0 where speech closes the lips (58,), or lays the lower lip on the teeth, to 1 where it opens them."""
    teeth = float(lips @ _TEETH) + _REST_TEETH
    share = min(max((min(gap(lips), teeth) - _SHUT) / (_OPEN - _SHUT), 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)


def freedom_of(spoken: Numbers, speaking: float) -> float:
    """Share 0 to 1 of an opening that something else may give the mouth beside speech (58,).

    Args:
        speaking: 0 (silent: the mouth is free) to 1.
    """
    # Lips are pressed before the first sound of a word that begins with P, B or M.
    pressed = min(max(-gap(spoken) / _PRESSED, 0.0), 1.0)
    return 1.0 - max(speaking, pressed) * (1.0 - spoken_openness(spoken))


def add_to_lips(spoken: Numbers, shown: Numbers, added: Numbers, speaking: float) -> None:
    """Add the lips of an expression or gesture to `shown`, all (58,), so that speech keeps its contacts.

    What opens the mouth is reduced where speech closes it. What the smile of `shown` changes in the gap is made up for.

    Args:
        spoken: the face of speech alone.
        shown: changed: the same with another smile and upper face.
        added: 0 except for lips.
        speaking: as in `freedom_of`.
    """
    # A smile narrows the gap without any intent to close the lips.
    freedom = freedom_of(np.where(LIPS, spoken, 0.0), speaking)
    shown += np.where(_GAP > 0.0, freedom, 1.0) * added
    if speaking > 0.0:
        allowed = max(gap(spoken), 0.0) + freedom * max(gap(spoken + added) - gap(spoken), 0.0)
        shown[_CLOSE] += speaking * max(gap(shown) - allowed, 0.0)
