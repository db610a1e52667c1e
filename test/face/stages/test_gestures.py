"""Gestures that other programs ask for: one after the other, bounded, and none is lost."""

import numpy as np
import pytest
from answering_model import Model

from dystream_ros.face import numbers as n
from dystream_ros.face.gestures import ALIASES, GESTURES


@pytest.mark.parametrize("name", [*GESTURES, *ALIASES])
def test_every_gesture_moves_without_a_jump_and_ends_where_it_began(directed, name):
    model = Model(directed)
    model.run(0.4)
    directed.gesture(name)
    shown = model.run(3.6)
    assert abs(shown).max() > 0.05
    assert abs(np.diff(shown[:, n.HEAD], axis=0)).max() < 0.1, "the head jumps"
    assert abs(shown[-1]).max() < 0.02
    assert model.untouched


def test_a_nod_goes_down_twice_and_each_time_less(directed, model):
    directed.gesture("nod")
    pitch = model.run(1.2)[:, n.PITCH]
    peaks = [pitch[i] for i in range(1, len(pitch) - 1) if pitch[i - 1] < pitch[i] >= pitch[i + 1] and pitch[i] > 0.02]
    assert len(peaks) >= 2
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[0] == pytest.approx(0.15, abs=0.03)


def test_gestures_wait_for_one_another_and_can_interrupt(directed, model):
    for name in ("shake", "nod_once"):
        directed.gesture(name)
    shown = model.run(1.5)
    assert abs(shown[:, n.YAW]).max() > 0.08
    assert abs(shown[:, n.PITCH]).max() < 0.03
    assert model.run(1.0)[:, n.PITCH].max() > 0.1
    directed.gesture("bow", duration=4.0)
    model.run(1.0)
    directed.gesture("shake", queue=False)
    shown = model.run(0.6)
    assert abs(np.diff(shown[:, n.PITCH])).max() < 0.12
    assert abs(shown[-1, n.PITCH]) < 0.05
    assert abs(shown[:, n.YAW]).max() > 0.08


def test_the_ninth_gesture_that_waits_is_refused_and_none_is_lost(directed, model):
    for _ in range(8):
        directed.gesture("wink_left", duration=0.4)
    with pytest.raises(ValueError, match="8 gestures wait already; ask for 'nod' later"):
        directed.gesture("nod")
    directed.gesture("")  # takes effect before those that follow
    directed.gesture("wink_right", queue=False)
    model.run(0.2)
    for _ in range(8):  # one runs
        directed.gesture("wink_left", duration=0.4)
    with pytest.raises(ValueError, match="8 gestures wait already"):
        directed.gesture("nod")
    blinks = model.run(6.0)[:, n.INDEX["eyeBlinkLeft"]] > 0.5
    assert (np.diff(blinks.astype(int)) > 0).sum() == 8


def test_intensity_and_duration_scale_a_gesture(directed, model):
    directed.gesture("tilt_left", intensity=0.5, duration=4.0)
    roll = model.run(4.2)[:, n.ROLL]
    assert roll.min() == pytest.approx(-0.095, abs=0.02)
    assert (roll[25:80] < -0.07).all()
