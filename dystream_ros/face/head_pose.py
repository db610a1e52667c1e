"""The pose of the head as a quaternion and as a matrix."""

import math

import numpy as np


def quaternion_from_pose(pose: np.ndarray) -> tuple[float, float, float, float]:
    """Quaternion (x, y, z, w) of a head pose (roll, pitch, yaw, ...) in radians: Rz(yaw) Ry(pitch) Rx(roll)."""
    half = [0.5 * float(angle) for angle in pose[:3]]
    (sr, sp, sy), (cr, cp, cy) = map(math.sin, half), map(math.cos, half)
    return (
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
        cr * cp * cy + sr * sp * sy,
    )


def pose_from_quaternion(x: float, y: float, z: float, w: float) -> tuple[float, float, float]:
    """Roll, pitch, yaw in radians of a unit quaternion; the inverse of `quaternion_from_pose` for |pitch| < pi / 2."""
    roll = math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    pitch = math.asin(max(-1.0, min(1.0, 2 * (w * y - z * x))))
    yaw = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    return roll, pitch, yaw


def rotation_matrix(pose: np.ndarray) -> np.ndarray:
    """Rotation (3, 3), float64, of a head pose (roll, pitch, yaw, ...): from the head's frame to the neutral frame."""
    roll, pitch, yaw = (float(angle) for angle in pose[:3])
    cr, sr, cp, sp, cy, sy = (f(a) for a in (roll, pitch, yaw) for f in (math.cos, math.sin))
    rx = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    ry = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    rz = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    return rz @ ry @ rx
