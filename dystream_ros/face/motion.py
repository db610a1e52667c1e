"""Motion of a face: the layout of its values, and one frame of it."""

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.arkit import ARKIT_NAMES

# Pose of the head relative to neutral, REP-103: x out of the face, y to the head's own left, z up; radians and metres.
# The rotation is Rz(yaw) Ry(pitch) Rx(roll): positive pitch nods down, positive yaw turns to the head's left,
# positive roll tilts towards the head's right shoulder.
POSE_NAMES: tuple[str, ...] = ("headRoll", "headPitch", "headYaw", "headX", "headY", "headZ")

SPEAKING_SELF = 1
SPEAKING_OTHER = 2


@dataclass(frozen=True)
class MotionLayout:
    """Meaning of the values of a motion.

    Attributes:
        names: name of each value, in order.
        units: unit of each value; "" for a coefficient of 0 to 1.
        minimum, maximum, neutral: limits and neutral value of each value, in its unit.
        latent_size: length of `MotionFrame.latent`; 0 when the model has none.

    Raises:
        ValueError: the lists differ in length.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    minimum: tuple[float, ...]
    maximum: tuple[float, ...]
    neutral: tuple[float, ...]
    latent_size: int = 0

    def __post_init__(self) -> None:
        lengths = {len(part) for part in (self.names, self.units, self.minimum, self.maximum, self.neutral)}
        if len(lengths) != 1:
            raise ValueError(f"the lists of a motion layout have the same length; got lengths {sorted(lengths)}")

    @property
    def layout_id(self) -> int:
        """A 64-bit hash of the layout: different layouts have different numbers."""
        return int.from_bytes(hashlib.sha256(repr(self).encode()).digest()[:8], "big")


ARKIT_LAYOUT = MotionLayout(
    names=ARKIT_NAMES,
    units=("",) * len(ARKIT_NAMES),
    minimum=(0.0,) * len(ARKIT_NAMES),
    maximum=(1.0,) * len(ARKIT_NAMES),
    neutral=(0.0,) * len(ARKIT_NAMES),
)


def _no_latent() -> NDArray[np.float32]:
    return np.zeros(0, np.float32)


@dataclass(frozen=True)
class MotionFrame:
    """Motion of one frame.

    Attributes:
        frame: index k since the last reset; the frame belongs to the audio of [k, k + 1) x 40 ms.
        values: float32 (n,), in the units of the layout.
        head_pose: float32 (6,), in the order of `POSE_NAMES`; rad and m.
        speaking: bits SPEAKING_SELF and SPEAKING_OTHER of the parties that speak in the frame.
        latent: float32 (layout.latent_size,), the model's own code of the motion.
    """

    frame: int
    values: NDArray[np.float32]
    head_pose: NDArray[np.float32]
    speaking: int = 0
    latent: NDArray[np.float32] = field(default_factory=_no_latent)


def neutral_frame(layout: MotionLayout, latent: NDArray[np.float32] | None = None) -> MotionFrame:
    """The face at rest, as frame 0.

    Args:
        latent: float32 (layout.latent_size,), the code of the neutral face; zeros when None.
    """
    return MotionFrame(
        0,
        np.array(layout.neutral, np.float32),
        np.zeros(len(POSE_NAMES), np.float32),
        latent=np.zeros(layout.latent_size, np.float32) if latent is None else latent,
    )
