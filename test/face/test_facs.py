"""Action units from the coefficients of ARKit."""

import numpy as np

from dystream_ros.face import facs
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES


def units(pose=(0, 0, 0, 0, 0, 0), **coefficients):
    values = np.zeros(52, np.float32)
    for name, value in coefficients.items():
        values[ARKIT_INDEX[name]] = value
    found = facs.ActionUnits(ARKIT_NAMES).intensities(values, np.array(pose))
    return {unit: round(float(found[unit]), 3) for unit in np.flatnonzero(found)}


def test_the_neutral_face_has_no_unit():
    assert units() == {}


def test_a_duchenne_smile_is_units_6_and_12():
    smile = {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.7, "cheekSquintLeft": 0.5, "cheekSquintRight": 0.6}
    assert units(**smile) == {6: 0.6, 12: 0.8}


def test_opening_the_mouth_is_lips_part_then_jaw_drop_then_mouth_stretch():
    assert set(units(jawOpen=0.1)) == {25}
    assert set(units(jawOpen=0.4)) == {25, 26}
    assert set(units(jawOpen=0.9)) == {25, 26, 27}
    assert 25 not in units(jawOpen=0.3, mouthClose=0.3)


def test_one_closed_eye_is_a_wink_and_two_are_a_blink():
    assert units(eyeBlinkLeft=1.0, eyeBlinkRight=1.0) == {45: 1.0}
    assert units(eyeBlinkLeft=1.0) == {46: 1.0}


def test_the_head_has_units_of_its_own():
    assert units(pose=(0, 0, 0.25, 0, 0, 0)) == {51: 0.5}
    assert units(pose=(0, -0.25, 0, 0, 0, 0)) == {53: 0.5}
    assert units(pose=(1.0, 0, 0, 0, 0, 0)) == {56: 1.0}


def test_every_coefficient_has_a_unit_or_is_known_to_have_none():
    assert facs.unmapped() == ("mouthLeft", "mouthRight", "mouthShrugUpper")
    sources = [name for _, _, each in facs.ACTION_UNITS for name in each]
    assert set(sources) <= set(ARKIT_NAMES)
    assert len(set(facs.COVERED)) == len(facs.COVERED)


def test_a_layout_without_coefficients_has_the_units_of_the_head():
    units = facs.ActionUnits(())
    assert set(units.covered) == set(range(51, 59))
    assert not units.intensities(np.zeros(0), np.zeros(6)).any()
