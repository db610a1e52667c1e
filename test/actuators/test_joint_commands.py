"""From motions to joint commands: delay, rest, regions, safety; and no limit is ever broken."""

import numpy as np
import pytest
from joint_heads import LATENCY, STEP, Head, constant

from benchmarks.joint_faults import drive
from dystream_ros.actuators.calibration_file import parse_calibration
from dystream_ros.actuators.joint_commands import STOPPED, JointCommands, Timing
from dystream_ros.actuators.regions import RegionRefused
from dystream_ros.actuators.travel_time import return_seconds
from dystream_ros.actuators.watchdogs import WatchdogTimes
from dystream_ros.face.motion import ARKIT_LAYOUT


@pytest.mark.parametrize("seed", [0, 1])
def test_random_motion_and_faults_break_no_limit(research, seed):
    for commands, broken in drive(research, 20.0, seed):
        assert not broken, (broken, commands.mode)


def test_a_joint_leads_its_sound_by_its_lag(research):
    """The command comes `sound_delay` after the motion, less the lag of the servo."""
    head = Head(research, sound_delay=0.1, ramp=0.0)
    head.commands.engage()

    def opening(shown):
        return 0.3 + 0.2 * np.sin(2 * np.pi * 1.5 * shown)

    head.run(8.0, lambda shown: ({"jawOpen": opening(shown)}, np.zeros(6)))
    jaw, times = head.of("jaw")[100:], np.array(head.times)[100:]
    joint = research.joints[research.index("jaw")]
    x = 0.42 * np.array([opening(t - LATENCY - 0.1 + joint.lag) for t in times])
    wanted = np.interp(x, *np.array(joint.curve).T)
    assert np.abs(jaw - wanted).max() < 0.012


def test_joints_rest_at_the_last_motion_when_no_further_one_comes(research):
    """Not beyond it, where the velocity between the last two motions would have led."""
    watchdogs = WatchdogTimes(motion_neutral=600.0, audio=0.0)
    head = Head(research, sound_delay=0.0, ramp=0.0, watchdogs=watchdogs)
    head.commands.engage()
    head.run(2.0, lambda shown: ({}, (0.0, 0.1 * min(shown, 1.5), 0.0, 0.0, 0.0, 0.0)))
    pitch = head.of("neck_pitch")[-1]
    head.run(0.8)
    assert head.commands.at_rest
    assert head.of("neck_pitch")[-1] == pytest.approx(pitch, abs=1e-6)
    moving = Head(research, sound_delay=0.0, ramp=0.0, watchdogs=watchdogs)
    moving.commands.engage()
    moving.run(2.0, lambda shown: ({"jawOpen": 0.3 + 0.3 * np.sin(3 * shown)}, np.zeros(6)))
    moving.run(0.8)
    last = 0.3 + 0.3 * np.sin(3 * (2.0 - 2 * STEP - LATENCY))
    wanted = np.interp(0.42 * last, *np.array(research.joints[research.index("jaw")].curve).T)
    assert moving.of("jaw")[-1] == pytest.approx(wanted, abs=research.joints[research.index("jaw")].dead_band)
    assert moving.commands.at_rest


def test_a_head_at_rest_sends_nothing(research):
    """The pose of a face at rest steps 0.03 to 0.07 degrees in most frames: no servo follows that."""
    random = np.random.default_rng(0)
    head = Head(research, ramp=0.1)
    head.commands.engage()
    pose = np.zeros(6)

    def breathing(_):
        nonlocal pose
        pose = 0.9 * pose + np.radians(random.normal(0, 0.05, 6)) * [1, 1, 1, 0, 0, 0]
        return {"mouthSmileLeft": 0.002}, pose

    head.run(1.0, breathing)
    start = len(head.positions)
    head.run(60.0, breathing)
    rest = np.array(head.positions)[start:]
    assert np.abs(np.diff(rest, axis=0)).sum() == 0
    assert head.commands.at_rest


def test_an_emergency_stop_brakes_at_once_and_is_latched(research):
    head = Head(research, ramp=0.0)
    head.commands.engage()
    head.run(2.0, lambda shown: ({"jawOpen": 0.5 + 0.4 * np.sin(9 * shown)}, [0, 0, 0.4 * np.sin(4 * shown), 0, 0, 0]))
    head.commands.emergency_stop()
    head.run(1.0, constant())
    stopped = head.positions[-1]
    assert head.commands.mode == STOPPED
    assert np.array_equal(head.positions[-30], stopped)
    assert not head.commands.engage()
    head.run(1.0, constant())
    assert np.array_equal(head.positions[-1], stopped)
    head.commands.clear_emergency_stop()
    head.run(1.0, constant())
    assert np.abs(head.positions[-1] - stopped).max() < 1e-6
    assert head.commands.engage()
    head.run(1.0, constant())
    assert np.abs(head.positions[-1]).max() < 0.02


