"""Detectors of nods, blinks, smiles, brows and gaze on motion of known events."""

import numpy as np
import pytest

from dystream_lab.corpus import events
from dystream_lab.teacher.pulses import frame_times, nod
from dystream_ros.face.arkit import ARKIT_INDEX

FRAMES = 500
PITCH, YAW = 53, 54
LIDS = [ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]


def still() -> np.ndarray:
    return np.zeros((FRAMES, 58), np.float32)


def nodding(starts, degrees=3.0, cycles=1) -> np.ndarray:
    motion = still()
    for start in starts:
        motion[:, PITCH] += np.deg2rad(degrees) * nod(frame_times(FRAMES), start, 0.45, cycles)
    return motion


@pytest.mark.parametrize("cycles", [1, 2, 3])
def test_a_series_of_nods_counts_once_and_begins_where_the_head_goes_down(cycles):
    found = events.nods(nodding([4.0, 10.0], cycles=cycles)) / 25
    np.testing.assert_allclose(found, [4.0, 10.0], atol=0.1)


def test_a_slow_bow_and_a_shallow_dip_are_no_nods():
    bow = still()
    bow[:, PITCH] = np.deg2rad(6.0) * np.sin(2 * np.pi * frame_times(FRAMES) / 8.0)
    assert not len(events.nods(bow))
    assert not len(events.nods(nodding([4.0], degrees=0.8)))


def test_blinks_are_counted_with_their_depth():
    motion = still()
    for start, depth in ((50, 1.0), (150, 0.6)):
        motion[start : start + 4, LIDS] = depth
    motion[300:400, LIDS] = 0.9  # asleep, no blink
    motion[200:240, LIDS] = 0.2  # a downward gaze
    found = events.blinks(motion)
    np.testing.assert_array_equal(found.starts, [50, 150])
    np.testing.assert_allclose(found.depths, [1.0, 0.6])
    assert (found.depths < events.HALF_CLOSED).tolist() == [False, True]


def test_a_smile_that_trembles_at_the_threshold_is_one_smile():
    motion = still()
    corners = [ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthSmileRight"]]
    motion[100:200, corners] = (0.125 + 0.02 * np.sin(np.arange(100)))[:, None]
    np.testing.assert_array_equal(events.smiles(motion), [100])


def test_brows_count_when_they_rise():
    motion = still()
    motion[100:130, ARKIT_INDEX["browInnerUp"]] = 0.2
    motion[300:330, ARKIT_INDEX["browDownLeft"]] = 0.8
    np.testing.assert_array_equal(events.brow_raises(motion), [100])


def test_eyes_that_make_up_for_a_turned_head_still_meet_the_partner():
    motion = still()
    motion[:, YAW] = np.deg2rad(16.0)  # the head turns to its left ...
    assert not events.looks_at_partner(motion).any()
    motion[:, ARKIT_INDEX["eyeLookInLeft"]] = 0.5  # ... and the eyes 16 degrees to the right
    motion[:, ARKIT_INDEX["eyeLookOutRight"]] = 0.5
    assert events.looks_at_partner(motion).all()


def test_eyes_that_look_down_do_not():
    motion = still()
    motion[:, [ARKIT_INDEX["eyeLookDownLeft"], ARKIT_INDEX["eyeLookDownRight"]]] = 0.6
    assert not events.looks_at_partner(motion).any()
