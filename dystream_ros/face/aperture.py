"""How far the lips are apart: geometry of the shipped head, not a reading of one coefficient."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from dystream_ros.face.arkit import ARKIT_INDEX

_HEAD = Path(__file__).resolve().parent.parent / "assets" / "head" / "head.npz"
_MIDDLE = 0.006  # m to either side of the middle of the mouth


@lru_cache(maxsize=1)
def aperture_weights() -> np.ndarray:
    """Float32 (52,): gap of the inner lips at mid-mouth that each coefficient opens; that of jawOpen is 1.

    The shapes add up linearly, so the gap of any face is the sum of these.
    """
    with np.load(_HEAD, allow_pickle=False) as head:
        loop = head["lips_inner"].astype(int)
        lips, shapes = head["vertices"][loop], head["shapes"][:, loop].astype(np.float32)
    middle = np.abs(lips[:, 0] - lips[:, 0].mean()) < _MIDDLE
    # At rest the lips touch: which of them a vertex belongs to is told by where the jaw takes it.
    drop = shapes[ARKIT_INDEX["jawOpen"], :, 1]
    lower = drop < 0.5 * drop.min()
    gap = shapes[:, middle & ~lower, 1].mean(axis=1) - shapes[:, middle & lower, 1].mean(axis=1)
    return gap / gap[ARKIT_INDEX["jawOpen"]]


def aperture(values: np.ndarray) -> np.ndarray:
    """Gap of the lips (...,) of coefficients (..., 52); 1 is the rig's full opening, 0 lips that meet."""
    return np.maximum(values @ aperture_weights(), 0.0)
