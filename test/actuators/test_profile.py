"""Profiles of limited jerk: limits, arrival, and the time that they take."""

import numpy as np
import pytest

from dystream_ros.actuators import profile
from dystream_ros.actuators.profile import State
from dystream_ros.actuators.travel_time import travel_seconds

STEP = 0.01


def joints(count=300, seed=0):
    """Limits of velocity, acceleration and jerk of many different joints."""
    random = np.random.default_rng(seed)
    return random.uniform(0.5, 10, count), random.uniform(5, 300, count), 10 ** random.uniform(2.0, 4.7, count)


def of_each(function, state, *others):
    """The results of a function of one joint for many joints, as rows."""
    others = [np.broadcast_to(each, state.position.shape).tolist() for each in others]
    points = zip(state.position.tolist(), state.velocity.tolist(), state.acceleration.tolist())
    return np.array([function(*each) for each in zip(points, *others)]).T


def advance(state, *others):
    return State(*of_each(profile.advance, state, *others))


def rest(count):
    return State(*np.zeros((3, count)))


def test_a_motion_from_rest_to_rest_takes_the_least_time_and_never_passes_its_target():
    velocity, acceleration, jerk = joints()
    target = np.random.default_rng(1).uniform(-1, 1, len(velocity))
    least = np.array([travel_seconds(abs(d), *each) for d, each in zip(target, zip(velocity, acceleration, jerk))])
    state, taken = rest(len(velocity)), np.full(len(velocity), np.nan)
    for step in range(1, 500):
        state = advance(state, target, -velocity, velocity, acceleration, jerk, STEP)
        assert (np.abs(state.position) <= np.abs(target) + 1e-6).all()
        arrived = np.abs(state.position - target) < 1e-4
        taken = np.where(np.isnan(taken) & arrived, step * STEP, taken)
    done = least < 4.5
    assert done.sum() > 200
    assert (taken[done] <= least[done] + 2 * STEP).all()


def test_a_motion_keeps_velocity_acceleration_and_jerk_whatever_the_targets_do():
    velocity, acceleration, jerk = joints()
    random = np.random.default_rng(2)
    state, target = rest(len(velocity)), np.zeros(len(velocity))
    for _ in range(600):
        target = np.where(random.random(len(target)) < 0.05, random.uniform(-1, 1, len(target)), target)
        before = state
        state = advance(state, target, -velocity, velocity, acceleration, jerk, STEP)
        assert (np.abs(state.velocity) <= velocity * (1 + 1e-9)).all()
        assert (np.abs(state.acceleration) <= acceleration * (1 + 1e-9)).all()
        assert (np.abs(state.acceleration - before.acceleration) <= jerk * STEP * (1 + 1e-9)).all()
        # The three belong together: position is the integral of the velocity to second order in the step.
        mean = 0.5 * (state.velocity + before.velocity)
        assert (np.abs(state.position - before.position - mean * STEP) <= jerk * STEP**3 / 6 + 1e-5).all()


def test_it_comes_to_rest_at_its_stop_position_and_claims_all_it_passes_on_the_way():
    velocity, acceleration, jerk = joints(400, seed=3)
    random = np.random.default_rng(4)
    moving = State(
        np.zeros(400), random.uniform(-0.5, 0.5, 400) * velocity, random.uniform(-0.6, 0.6, 400) * acceleration
    )
    stop = of_each(profile.stop_position, moving, acceleration, jerk)
    low, high = of_each(profile.claim, moving, stop, jerk)
    state = moving
    for _ in range(600):
        state = advance(state, stop, -velocity, velocity, acceleration, jerk, STEP)
        assert (state.position >= low - 1e-6).all()
        assert (state.position <= high + 1e-6).all()
    assert np.allclose(state.position, stop, atol=1e-6)
    assert not state.velocity.any()


@pytest.mark.parametrize(
    ("distance", "limits", "seconds"),
    [
        (2.0, (1.0, 1.0, 1e9), 3.0),  # trapezium of velocity: 2 / 1 + 1 / 1
        (1.0, (100.0, 1.0, 1e9), 2.0),  # triangle of velocity: 2 sqrt(1 / 1)
        (1.0, (100.0, 100.0, 32.0), 1.0),  # jerk only: (32 d / j)^(1/3)
        (0.0, (1.0, 1.0, 1.0), 0.0),
    ],
)
def test_the_time_of_a_motion_is_that_of_the_closed_forms(distance, limits, seconds):
    assert travel_seconds(distance, *limits) == pytest.approx(seconds, rel=1e-4, abs=1e-6)
