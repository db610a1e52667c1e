"""Eye angles survive the way into coefficients and back."""

import numpy as np

from dystream_lab.teacher.eyes import eye_angles, put_gaze
from dystream_ros.face.arkit import ARKIT_NAMES


def test_eye_angles_written_into_coefficients_are_read_back():
    random = np.random.default_rng(0)
    yaw, pitch = random.uniform(-30, 30, 50), random.uniform(-20, 20, 50)
    motion = np.zeros((50, len(ARKIT_NAMES)))
    put_gaze(motion, yaw, pitch)
    np.testing.assert_allclose(eye_angles(motion), (yaw, pitch), atol=1e-9)
