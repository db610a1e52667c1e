"""Where the joints begin, and how they go from there to the face and back to neutral."""

import numpy as np
import pytest
from joint_heads import LATENCY, STEP, Head, constant

from dystream_ros.actuators.calibration_file import parse_calibration
from dystream_ros.actuators.joint_commands import DISENGAGED, ENGAGED, JointCommands, Timing
from dystream_ros.face.motion import ARKIT_LAYOUT

NARROW = parse_calibration(
    "format: 1\nname: small\ndefaults: {maximum_velocity: 6.0}\njoints:\n"
    "  jaw: {region: mouth, inputs: {jawOpen: 0.4}, minimum: 0.0, neutral: 0.0, maximum: 0.2}\n"
    "  lip: {region: mouth, inputs: {mouthClose: 0.4}, minimum: 0.0, neutral: 0.0, maximum: 0.2}\n"
    "cross_limits:\n  - {joint: lip, side: maximum, by: jaw, table: [[0.0, 0.2], [0.2, 0.1]]}\n"
    "controllers:\n  - {name: face, kind: forward, joints: [jaw, lip]}\n",
    "small.yaml",
)


def test_it_does_not_move_before_it_is_engaged_and_then_with_a_ramp(research):
    head = Head(research, ramp=1.0)
    motion = constant((0, 0, 0.5, 0, 0, 0), jawOpen=0.8)
    head.run(1.0, motion)
    assert not np.abs(head.positions).any()
    assert head.commands.mode == DISENGAGED
    assert head.commands.engage()
    head.run(3.0, motion)
    assert head.commands.mode == ENGAGED
    assert head.of("neck_yaw")[-1] == pytest.approx(0.5, abs=0.011)
    speed = np.abs(np.diff(head.of("neck_yaw"))).max() / STEP
    assert speed < 1.2  # 0.5 rad in a second of minimum jerk: 0.94 rad/s at most; the limit of the joint is 3
    head.commands.disengage()
    head.run(2.0, motion)
    assert head.commands.mode == DISENGAGED
    assert head.commands.at_rest
    assert np.abs(head.positions[-1]).max() < 1e-6


def test_it_starts_from_where_the_joints_are(research):
    start = np.zeros(12)
    start[research.index("neck_yaw")], start[research.index("jaw")] = 0.6, 0.3
    head = Head(research)
    head.commands = JointCommands(research, Timing(ramp=1.0), 0.0, start)
    head.commands.layout(ARKIT_LAYOUT.names, ARKIT_LAYOUT.neutral)
    head.run(0.5, constant())
    assert np.abs(head.positions[-1] - start).max() == 0
    head.commands.engage()
    head.run(3.0, constant())
    assert np.abs(np.diff(head.of("neck_yaw"))).max() / STEP < 1.6
    assert np.abs(head.positions[-1]).max() < 0.02


@pytest.mark.parametrize("fed", ["before", "after"])
def test_it_goes_from_where_the_joints_are_straight_to_the_face(research, fed):
    """Not by way of neutral, neither because of the ramp nor because motions began or the last one is all there is."""
    start = np.zeros(12)
    start[research.index("neck_yaw")] = 0.6
    head = Head(research)
    head.commands = JointCommands(research, Timing(ramp=1.0), 0.0, start)
    head.commands.layout(ARKIT_LAYOUT.names, ARKIT_LAYOUT.neutral)
    turned = constant((0, 0, 0.5, 0, 0, 0))
    if fed == "before":
        head.commands.motion(-LATENCY, 0.0, np.zeros(len(ARKIT_LAYOUT.names)), np.array([0, 0, 0.5, 0, 0, 0]))
    else:
        head.run(0.5, turned)
    head.commands.engage()
    head.run(0.9, None if fed == "before" else turned)
    yaw = head.of("neck_yaw")
    assert 0.48 < yaw.min() <= yaw.max() < 0.61
    # On the way to the face, disengaging turns back to neutral.
    head.commands.disengage()
    head.run(3.0)
    assert head.commands.at_rest
    assert np.abs(head.positions[-1]).max() < 1e-6


def test_a_joint_that_begins_outside_its_range_rests_at_its_end_and_does_not_swing_through():
    """As after a reload with a smaller range; its target comes from outside as well."""
    head = Head(NARROW)
    head.commands = JointCommands(NARROW, Timing(ramp=0.3), 0.0, np.array([0.4, 0.0]))
    head.commands.layout(ARKIT_LAYOUT.names, ARKIT_LAYOUT.neutral)
    head.run(0.02, constant(jawOpen=1.0))
    head.commands.engage()
    head.run(1.0, constant(jawOpen=1.0))
    assert head.of("jaw")[-1] == pytest.approx(0.2, abs=1e-6)
    assert head.of("jaw").min() > 0.199


def test_a_stop_moves_no_joint_that_is_outside_its_limits():
    """Pushed there by hand, or after a reload with smaller limits; they go inside when they are engaged."""
    start = np.array([0.4, 0.15])  # jaw beyond its range, lip beyond the limit by the jaw
    head = Head(NARROW)
    head.commands = JointCommands(NARROW, Timing(ramp=0.3), 0.0, start)
    head.commands.layout(ARKIT_LAYOUT.names, ARKIT_LAYOUT.neutral)
    head.commands.emergency_stop()
    head.run(0.5, constant())
    head.commands.clear_emergency_stop()
    head.run(0.5, constant())
    assert np.abs(head.positions - start).max() == 0
    head.commands.engage()
    head.run(1.0, constant(jawOpen=0.25))
    assert head.positions[-1] == pytest.approx([0.1, 0.0], abs=1e-3)