def test_without_motions_it_idles_and_then_goes_to_neutral(research):
    head = Head(research, ramp=0.0, watchdogs=WatchdogTimes(motion=0.3, motion_neutral=1.0, ramp=0.5))
    head.commands.engage()
    head.run(2.0, constant((0, 0, 0.4, 0, 0, 0), jawOpen=0.5))
    assert head.commands.watchdog == "live"
    head.run(0.6)
    assert head.commands.watchdog == "idle"
    assert head.of("neck_yaw")[-1] == pytest.approx(0.4, abs=0.011)
    head.run(2.0)
    assert head.commands.watchdog == "neutral"
    assert np.abs(head.positions[-1]).max() < 1e-6
    head.run(2.0, constant((0, 0, 0.4, 0, 0, 0), jawOpen=0.5))
    assert head.commands.watchdog == "live"
    assert head.of("neck_yaw")[-1] == pytest.approx(0.4, abs=0.011)


def test_without_audio_the_mouth_closes_and_the_head_goes_on(research):
    head = Head(research, ramp=0.0, watchdogs=WatchdogTimes(audio=1.0))
    head.commands.engage()
    motion = constant((0, 0, 0.4, 0, 0, 0), jawOpen=0.5)
    head.run(2.0, motion)
    head.run(3.0, motion, audio=False)
    assert head.of("jaw")[-1] == 0
    assert head.of("neck_yaw")[-1] == pytest.approx(0.4, abs=0.011)


def test_a_region_is_taken_over_and_given_back_without_a_jump(research):
    head = Head(research, ramp=0.0)
    head.commands.engage()
    motion = constant(eyeLookOutLeft=0.4, eyeLookInRight=0.4)
    head.run(1.0, motion)
    own = head.of("eye_left_yaw")[-1]
    regions = head.commands.regions
    regions.take("eyes", "gaze", 0.4, 5.0, head.commands.state.position, head.now)
    regions.move("eyes", {"eye_left_yaw": -0.3, "eye_right_yaw": -0.3}, head.now)
    head.run(1.0, motion)
    assert head.of("eye_left_yaw")[-1] == pytest.approx(-0.3, abs=1e-3)
    assert head.of("eyes_pitch")[-1] == pytest.approx(0.0, abs=1e-3)
    with pytest.raises(RegionRefused, match="belongs to 'gaze'"):
        regions.take("eyes", "gesture", 0.4, 5.0, head.commands.state.position, head.now)
    with pytest.raises(RegionRefused, match="no joint of the region"):
        regions.move("eyes", {"jaw": 0.1}, head.now)
    regions.give_back("eyes", "gaze")
    head.run(1.0, motion)
    assert head.of("eye_left_yaw")[-1] == pytest.approx(own, abs=1e-3)
    # 0.5 rad in 0.4 s of minimum jerk: 2.4 rad/s at most.
    assert np.abs(np.diff(head.of("eye_left_yaw")[50:])).max() / STEP < 2.8


@pytest.mark.parametrize("owner", ["gesture", "gaze"])
def test_a_region_that_is_taken_while_it_is_given_back_keeps_its_position_and_does_not_return(research, owner):
    head = Head(research, ramp=0.0)
    head.commands.engage()
    motion = constant(eyeLookOutLeft=0.4, eyeLookInRight=0.4)
    head.run(1.0, motion)
    regions = head.commands.regions
    regions.take("eyes", "gaze", 0.4, 5.0, head.commands.state.position, head.now)
    regions.move("eyes", {"eye_left_yaw": -0.3, "eye_right_yaw": -0.3}, head.now)
    head.run(1.0, motion)
    regions.give_back("eyes", "gaze")
    head.run(0.24, motion)
    half_way = head.of("eye_left_yaw")[-1]
    assert -0.2 < half_way < 0.1
    regions.take("eyes", owner, 0.4, 5.0, head.commands.state.position, head.now)
    taken = len(head.positions)
    head.run(1.0, motion)
    after = head.of("eye_left_yaw")[taken:]
    # It went on towards the face for a moment, as it moved that way. It never turns back to the target of the owner.
    assert after.min() > half_way - 0.01
    assert after[-1] == pytest.approx(half_way, abs=2e-3)
    assert np.abs(np.diff(head.of("eye_left_yaw")[50:])).max() / STEP < 2.8
    regions.move("eyes", {"eye_left_yaw": 0.2}, head.now)
    head.run(1.0, motion)
    assert head.of("eye_left_yaw")[-1] == pytest.approx(0.2, abs=1e-3)


