"""The pose of the head follows REP-103."""

import numpy as np
import pytest

from dystream_ros.face.head_pose import pose_from_quaternion, quaternion_from_pose, rotation_matrix

_NOSE, _LEFT_EAR = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])


def pose(roll: float = 0.0, pitch: float = 0.0, yaw: float = 0.0) -> np.ndarray:
    return np.array([roll, pitch, yaw, 0, 0, 0])


def test_positive_pitch_nods_down():
    assert (rotation_matrix(pose(pitch=0.3)) @ _NOSE)[2] < -0.2


def test_positive_yaw_turns_to_the_heads_left():
    assert (rotation_matrix(pose(yaw=0.3)) @ _NOSE)[1] > 0.2


def test_positive_roll_lifts_the_left_ear():
    assert (rotation_matrix(pose(roll=0.3)) @ _LEFT_EAR)[2] > 0.2


@pytest.mark.parametrize("angles", [(0.1, -0.4, 0.7), (-0.5, 0.2, -0.3), (0.0, 0.0, 0.0)])
def test_a_quaternion_and_back(angles):
    x, y, z, w = quaternion_from_pose(pose(*angles))
    assert abs(x * x + y * y + z * z + w * w - 1) < 1e-9
    assert pose_from_quaternion(x, y, z, w) == pytest.approx(angles, abs=1e-9)
    vector, axis = np.array([0.3, -0.2, 0.9]), np.array([x, y, z])
    turned = vector + 2 * np.cross(axis, np.cross(axis, vector) + w * vector)
    assert turned == pytest.approx(rotation_matrix(pose(*angles)) @ vector)
