"""The expression that action units show."""

import numpy as np
import pytest

from dystream_ros.face.emotion import PROTOTYPES, expression_of


def face(**units):
    values = np.zeros(99)
    for name, value in units.items():
        values[int(name[2:])] = value
    return expression_of(values)


def test_a_face_at_rest_is_neutral():
    shown = face()
    assert (shown.name, shown.valence, shown.arousal, shown.confidence) == ("neutral", 0.0, 0.0, 1.0)


@pytest.mark.parametrize(("name", "valence", "arousal", "necessary", "others"), PROTOTYPES)
def test_each_prototype_is_recognised_with_its_valence_and_arousal(name, valence, arousal, necessary, others):
    values = np.zeros(99)
    values[list(necessary)], values[list(others)] = 0.8, 0.5
    shown = expression_of(values)
    assert shown.name == name
    assert np.sign(shown.valence) == np.sign(valence)
    assert np.sign(shown.arousal) == np.sign(arousal)


def test_a_stronger_smile_has_a_greater_valence():
    assert 0 < face(au12=0.3).valence < face(au12=0.8, au6=0.6).valence <= 1