def test_a_region_whose_owner_is_silent_is_given_back(research):
    head = Head(research, ramp=0.0)
    head.commands.engage()
    head.commands.regions.take("brows", "gesture", 0.1, 1.0, head.commands.state.position, head.now)
    head.commands.regions.move("brows", {"brow_left": 0.3}, head.now)
    head.run(0.8, constant())
    assert head.commands.regions.owners() == {"brows": "gesture"}
    head.run(1.0, constant())
    assert head.commands.regions.owners() == {}
    assert head.of("brow_left")[-1] == pytest.approx(0.0, abs=1e-6)


def test_a_region_whose_owner_fell_silent_while_the_joints_rested_can_be_taken(research):
    head = Head(research)  # disengaged: the node makes no step
    regions = head.commands.regions
    regions.take("brows", "gesture", 0.1, 1.0, head.commands.state.position, 0.0)
    with pytest.raises(RegionRefused, match="belongs to 'gesture'"):
        regions.take("brows", "gaze", 0.1, 1.0, head.commands.state.position, 0.9)
    regions.take("brows", "gaze", 0.1, 1.0, head.commands.state.position, 1.1)
    assert regions.owners() == {"brows": "gaze"}


@pytest.mark.parametrize("target", [-40.0, 1e308])
def test_a_target_far_beyond_the_range_of_a_joint_is_left_as_soon_as_any_other(research, target):
    """Degrees for radians, or anything else that is finite."""
    head = Head(research, ramp=0.0)
    head.commands.engage()
    regions = head.commands.regions
    regions.take("head", "gaze", 0.5, 0.0, head.commands.state.position, head.now)
    regions.move("head", {"neck_yaw": target}, head.now)
    head.run(2.0, constant())
    joint = research.joints[research.index("neck_yaw")]
    assert head.of("neck_yaw")[-1] == pytest.approx(joint.maximum if target > 0 else joint.minimum, abs=1e-3)
    regions.give_back("head", "gaze")
    head.run(0.3, constant())
    assert abs(head.of("neck_yaw")[-1]) < 0.7 * joint.maximum  # half of the blend is over
    head.run(1.5, constant())
    assert head.of("neck_yaw")[-1] == pytest.approx(0.0, abs=0.011)


def test_a_jaw_is_wide_open_only_for_the_time_that_its_dwell_limit_allows(research):
    head = Head(research, ramp=0.0)
    head.commands.engage()
    head.run(8.0, constant(jawOpen=1.0))
    beyond = head.of("jaw") > 0.36 + 1e-4
    edges = np.flatnonzero(np.diff(np.concatenate([[False], beyond, [False]]).astype(int)))
    stays = (edges[1::2] - edges[::2]) * STEP
    assert len(stays) >= 2
    assert stays.max() <= 1.2
    assert stays[0] > 0.8


def longest_stay(steps, positions, beyond):
    """Longest time beyond a position, s, with steps of any length."""
    longest = stay = 0.0
    for step, position in zip(steps, positions):
        stay = stay + step if position > beyond + 1e-6 else 0.0
        longest = max(longest, stay)
    return longest


@pytest.mark.parametrize("late", [(), (0,), (0, -1), (20, -1)])
def test_late_commands_are_part_of_the_time_of_a_dwell_limit(research, late):
    """A late command first takes the jaw beyond, or delays the decision to close it."""
    head = Head(research, ramp=0.0)
    head.commands.engage()
    head.run(2.0, constant(jawOpen=0.7))
    jaw, rule = research.index("jaw"), research.dwell_limits[0]
    whole = int((rule.seconds - return_seconds(research.joints[jaw], rule.beyond)) / STEP)
    head.commands.regions.take("mouth", "test", 0.0, 0.0, head.commands.state.position, head.now)
    head.commands.regions.move("mouth", {"jaw": 0.42}, head.now)
    steps, positions = [], []
    for index in range(100):
        step = 0.1 if index in [each % (whole - 3) for each in late] else STEP
        head.now += step
        steps.append(step)
        positions.append(head.commands.step(head.now, step).position[jaw])
    assert 1.0 < longest_stay(steps, positions, rule.beyond) <= rule.seconds


