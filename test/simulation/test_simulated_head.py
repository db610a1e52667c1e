"""The simulated research head: its joints, its servos, its controller, and how late its jaw is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

# Not mujoco itself, which would choose a window system before the simulation asks for none.
pytest.importorskip("dystream_ros.simulation.head", reason="part robot of requirements.txt")

from dystream_ros.actuators.calibration_file import read_calibration
from dystream_ros.actuators.joint_commands import Timing
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.simulation.head import SimulatedHead
from dystream_ros.simulation.performance import lag, perform
from dystream_ros.simulation.research_head import JOINTS

RESEARCH = read_calibration(Path(__file__).parents[2] / "config" / "actuators" / "research.yaml")


def test_it_has_the_joints_and_ranges_of_the_calibration():
    assert {name: (joint.low, joint.high) for name, joint in JOINTS.items()} == {
        joint.name: (joint.minimum, joint.maximum) for joint in RESEARCH.joints
    }


def test_servos_hold_their_commands_against_the_weight_of_the_head():
    head = SimulatedHead(RESEARCH.names)
    goal = np.array([0.3 * joint.maximum for joint in RESEARCH.joints])
    head.command(goal, np.zeros(12), 0.5)
    head.run(2.0)
    assert np.abs(head.position - goal).max() < 0.06  # gravity on the neck, dry friction
    assert np.abs(head.velocity).max() < 0.01


def test_a_servo_is_limited_by_its_torque_and_its_speed():
    head = SimulatedHead(RESEARCH.names)
    goal = np.zeros(12)
    goal[RESEARCH.index("neck_yaw")] = 1.0
    head.command(goal, np.zeros(12), 0.0)
    fastest = strongest = 0.0
    for step in range(1, 200):
        head.run(step * 0.005)
        fastest = max(fastest, abs(head.velocity[RESEARCH.index("neck_yaw")]))
        strongest = max(strongest, abs(head.torque[RESEARCH.index("neck_yaw")]))
    servo = JOINTS["neck_yaw"].servo
    assert 0.5 * servo.free < fastest < servo.free
    assert strongest <= servo.stall + 1e-9
    assert head.position[RESEARCH.index("neck_yaw")] == pytest.approx(1.0, abs=0.03)


def speech(seconds):
    """Values (frames, 52) of a jaw that opens and closes like speech, irregularly, up to six times a second."""
    frames = round(seconds * 25)
    random = np.random.default_rng(0)
    noise = np.convolve(random.normal(0, 1, frames + 8), np.hanning(7), "valid")[:frames]
    values = np.zeros((frames, 52))
    values[:, ARKIT_INDEX["jawOpen"]] = np.clip(0.3 + 0.25 * noise / noise.std(), 0, 1)
    return values


def jaw_lag(calibration):
    values = speech(12.0)
    head = SimulatedHead(calibration.names)
    instants = list(perform(head, calibration, ARKIT_NAMES, values, np.zeros((len(values), 6)), Timing()))
    jaw = calibration.index("jaw")
    wanted, reached = np.array([(each.wanted[jaw], each.reached[jaw]) for each in instants]).T
    assert np.corrcoef(wanted, reached)[0, 1] > 0.85
    return lag(reached, wanted)


def test_the_jaw_is_with_its_sound_and_would_be_late_without_the_lead():
    assert abs(jaw_lag(RESEARCH)) < 0.040
    without = replace(RESEARCH, joints=tuple(replace(joint, lag=0.0) for joint in RESEARCH.joints))
    assert jaw_lag(without) > jaw_lag(RESEARCH) + 0.020


def test_it_is_drawn_without_a_screen():
    head = SimulatedHead(RESEARCH.names)
    try:
        head.run(1.0)  # gravity moves the neck a little
        neutral = head.picture(128).astype(int)
        goal = np.zeros(12)
        goal[RESEARCH.index("jaw")] = 0.4
        head.command(goal, np.zeros(12), 0.2)
        head.run(2.0)
        opened = head.picture(128).astype(int)
    finally:
        head.close()
    assert neutral.shape == (128, 128, 3)
    assert neutral.std() > 30
    changed = (np.abs(opened - neutral).max(axis=2) > 40).sum(axis=1)
    assert changed[64:].sum() > 20
    assert changed[:64].sum() < 0.2 * changed[64:].sum()  # the upper half of the head stays


def test_a_joint_that_it_does_not_have_is_refused():
    with pytest.raises(ValueError, match="tail"):
        SimulatedHead(["jaw", "tail"])


def test_a_lag_is_found_between_the_samples():
    time = np.arange(0, 20, 0.04)
    leader = sum(np.sin(2 * np.pi * f * time + f) for f in (0.7, 1.3, 2.9))
    follower = sum(np.sin(2 * np.pi * f * (time - 0.055) + f) for f in (0.7, 1.3, 2.9))
    assert lag(follower, leader) == pytest.approx(0.055, abs=0.004)
    assert lag(leader, follower) == pytest.approx(-0.055, abs=0.004)
