"""Joints that follow moving targets: limits first, then as close as possible."""

from types import SimpleNamespace

import numpy as np
import pytest

from dystream_ros.actuators.profile import State
from dystream_ros.actuators.smoothing import Smoothing
from dystream_ros.actuators.tracking import Limits, TrackingFilter
from dystream_ros.actuators.travel_time import return_seconds

STEP = 0.02


def limits(count, velocity=8.0, acceleration=150.0, jerk=6000.0):
    return Limits(*(np.full(count, each) for each in (-1.0, 1.0, velocity, acceleration, jerk)))


def resting(position):
    return State(position, np.zeros_like(position), np.zeros_like(position))


def test_no_target_moves_a_joint_out_of_its_limits():
    random, count = np.random.default_rng(0), 60
    bounds = Limits(
        -random.uniform(0.1, 1, count), random.uniform(0.1, 1, count), random.uniform(0.5, 10, count),
        random.uniform(2, 200, count), 10 ** random.uniform(1.5, 4.5, count),
    )  # fmt: skip
    joints = TrackingFilter(bounds, np.zeros(count))
    target = np.zeros((3, count))
    for _ in range(800):
        new = random.random(count) < 0.05
        target = np.where(new, random.normal(0, [[1.0], [6.0], [80.0]], (3, count)), target)
        target[0] += target[1] * STEP
        faulty = target.copy()
        faulty[:, random.integers(count)] = random.choice([np.nan, np.inf, 1e30])
        before = joints.state.acceleration.copy()
        joints.step(np.arange(count), State(*faulty), STEP)
        state = joints.state
        assert (state.position >= bounds.minimum - 1e-6).all()
        assert (state.position <= bounds.maximum + 1e-6).all()
        assert (np.abs(state.velocity) <= bounds.velocity * (1 + 1e-6)).all()
        assert (np.abs(state.acceleration) <= bounds.acceleration * (1 + 1e-6)).all()
        assert (np.abs(state.acceleration - before) <= bounds.jerk * STEP * (1 + 1e-6)).all()


def test_a_smooth_target_is_followed_without_lag_and_without_rattling():
    joints, smooth = TrackingFilter(limits(1), np.zeros(1)), Smoothing(np.array([0.01]), np.zeros(1))
    rate, size, lag = 2 * np.pi * 2, 0.2, 0.02  # the smoothing lags by twice its time constant
    positions, errors = [], []
    for index in range(1, 200):
        now = index * STEP
        joints.step(np.arange(1), smooth.step(size * np.sin(rate * (now + np.array([lag]))), STEP), STEP)
        positions.append(joints.state.position[0])
        errors.append(joints.state.position[0] - size * np.sin(rate * now))
    assert np.abs(errors[50:]).max() < 0.03 * size
    jerk = np.diff(positions[50:], 3) / STEP**3
    assert np.abs(jerk).max() < 1.2 * size * rate**3  # that of the target, not that of the limits


def test_a_step_of_the_target_is_reached_without_overshoot():
    joints, smooth = TrackingFilter(limits(1), np.zeros(1)), Smoothing(np.array([0.01]), np.zeros(1))
    positions = []
    for _ in range(60):
        joints.step(np.arange(1), smooth.step(np.array([0.5]), STEP), STEP)
        positions.append(joints.state.position[0])
    assert max(positions) <= 0.5 + 1e-6
    assert positions[-1] == 0.5
    assert joints.at_rest


def test_a_joint_outside_its_range_goes_in_and_stays_there():
    joints = TrackingFilter(limits(1), np.array([1.3]))
    lowest = []
    for index in range(200):
        target = 2.0 if index > 100 else 0.9
        joints.step(np.arange(1), State(np.array([target]), np.zeros(1), np.zeros(1)), STEP)
        lowest.append(joints.state.position[0])
    assert max(lowest) <= 1.3
    assert lowest[100] == pytest.approx(0.9)
    assert max(lowest[101:]) <= 1.0 + 1e-6


@pytest.mark.parametrize("bad", [{"velocity": 0.0}, {"jerk": np.nan}, {"acceleration": -1.0}])
def test_limits_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match="limit"):
        limits(1, **bad)


def test_no_state_takes_longer_back_than_the_time_that_a_dwell_limit_counts_on():
    random, count, beyond = np.random.default_rng(1), 3000, 0.0
    end = random.uniform(0.02, 0.4, count)
    bounds = Limits(
        np.full(count, -2.0), end, random.uniform(2, 10, count), random.uniform(50, 250, count),
        10 ** random.uniform(3.3, 4.3, count),
    )  # fmt: skip
    # From the states that random targets lead to, most of them at the far end.
    joints = TrackingFilter(bounds, np.zeros(count))
    for _ in range(30):
        target = np.where(random.random(count) < 0.6, end, random.uniform(-0.2, 0.4, count))
        joints.step(np.arange(count), resting(target), random.uniform(0.002, 0.03))
    outside = joints.state.position > beyond
    assert outside.sum() > 500
    allowed = np.array([
        return_seconds(SimpleNamespace(neutral=-1, minimum=-2, maximum=m, velocity=v, acceleration=a, jerk=j), beyond)
        for m, v, a, j in zip(end, bounds.velocity, bounds.acceleration, bounds.jerk)
    ])  # fmt: skip
    back, now = np.zeros(count), 0.0
    while (joints.state.position > beyond + 1e-6).any():
        now += 0.001
        joints.step(np.arange(count), resting(np.zeros(count)), 0.001)
        back = np.where(joints.state.position > beyond + 1e-6, now, back)
        assert now < 2
    assert (back <= allowed).all()
    assert (back[outside] / allowed[outside]).max() > 0.6  # the bound is no mere margin