def test_a_jaw_that_an_emergency_stop_held_open_closes_at_once_and_opens_again_soon(research):
    head = Head(research, ramp=0.0)
    head.commands.engage()
    head.run(1.2, constant(jawOpen=1.0))
    head.commands.emergency_stop()
    head.run(60.0)
    assert head.of("jaw")[-1] > 0.36
    head.commands.clear_emergency_stop()
    head.run(1.0)
    assert head.of("jaw")[-1] > 0.36
    head.commands.engage()
    back = return_seconds(research.joints[research.index("jaw")], 0.36)
    head.run(back + STEP, constant(jawOpen=1.0))
    assert head.of("jaw")[-1] <= 0.36 + 1e-6
    assert head.commands.held_back == ("jaw",)
    head.run(2.5, constant(jawOpen=1.0))  # `recovery` is 2 s
    assert head.of("jaw")[-1] > 0.4


def test_engaging_and_disengaging_at_once_leaves_no_way_around_a_dwell_limit(research):
    head = Head(research, ramp=5.0)
    head.commands.start_at(np.where(np.array(research.names) == "jaw", 0.42, 0.0))
    head.commands.engage()
    head.commands.disengage()
    head.run(6.0)
    assert longest_stay([STEP] * 300, head.of("jaw"), 0.36) <= 1.2


def test_lids_stay_off_eyes_that_look_up(research):
    head = Head(research, ramp=0.0)
    head.commands.engage()
    head.run(2.0, constant(eyeLookUpLeft=1.0, eyeLookUpRight=1.0, eyeBlinkLeft=1.0))
    assert head.of("eyes_pitch")[-1] == pytest.approx(-0.4)
    assert head.of("lid_left")[-1] == pytest.approx(0.8, abs=1e-6)


def test_a_motion_that_is_not_finite_is_refused_and_changes_nothing(research):
    head = Head(research, ramp=0.0)
    head.commands.engage()
    head.run(2.0, constant(jawOpen=0.5))
    before = head.of("jaw")[-1]
    values = np.zeros(52)
    values[3] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        head.commands.motion(head.now, head.now, values, np.zeros(6))
    head.run(0.2)
    assert head.of("jaw")[-1] == pytest.approx(before, abs=1e-6)


def test_joints_go_on_after_motions_whose_positions_are_not_finite(research):
    head = Head(research, ramp=0.0)
    head.commands.engage()
    head.run(1.0, constant(jawOpen=0.5))
    head.commands.layout(ARKIT_LAYOUT.names, [np.nan] * len(ARKIT_LAYOUT.names))
    with pytest.raises(ValueError, match="not finite"):
        head.run(0.2, constant(jawOpen=0.5))
    head.commands.layout(ARKIT_LAYOUT.names, ARKIT_LAYOUT.neutral)
    head.run(1.0, constant())
    assert head.of("jaw")[-1] == pytest.approx(0.0, abs=0.011)


def test_inputs_that_the_layout_lacks_are_named(research):
    commands = JointCommands(research, Timing(), 0.0)
    assert "jawOpen" in commands.layout((), ())
    assert "headYaw" not in commands.layout((), ())


def test_a_curve_and_a_direction_shape_a_joint():
    text = """
format: 1
name: two
joints:
  a: {region: mouth, inputs: {jawOpen: 1.0}, curve: [[0, 0], [0.5, 0.3], [1, 0.4]], minimum: -1, neutral: 0.1,
      maximum: 1, direction: -1, maximum_velocity: 50}
"""
    head = Head(parse_calibration(text, "two.yaml"), ramp=0.0)
    head.commands.engage()
    head.run(2.0, constant(jawOpen=0.75))
    assert head.of("a")[-1] == pytest.approx(0.1 - 0.35, abs=1e-6)


def test_a_jaw_that_an_emergency_stop_holds_open_stays_so_until_it_is_engaged_and_then_closes(research):
    head = Head(research, ramp=0.5)
    head.commands.engage()
    head.run(1.4, constant(jawOpen=1.0))
    head.commands.emergency_stop()
    head.run(3.0, constant(jawOpen=1.0))
    held = head.of("jaw")[-1]
    assert held > 0.37
    head.commands.clear_emergency_stop()
    head.run(2.0, constant(jawOpen=1.0))
    assert head.of("jaw")[-1] == pytest.approx(held, abs=1e-6)
    head.commands.engage()
    head.run(1.2, constant(jawOpen=1.0))
    assert head.of("jaw")[-1] <= 0.36 + 1e-4


def test_a_motion_with_a_name_twice_moves_the_joints(research):
    """Found by fuzzing: a publisher that repeats names."""
    commands = JointCommands(research, Timing(), 0.0)
    names = (*ARKIT_LAYOUT.names, *ARKIT_LAYOUT.names)
    commands.layout(names, [0.0] * len(names))
    commands.motion(0.0, 0.0, np.full(len(names), 0.5), np.zeros(6))
    assert np.isfinite(commands.step(STEP, STEP).position).all()
