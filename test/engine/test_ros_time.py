"""ROS time that is slewed, set, paused, absent or faster than real time, and what the stamps of frames do."""

import numpy as np
import pytest

from dystream_ros.engine.ros_time import RosTime

MS = 1_000_000
SECOND = 1_000 * MS


def run(stage, seconds, rate):
    """Let a simulated clock run at a rate, in steps of a frame; returns ROS time at the end minus the last stamp, s."""
    for _ in range(round(25 * seconds)):
        stage.offset_ns += round((rate - 1) * 40 * MS)
        stage.wait(40)
    return (stage.now_ns + stage.offset_ns - stage.frames[-1].stamp_ns) / 1e9


@pytest.mark.parametrize("rate", [0.0, 0.5, 0.97, 10.0])
def test_stamps_follow_a_clock_of_another_rate_and_it_is_said_once(rate, make_stage):
    stage = make_stage()
    stage.wait(1000)
    behind = run(stage, 26, rate)
    assert abs(behind) < 1.0
    stamps = np.array([frame.stamp_ns for frame in stage.frames[-100:]])
    assert np.diff(stamps).mean() == pytest.approx(rate * 40 * MS, abs=1 * MS)
    assert (np.diff(stamps) >= -1 * MS).all()
    assert [frame.motion.frame for frame in stage.frames] == list(range(len(stage.frames)))
    counters = stage.conversation.statistics().counters
    assert counters["clock_foreign"] == 1
    assert counters["clock_jump"] == 1
    sentence = dict(stage.conversation.notices())["clock_foreign"]
    assert "stands still" in sentence if rate == 0.0 else f"{rate:.2g} times" in sentence


def test_real_time_again_after_a_pause_is_a_usual_clock(make_stage):
    stage = make_stage()
    stage.wait(1000)
    run(stage, 5, 0.0)
    run(stage, 6, 1.0)
    before = stage.conversation.statistics().counters
    first = stage.frames[-1].stamp_ns
    run(stage, 4, 1.0)
    assert stage.conversation.statistics().counters == before
    assert stage.frames[-1].stamp_ns - first == 100 * 40 * MS


def test_without_a_clock_the_stamps_are_zero_and_the_reason_is_said(make_stage):
    stage = make_stage()
    stage.offset_ns = -stage.now_ns
    run(stage, 5, 0.0)
    assert stage.frames[-1].stamp_ns == 0
    notices = dict(stage.conversation.notices())
    assert "clock_jump" not in notices
    assert "nothing publishes /clock" in notices["clock_foreign"]


def test_a_slewed_clock_moves_nothing():
    clock, offset = RosTime(0, 0), 0
    for now in range(0, 3600 * SECOND, 40 * MS):
        offset += 20_000  # 500 ppm
        assert clock.moved(offset, now) == 0
    assert not clock.foreign


def test_a_clock_that_is_set_forth_and_back_is_no_foreign_one():
    clock = RosTime(0, 0)
    assert clock.moved(1000 * SECOND, SECOND) == 1000 * SECOND
    assert clock.moved(500 * SECOND, 2 * SECOND) == -500 * SECOND
    assert not clock.foreign


def test_a_simulated_clock_that_is_set_is_a_jump_too():
    clock, now = RosTime(0, 0), 0
    for _ in range(100):
        now += 40 * MS
        clock.moved(now // 2, now)  # 1.5 times real time
    assert clock.foreign
    assert clock.set_by_ns == 0
    assert clock.moved(now // 2 - 60 * SECOND, now) == clock.set_by_ns == -60 * SECOND
