"""A face at rest moves no joint; a face that moves is followed exactly."""

import numpy as np

from dystream_ros.actuators.dead_band import DeadBand

STEP = 0.02


def test_a_target_that_wanders_inside_the_band_moves_nothing():
    band, random = DeadBand(np.array([0.01]), np.zeros(1)), np.random.default_rng(0)
    walk = 0.0
    for _ in range(15000):  # five minutes
        walk = 0.98 * walk + random.normal(0, 0.0009)
        assert abs(walk) < 0.02
        held = band.step(np.array([walk * 0.5]), STEP)
    assert held == 0.0


def test_a_slow_drift_is_followed_without_steps():
    band = DeadBand(np.array([0.01]), np.zeros(1))
    held = np.array([band.step(np.array([0.0004 * index]), STEP)[0] for index in range(500)])  # 0.02 rad/s
    assert held[-1] > 0.18
    assert np.diff(held).max() < 3 * 0.0004


def test_a_motion_arrives_exactly():
    band = DeadBand(np.array([0.01]), np.zeros(1))
    time = np.arange(0, 3, STEP)
    target = 0.3 / (1 + np.exp(-(time - 0.5) / 0.04))
    held = np.array([band.step(np.array([x]), STEP)[0] for x in target])
    assert abs(held[-1] - 0.3) < 0.001
    assert np.abs(held - target).max() <= 0.01 + 1e-9
    assert np.abs(np.diff(held)).max() < 2 * np.abs(np.diff(target)).max()
