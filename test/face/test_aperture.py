"""The gap of the lips is that of the mesh."""

import numpy as np

from dystream_ros.face.aperture import aperture
from dystream_ros.face.arkit import ARKIT_INDEX


def values(**coefficients: float) -> np.ndarray:
    vector = np.zeros(52, np.float32)
    for name, value in coefficients.items():
        vector[ARKIT_INDEX[name]] = value
    return vector


def test_a_jaw_at_full_opening_is_one_and_rest_is_zero():
    assert aperture(values(jawOpen=1.0)) == 1.0
    assert aperture(values()) == 0.0


def test_mouth_close_seals_an_open_jaw():
    assert aperture(values(jawOpen=0.4, mouthClose=0.4)) < 0.01


def test_lips_that_press_through_each_other_earn_nothing():
    assert aperture(values(mouthClose=0.5)) == 0.0


def test_funnel_parts_the_lips_and_a_smile_does_not():
    assert aperture(values(mouthFunnel=0.5)) > 0.1
    assert aperture(values(mouthSmileLeft=1.0, mouthSmileRight=1.0)) == 0.0
