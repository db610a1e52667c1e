"""Gaze as it is drawn is gaze as it is read."""

import numpy as np

from dystream_lab.teacher.eyes import blink_onsets, eye_angles, gaze_angles, gaze_shifts, lids, put_gaze
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES


def drawn(yaw: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    motion = np.zeros((len(yaw), len(ARKIT_NAMES)))
    put_gaze(motion, yaw, pitch)
    return motion


def test_angles_that_are_drawn_are_read_again():
    random = np.random.default_rng(0)
    yaw, pitch = random.uniform(-30, 30, 50), random.uniform(-20, 20, 50)
    np.testing.assert_allclose(eye_angles(drawn(yaw, pitch)), (yaw, pitch), atol=1e-9)


def test_a_look_aside_is_two_shifts_and_small_saccades_are_none():
    yaw = np.random.default_rng(1).normal(0, 0.9, 200)
    yaw[50:80] += 12.0
    np.testing.assert_array_equal(gaze_shifts(drawn(yaw, np.zeros(200))), [50, 80])


def test_a_shift_that_takes_two_frames_is_one():
    yaw = np.concatenate([np.zeros(20), [7.0], np.full(20, 14.0)])
    np.testing.assert_array_equal(gaze_shifts(drawn(yaw, np.zeros(41))), [20])


def test_the_teacher_shifts_its_gaze_some_times_a_minute():
    seconds = 600
    shifts = gaze_shifts(drawn(*gaze_angles(np.random.default_rng(2), 25 * seconds, [], [])))
    assert 5 < 60 * len(shifts) / seconds < 25


def test_blinks_are_found_where_they_begin_and_a_gaze_that_sinks_is_none():
    rng = np.random.default_rng(3)
    motion = drawn(np.zeros(500), np.full(500, 20.0))
    shut = np.maximum(lids(rng, 500, [1.0, 4.0, 9.0, 15.0]), 0.25)
    motion[:, ARKIT_INDEX["eyeBlinkLeft"]] = motion[:, ARKIT_INDEX["eyeBlinkRight"]] = shut
    np.testing.assert_array_equal(blink_onsets(motion), [25, 100, 225, 375])
