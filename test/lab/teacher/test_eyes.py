"""Blinks, lids and gaze: rates, company and speeds that are those of people."""

import numpy as np
import pytest

from dystream_lab.teacher.behaviour import BEHAVIOUR
from dystream_lab.teacher.eyes import blink_times, eye_angles, lids_follow_gaze, put_gaze
from dystream_lab.teacher.gaze import Gaze, head_part, look, sight
from dystream_lab.teacher.phrases import Phrase
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES

# phrases of 2 s with pauses of 0.6 s, for ten minutes
PHRASES = [Phrase(start, start + 2.0, 0.0, False) for start in np.arange(0.5, 598.0, 2.6)]


def test_eye_angles_written_into_coefficients_are_read_back():
    random = np.random.default_rng(0)
    yaw, pitch = random.uniform(-30, 30, 50), random.uniform(-20, 20, 50)
    motion = np.zeros((50, len(ARKIT_NAMES)))
    put_gaze(motion, yaw, pitch)
    np.testing.assert_allclose(eye_angles(motion), (yaw, pitch), atol=1e-9)


def rates(own, partner, sessions=20):
    rng = np.random.default_rng(0)
    return [len(blink_times(rng, 600.0, own, partner)) / 10.0 for _ in range(sessions)]


def test_people_blink_more_while_they_talk_than_at_rest_and_least_while_they_listen():
    talking, resting, listening = np.mean(rates(PHRASES, [])), np.mean(rates([], [])), np.mean(rates([], PHRASES))
    assert 17.0 < talking < 28.0
    assert 10.0 < resting < 18.0
    assert 7.0 < listening < resting
    assert min(rates([], [])) > 6.0


def test_gaps_between_blinks_are_skewed():
    gaps = np.diff(blink_times(np.random.default_rng(1), 3600.0, [], []))
    assert gaps.mean() > 1.12 * np.median(gaps)
    assert np.percentile(gaps, 90) > 4.0 * np.percentile(gaps, 10)


def test_blinks_come_with_shifts_of_gaze_more_often_than_by_chance():
    shifts = [(float(at), 20.0) for at in np.arange(5.0, 595.0, 6.0)]
    rng, near = np.random.default_rng(2), []
    for _ in range(5):
        times = np.array(blink_times(rng, 600.0, [], [], shifts))
        near += [np.abs(times - at).min() < 0.1 for at, _ in shifts]
    assert np.mean(near) > 0.25  # 0.05 by chance


@pytest.mark.parametrize(("size", "frames"), [(8.0, 1), (25.0, 2)])
def test_a_saccade_lasts_longer_the_larger_it_is(size, frames):
    target = Gaze(np.array([1.02]), np.array([size]), np.zeros(1))
    fine = np.arange(0.0, 2.0, 0.001)
    yaw, _ = sight(target, fine)
    lasting = 0.001 * np.count_nonzero((yaw > 0.001 * size) & (yaw < 0.999 * size))
    assert lasting == pytest.approx(0.021 + 0.0022 * size, rel=0.25)
    speed = np.abs(np.diff(yaw)).max() / 0.001
    assert 200.0 < speed < 700.0  # degrees per second, as of people (Bahill et al. 1975)
    at_frames, _ = sight(target, (np.arange(50) + 0.5) / 25)
    assert np.count_nonzero(np.abs(np.diff(at_frames)) > 0.1) == frames


def test_the_head_takes_a_larger_part_of_a_larger_shift_later_and_slower_than_the_eyes():
    times = np.arange(0.0, 4.0, 0.01)
    parts = []
    for size in (8.0, 16.0, 30.0):
        target = Gaze(np.array([1.0]), np.array([size]), np.zeros(1))
        turned, _ = head_part(target, times)
        assert not turned[times < 1.0].any()
        assert np.abs(np.diff(turned)).max() / 0.01 < 60.0
        parts.append(turned[-1] / size)
    assert parts[0] < 0.15 < 0.3 < parts[2]
    assert parts[0] < parts[1] < parts[2]


def test_lids_sink_with_a_downward_gaze_and_rise_with_an_upward_one():
    motion = np.zeros((3, 58))
    put_gaze(motion, np.zeros(3), np.array([20.0, 0.0, -20.0]))
    lids_follow_gaze(motion, np.zeros(3))
    assert motion[0, ARKIT_INDEX["eyeBlinkLeft"]] > 0.15
    assert motion[1, ARKIT_INDEX["eyeBlinkLeft"]] == motion[1, ARKIT_INDEX["eyeWideLeft"]] == 0.0
    assert motion[2, ARKIT_INDEX["eyeWideLeft"]] > 0.1


def test_the_gaze_leaves_the_partner_as_a_turn_begins_and_comes_back_before_its_end():
    own = [Phrase(start, start + 6.0, 0.0, False) for start in np.arange(5.0, 290.0, 12.0)]
    target = look(np.random.default_rng(4), 300.0, own)
    aside = np.hypot(*sight(target, np.arange(0.0, 300.0, 0.04))) > BEHAVIOUR.gaze_yaw_least - 2.0
    begun = [aside[round((phrase.start + 0.3) / 0.04)] for phrase in own]
    ended = [aside[round((phrase.end - 0.05) / 0.04)] for phrase in own]
    assert np.mean(begun) > 0.45
    assert np.mean(ended) < 0.3
