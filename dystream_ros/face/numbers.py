"""The 58 numbers of a named motion as one vector: 52 coefficients, then the pose of the head."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES, SPEECH_NAMES
from dystream_ros.face.motion import ARKIT_LAYOUT, POSE_NAMES, MotionFrame

Numbers = NDArray[np.float64]

VALUES = len(ARKIT_NAMES)
SIZE = VALUES + len(POSE_NAMES)
INDEX: dict[str, int] = ARKIT_INDEX | {name: VALUES + place for place, name in enumerate(POSE_NAMES)}
ROLL, PITCH, YAW = (INDEX[name] for name in ("headRoll", "headPitch", "headYaw"))

# Range of effortless motion of a neck: rad, then m.
_POSE_LIMIT = (0.6, 0.6, 0.8, 0.05, 0.05, 0.05)
LEAST: Numbers = np.array([*ARKIT_LAYOUT.minimum, *(-limit for limit in _POSE_LIMIT)])
MOST: Numbers = np.array([*ARKIT_LAYOUT.maximum, *_POSE_LIMIT])


def _mask(*names: str) -> NDArray[np.bool_]:
    mask = np.zeros(SIZE, bool)
    mask[[INDEX[name] for name in names]] = True
    return mask


SMILE = _mask("mouthSmileLeft", "mouthSmileRight")
# The sound moves them within a frame, so a model does not continue them from the frame before. Smiles follow the mood.
LIPS = _mask(*SPEECH_NAMES) & ~SMILE
LIDS = _mask("eyeBlinkLeft", "eyeBlinkRight")
EYES = _mask(*(name for name in ARKIT_NAMES if name.startswith("eyeLook")))
HEAD = _mask(*POSE_NAMES)
BROWS = _mask(*(name for name in ARKIT_NAMES if name.startswith("brow")))
SMILING = SMILE | _mask("cheekSquintLeft", "cheekSquintRight", "eyeSquintLeft", "eyeSquintRight")
UPPER_FACE = ~(LIPS | LIDS | EYES | HEAD)


def zeros(count: int = SIZE) -> Numbers:
    """Zeros (count,)."""
    return np.zeros(count)


def numbers_of(motion: MotionFrame) -> Numbers:
    """The numbers (58,) of a motion of `ARKIT_LAYOUT`."""
    return np.concatenate([motion.values, motion.head_pose]).astype(np.float64)


def vector(parts: Mapping[str, float]) -> Numbers:
    """Numbers (58,) from names; "mouthSmile" stands for both sides, and what is not named is 0.

    Raises:
        ValueError: there is no such name.
    """
    numbers = np.zeros(SIZE)
    for name, value in parts.items():
        for each in (name,) if name in INDEX else (name + "Left", name + "Right"):
            if each not in INDEX:
                raise ValueError(f"there is no number {name!r}; accepted are {', '.join(INDEX)}")
            numbers[INDEX[each]] = value
    return numbers


def minimum_jerk(share: float) -> float:
    """Position 0 to 1 at a share 0 to 1 of the time of a movement (Flash and Hogan 1985, equation 7)."""
    share = min(max(share, 0.0), 1.0)
    return share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
