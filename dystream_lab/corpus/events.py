"""What a face does beside speaking, read off its motion: nods, blinks, smiles, raised brows, and where it looks.

Detectors see nothing but the motion, so that a model, the teacher and files of others are judged alike.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks

from dystream_lab.rates import FRAME_RATE
from dystream_lab.teacher.eyes import eye_angles
from dystream_lab.teacher.pulses import foot
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES

_PITCH = len(ARKIT_NAMES) + POSE_NAMES.index("headPitch")
_YAW = len(ARKIT_NAMES) + POSE_NAMES.index("headYaw")

_NOD_DEPTH = np.deg2rad(1.4)  # down and up again by this much ...
_NOD_REACH = 15  # ... within so many frames to either side: 0.6 s
_NOD_SERIES = 20  # frames within which further dips belong to the same series of nods
_BLINK = 0.35  # lids below a downward gaze reach 0.25
_LONGEST_BLINK = 15  # frames; lids that stay shut longer are no blink
HALF_CLOSED = 0.75  # a blink that stays below this leaves a quarter of the eye to be seen
_RAISED, _LOWERED = 0.08, 0.04  # brows: begins above the one, ends below the other
_SMILING, _SERIOUS = 0.12, 0.06
_AT_PARTNER = 6.0  # degrees: half the height of a face at one metre


@dataclass(frozen=True)
class Blinks:
    """Blinks of a motion: first frames (n,), and depth (n,) of each, 1 for lids that meet."""

    starts: np.ndarray
    depths: np.ndarray


def nods(motion: np.ndarray) -> np.ndarray:
    """First frames (n,) of the series of nods in motion (T, 58): where the head begins to go down.

    A nod is a peak of the pitch that stands 1.4 degrees above the lowest pitch of the 0.6 s on either side.
    """
    pitch = motion[:, _PITCH].astype(np.float64)
    peaks, _ = find_peaks(pitch, prominence=_NOD_DEPTH, wlen=2 * _NOD_REACH + 1)
    starts: list[int] = []
    last = -_NOD_SERIES - 1
    for peak in peaks:
        if peak - last > _NOD_SERIES:
            starts.append(foot(pitch, int(peak), _NOD_REACH))
        last = int(peak)
    return np.array(starts, int)


def blinks(motion: np.ndarray) -> Blinks:
    """Blinks in motion (T, 58): both lids together beyond 0.35, for at most 0.6 s."""
    lids = motion[:, [ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]].mean(1)
    short = [(start, end) for start, end in runs(lids > _BLINK) if end - start <= _LONGEST_BLINK]
    return Blinks(
        np.array([start for start, _ in short], int), np.array([lids[start:end].max() for start, end in short], float)
    )


def smiles(motion: np.ndarray) -> np.ndarray:
    """First frames (n,) of smiles in motion (T, 58): corners drawn up to 0.12, until they are below 0.06."""
    return _raised(motion, ("mouthSmileLeft", "mouthSmileRight"), _SMILING, _SERIOUS)


def brow_raises(motion: np.ndarray) -> np.ndarray:
    """First frames (n,) of raised brows in motion (T, 58): inner brows up to 0.08, until they are below 0.04."""
    return _raised(motion, ("browInnerUp",), _RAISED, _LOWERED)


def looks_at_partner(motion: np.ndarray) -> np.ndarray:
    """Whether the eyes meet the partner, who is straight ahead, in each frame of motion (T, 58): bool (T,).

    The line of sight is the eyes' angle in the head and the head's own together, within 6 degrees of straight ahead.
    """
    yaw, pitch = eye_angles(motion)
    return np.hypot(yaw + np.rad2deg(motion[:, _YAW]), pitch + np.rad2deg(motion[:, _PITCH])) < _AT_PARTNER


def _raised(motion: np.ndarray, names: tuple[str, ...], above: float, below: float) -> np.ndarray:
    values = motion[:, [ARKIT_INDEX[name] for name in names]].mean(1)
    starts, inside = [], False
    for frame, value in enumerate(values):
        if not inside and value > above:
            starts.append(frame)
            inside = True
        elif inside and value < below:
            inside = False
    return np.array(starts, int)


def runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """First frame and the one past the last of each run of True."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2])]


def per_minute(count: float, frames: float) -> float:
    """Rate of `count` events in so many frames; NaN in none."""
    return float(count * FRAME_RATE * 60 / frames) if frames else np.nan
