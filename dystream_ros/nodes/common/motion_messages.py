"""`FaceMotion` and `MotionLayout` messages as the types of `dystream_ros.face`."""

import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.head_pose import pose_from_quaternion
from dystream_ros.face.motion import MotionLayout
from dystream_ros.msg import FaceMotion
from dystream_ros.msg import MotionLayout as MotionLayoutMessage


def head_pose(message: FaceMotion) -> NDArray[np.float64]:
    """float64 (6,) in the order of `POSE_NAMES`: roll, pitch, yaw in rad; x, y, z in m."""
    position, turn = message.head_pose.position, message.head_pose.orientation
    return np.array([*pose_from_quaternion(turn.x, turn.y, turn.z, turn.w), position.x, position.y, position.z])


def motion_layout(message: MotionLayoutMessage) -> MotionLayout:
    """The layout that a message describes.

    Raises:
        ValueError: its lists differ in length.
    """
    return MotionLayout(
        names=tuple(message.names),
        units=tuple(message.units),
        minimum=tuple(message.minimum),
        maximum=tuple(message.maximum),
        neutral=tuple(message.neutral),
        latent_size=message.latent_size,
    )
