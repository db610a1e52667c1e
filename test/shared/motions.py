"""Motions for tests of pictures."""

import numpy as np

from dystream_ros.face.motion import MotionFrame

STILL = np.zeros(6, np.float32)
NEUTRAL = np.zeros(52, np.float32)


def motion(values=NEUTRAL, head_pose=STILL) -> MotionFrame:
    """A frame of 52 coefficients and a head pose (roll, pitch, yaw, x, y, z)."""
    return MotionFrame(0, values, head_pose)
