"""The gap of the lips is measured on the mesh of the shipped head."""

import numpy as np

from dystream_ros.face.aperture import aperture
from dystream_ros.face.arkit import ARKIT_INDEX


def values(**coefficients: float) -> np.ndarray:
    vector = np.zeros(52, np.float32)
    for name, value in coefficients.items():
        vector[ARKIT_INDEX[name]] = value
    return vector


def test_the_gap_is_1_at_full_jaw_opening_and_0_at_rest():
    assert aperture(values(jawOpen=1.0)) == 1.0
    assert aperture(values()) == 0.0


def test_mouth_close_closes_the_lips_of_an_open_jaw():
    assert aperture(values(jawOpen=0.4, mouthClose=0.4)) < 0.01


def test_lips_that_overlap_have_no_gap():
    assert aperture(values(mouthClose=0.5)) == 0.0


def test_funnel_opens_the_lips_and_a_smile_does_not():
    assert aperture(values(mouthFunnel=0.5)) > 0.1
    assert aperture(values(mouthSmileLeft=1.0, mouthSmileRight=1.0)) == 0.0
