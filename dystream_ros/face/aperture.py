"""Gap between the lips from the geometry of the shipped head: many coefficients besides jawOpen change it."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.arkit import ARKIT_INDEX

_HEAD = Path(__file__).resolve().parent.parent / "assets" / "head" / "head.npz"
_MIDDLE = 0.006  # m from the middle of the mouth to either side
_UPPER_TEETH = 3  # among the head's parts (portraits.head.PARTS)


@lru_cache(maxsize=1)
def _mouth() -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """Change in height of the upper and of the lower inner lip per coefficient, each (52,), m; height of the edge of
    the upper teeth above the lower lip at rest, m."""
    with np.load(_HEAD, allow_pickle=False) as head:
        loop = head["lips_inner"].astype(int)
        lips, shapes = head["vertices"][loop], head["shapes"][:, loop].astype(np.float32)
        teeth = head["vertices"][np.unique(head["triangles"][head["parts"] == _UPPER_TEETH])]
    middle = np.abs(lips[:, 0] - lips[:, 0].mean()) < _MIDDLE
    # At rest the lips touch, so the motion of a vertex with the jaw decides which lip it belongs to.
    drop = shapes[ARKIT_INDEX["jawOpen"], :, 1]
    lower = drop < 0.5 * drop.min()
    edge = teeth[np.abs(teeth[:, 0] - lips[:, 0].mean()) < 2 * _MIDDLE, 1].min()
    over = float(edge - lips[middle & lower, 1].mean())
    return shapes[:, middle & ~lower, 1].mean(axis=1), shapes[:, middle & lower, 1].mean(axis=1), over


@lru_cache(maxsize=1)
def aperture_weights() -> NDArray[np.float32]:
    """Float32 (52,): gap of the inner lips at mid-mouth per coefficient, relative to the gap of jawOpen.

    Blendshapes are linear, so the gap of a face is the weighted sum of its coefficients.
    """
    upper, lower, _ = _mouth()
    gap = upper - lower
    return gap / gap[ARKIT_INDEX["jawOpen"]]


def aperture(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Gap of the lips (...,) of coefficients (..., 52): 0 for closed lips, 1 for the gap at jawOpen 1."""
    return np.maximum(values @ aperture_weights(), 0.0)


def teeth_weights() -> NDArray[np.float32]:
    """Float32 (52,): contribution of each coefficient to `teeth_gap`, in the unit of `aperture`."""
    upper, lower, _ = _mouth()
    return -lower / (upper - lower)[ARKIT_INDEX["jawOpen"]]


def teeth_gap(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Height of the upper teeth's edge above the lower lip at mid-mouth (...,) of coefficients (..., 52).

    In the unit of `aperture`; 0 when the lip covers the edge, as in F and V. It is 0.03 at rest.
    """
    upper, lower, rest = _mouth()
    full = (upper - lower)[ARKIT_INDEX["jawOpen"]]
    return np.maximum((rest - values @ lower) / full, 0.0)
