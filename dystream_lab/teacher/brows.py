"""Raised brows: how they are put on a face, and how they are read off a motion."""

import numpy as np
from scipy.signal import find_peaks

from dystream_lab.teacher.pulses import foot
from dystream_ros.face.arkit import ARKIT_INDEX

_INNER = ARKIT_INDEX["browInnerUp"]
_OUTER = (ARKIT_INDEX["browOuterUpLeft"], ARKIT_INDEX["browOuterUpRight"])
_RAISE = 0.08  # by which inner brows go up and come down again
_REACH = 40  # frames in which they are up at the latest, of a raise that is held


def raise_brows(motion: np.ndarray, raised: np.ndarray, outer: float = 1.0) -> None:
    """Raise the inner brows of a motion (T, 58) by `raised` (T,), outer brows by a share of it."""
    motion[:, _INNER] += raised
    motion[:, _OUTER] += outer * raised[:, None]


def brow_onsets(motion: np.ndarray) -> np.ndarray:
    """Frames (n,) of a motion (T, 52 or 58) in which the inner brows have just begun to go up."""
    inner = motion[:, _INNER].astype(np.float64)
    peaks, _ = find_peaks(inner, prominence=_RAISE)
    return np.unique([foot(inner, int(peak), _REACH) + 1 for peak in peaks]).astype(np.int64)
