"""Onsets of events in a motion, the labels of the model's event heads: shifts of gaze, blinks, raised brows.

Each function returns the frames int64 (n,) of a motion (T, 52 or 58) in which an event begins. Nods are labelled by the
teacher or by `events.nods`.
"""

import numpy as np
from scipy.signal import find_peaks

from dystream_lab.teacher.eyes import eye_angles
from dystream_lab.teacher.pulses import foot
from dystream_ros.face.arkit import ARKIT_INDEX

_RAISE = 0.08  # prominence of browInnerUp
_REACH = 40  # frames before its peak within which a raise begins
_SHIFT = 4.0  # degrees per frame; aversions and returns are 7 and more, the small saccades of a fixation 1
_CLOSING = 0.3  # eyeBlink; a downward gaze lowers the lids to 0.25


def gaze_shifts(motion: np.ndarray) -> np.ndarray:
    """Frames in which the eyes leave their target. A shift over two frames, as in videos, is one shift."""
    yaw, pitch = eye_angles(motion)
    moving = np.hypot(np.diff(yaw, prepend=yaw[:1]), np.diff(pitch, prepend=pitch[:1])) > _SHIFT
    return np.flatnonzero(moving & ~np.concatenate([[False], moving[:-1]]))


def blink_onsets(motion: np.ndarray) -> np.ndarray:
    """Frames in which both lids together pass 0.3."""
    closing = motion[:, [ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]].mean(1) > _CLOSING
    return np.flatnonzero(closing & ~np.concatenate([[False], closing[:-1]]))


def brow_onsets(motion: np.ndarray) -> np.ndarray:
    """Frames in which the inner brows begin to rise, for raises by 0.08 or more."""
    inner = motion[:, ARKIT_INDEX["browInnerUp"]].astype(np.float64)
    peaks, _ = find_peaks(inner, prominence=_RAISE)
    return np.unique([foot(inner, int(peak), _REACH) + 1 for peak in peaks]).astype(np.int64)
