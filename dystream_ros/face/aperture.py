"""How far the lips are apart: geometry of the shipped head, not a reading of one coefficient."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from dystream_ros.face.arkit import ARKIT_INDEX

_HEAD = Path(__file__).resolve().parent.parent / "assets" / "head" / "head.npz"
_MIDDLE = 0.006  # m to either side of the middle of the mouth
_UPPER_TEETH = 3  # among the head's parts (portraits.head.PARTS)


@lru_cache(maxsize=1)
def _mouth() -> tuple[np.ndarray, np.ndarray, float]:
    """Heights, m: of the upper and the lower inner lip that each coefficient adds (52,), and of the upper teeth's edge
    above the lower lip at rest."""
    with np.load(_HEAD, allow_pickle=False) as head:
        loop = head["lips_inner"].astype(int)
        lips, shapes = head["vertices"][loop], head["shapes"][:, loop].astype(np.float32)
        teeth = head["vertices"][np.unique(head["triangles"][head["parts"] == _UPPER_TEETH])]
    middle = np.abs(lips[:, 0] - lips[:, 0].mean()) < _MIDDLE
    # At rest the lips touch: which of them a vertex belongs to is told by where the jaw takes it.
    drop = shapes[ARKIT_INDEX["jawOpen"], :, 1]
    lower = drop < 0.5 * drop.min()
    edge = teeth[np.abs(teeth[:, 0] - lips[:, 0].mean()) < 2 * _MIDDLE, 1].min()
    over = float(edge - lips[middle & lower, 1].mean())
    return shapes[:, middle & ~lower, 1].mean(axis=1), shapes[:, middle & lower, 1].mean(axis=1), over


@lru_cache(maxsize=1)
def aperture_weights() -> np.ndarray:
    """Float32 (52,): gap of the inner lips at mid-mouth that each coefficient opens; that of jawOpen is 1.

    The shapes add up linearly, so the gap of any face is the sum of these.
    """
    upper, lower, _ = _mouth()
    gap = upper - lower
    return gap / gap[ARKIT_INDEX["jawOpen"]]


def aperture(values: np.ndarray) -> np.ndarray:
    """Gap of the lips (...,) of coefficients (..., 52); 1 is the rig's full opening, 0 lips that meet."""
    return np.maximum(values @ aperture_weights(), 0.0)


def teeth_weights() -> np.ndarray:
    """Float32 (52,): what each coefficient adds to `teeth_gap`, in its unit."""
    upper, lower, _ = _mouth()
    return -lower / (upper - lower)[ARKIT_INDEX["jawOpen"]]


def teeth_gap(values: np.ndarray) -> np.ndarray:
    """Height of the upper teeth's edge above the lower lip at mid-mouth (...,) of coefficients (..., 52).

    In the unit of `aperture`; 0 where the lip covers the edge, as in F and V. Lips at rest leave 0.03.
    """
    upper, lower, rest = _mouth()
    full = (upper - lower)[ARKIT_INDEX["jawOpen"]]
    return np.maximum((rest - values @ lower) / full, 0.0)
