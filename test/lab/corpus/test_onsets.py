"""Onsets of gaze shifts, blinks and raised brows are found in motion of known events."""

import numpy as np

from dystream_lab.corpus.onsets import blink_onsets, brow_onsets, gaze_shifts
from dystream_lab.teacher.expressions import raise_brows
from dystream_lab.teacher.eyes import lids, put_gaze
from dystream_lab.teacher.gaze import look, sight
from dystream_lab.teacher.pulses import bump, frame_times, plateau
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES


def looking(yaw: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    motion = np.zeros((len(yaw), len(ARKIT_NAMES)))
    put_gaze(motion, yaw, pitch)
    return motion


def test_brow_raises_are_found_where_they_begin():
    motion = np.zeros((500, 58))
    times = frame_times(500)
    raise_brows(motion, 0.2 * bump(times, 2.0, 0.6, 0.35) + 0.4 * plateau(times, 10.0, 1.6, 0.3))
    found = brow_onsets(motion)
    assert len(found) == 2
    assert np.abs(found - [50, 250]).max() <= 3
    assert (motion[found, ARKIT_INDEX["browInnerUp"]] > 0.0).all()


def test_small_movements_and_permanently_raised_brows_are_no_raise():
    motion = np.zeros((500, 58))
    motion[100:, ARKIT_INDEX["browInnerUp"]] = 0.3
    raise_brows(motion, 0.05 * bump(frame_times(500), 10.0, 0.6, 0.4))
    assert len(brow_onsets(motion)) == 0


def test_a_look_aside_is_two_gaze_shifts_and_small_saccades_are_none():
    yaw = np.random.default_rng(1).normal(0, 0.9, 200)
    yaw[50:80] += 12.0
    np.testing.assert_array_equal(gaze_shifts(looking(yaw, np.zeros(200))), [50, 80])


def test_a_gaze_shift_over_two_frames_is_one_shift():
    yaw = np.concatenate([np.zeros(20), [7.0], np.full(20, 14.0)])
    np.testing.assert_array_equal(gaze_shifts(looking(yaw, np.zeros(41))), [20])


def test_the_teacher_shifts_its_gaze_5_to_25_times_per_minute():
    seconds = 600
    targets = look(np.random.default_rng(2), seconds, [])
    shifts = gaze_shifts(looking(*sight(targets, frame_times(25 * seconds))))
    assert 5 < 60 * len(shifts) / seconds < 25


def test_blinks_are_found_where_they_begin_and_a_downward_gaze_is_no_blink():
    rng = np.random.default_rng(3)
    motion = looking(np.zeros(500), np.full(500, 20.0))
    closed = np.maximum(lids(rng, 500, [1.0, 4.0, 9.0, 15.0]), 0.25)
    motion[:, ARKIT_INDEX["eyeBlinkLeft"]] = motion[:, ARKIT_INDEX["eyeBlinkRight"]] = closed
    np.testing.assert_array_equal(blink_onsets(motion), [25, 100, 225, 375])
