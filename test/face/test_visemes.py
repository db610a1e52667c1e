"""A mouth that says a phone shows the viseme of that phone."""

import numpy as np
import pytest

from dystream_lab.teacher.coarticulation import at_frames, mouth_curves
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.visemes import VISEMES, ShownViseme, viseme_weights

# Visemes whose mouths are alike: their phones differ behind the teeth.
HIDDEN = {"DD", "kk", "nn"}
PHONES = {
    "PP": "P B M", "FF": "F V", "TH": "TH", "DD": "T D", "kk": "K G NG", "CH": "SH CH JH ZH", "SS": "S Z",
    "nn": "N L", "RR": "R", "aa": "AA", "E": "EH", "ih": "IY", "oh": "AO", "ou": "UW W",
}  # fmt: skip


def mouth(phone, neighbour="AX"):
    """Coefficients (52,) of the frame in the middle of a phone between two others."""
    curves = mouth_curves([(0.2, 0.3, neighbour), (0.3, 0.42, phone), (0.42, 0.56, neighbour)], 0.8)
    return at_frames(curves)[9]


def shown(values):
    return VISEMES[int(viseme_weights(values).argmax())]


@pytest.mark.parametrize("viseme", PHONES)
def test_the_mouth_of_a_phone_shows_its_viseme(viseme):
    for phone in PHONES[viseme].split():
        accepted = HIDDEN if viseme in HIDDEN else {viseme}
        assert shown(mouth(phone)) in accepted, phone


def test_contacts_show_beside_any_vowel():
    for vowel in ("AA", "IY", "UW"):
        assert [shown(mouth(phone, vowel)) for phone in "PBMFV"] == ["PP", "PP", "PP", "FF", "FF"]


def test_weights_are_shares_and_a_mouth_at_rest_is_silent():
    random = np.random.default_rng(0)
    for values in random.random((50, 52), np.float32) ** 3:
        weights = viseme_weights(values)
        assert weights.min() >= 0.0
        assert weights.sum() == pytest.approx(1.0)
    assert viseme_weights(np.zeros(52))[0] > 0.9
    smiling = np.zeros(52)
    smiling[[ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["browInnerUp"], ARKIT_INDEX["eyeBlinkLeft"]]] = 1.0
    assert shown(smiling) == "sil"


def test_a_nearly_equal_viseme_does_not_replace_the_present_one():
    one, weights = ShownViseme(), np.full(15, 0.01)
    weights[4], weights[8] = 0.40, 0.42
    assert one.step(weights)
    assert VISEMES[one.index] == "nn"
    weights[4], weights[8] = 0.42, 0.40
    assert not one.step(weights)
    weights[4], weights[8] = 0.60, 0.25
    assert one.step(weights)
    assert VISEMES[one.index] == "DD"
