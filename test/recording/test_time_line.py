"""Stamps of a recording when clocks are set, stamps are wrong, and pictures pause."""

import pytest

from dystream_ros.recording.time_line import StampRefused, TimeLine

START, SECOND, PERIOD = 10**18, 10**9, 40_000_000
HOUR = 3600 * SECOND


class Robot:
    """A time line with a clock of its own, and pictures every 40 ms."""

    def __init__(self):
        self.now = 100.0
        self.changes = []
        self.line = TimeLine(START, self.changes.append, clock=lambda: self.now)
        self.stamp = START

    def pictures(self, count, jump=0, refused=0):
        """Their instants after the start, in seconds; the first `refused` ones of them are refused."""
        instants = []
        self.stamp += jump
        for index in range(count):
            self.now += 0.04
            self.stamp += PERIOD
            if index < refused:
                with pytest.raises(StampRefused, match="accepted are 10 s"):
                    self.line.picture(self.stamp)
            else:
                instants.append((self.line.picture(self.stamp) - START) / SECOND)
        return instants


@pytest.mark.parametrize("stamp", [START + HOUR, START - HOUR, 0, -5 * SECOND, 2**62])
def test_one_picture_with_a_wrong_stamp_is_refused_and_the_others_go_on(stamp):
    robot = Robot()
    robot.pictures(25)
    with pytest.raises(StampRefused):
        robot.line.picture(stamp)
    assert robot.pictures(25)[-1] == pytest.approx(2.0)
    assert robot.changes == []


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 56 * 365 * 24 * HOUR])
def test_after_a_clock_was_set_the_video_continues_without_a_gap(jump):
    robot = Robot()
    robot.pictures(25)
    instants = robot.pictures(25, jump, refused=4)
    assert instants == pytest.approx([1.0 + 0.04 * index for index in range(5, 26)])
    assert "jumped" in robot.changes[0]
    assert len(robot.changes) == 1
    # Sound with stamps of the new clock follows the pictures.
    assert robot.line.sound(robot.stamp, robot.now) == START + round(instants[-1] * SECOND)


def test_a_pause_is_part_of_the_video_up_to_a_minute_and_left_out_when_longer():
    robot = Robot()
    robot.now += 50
    assert robot.pictures(1, 50 * SECOND)[0] == pytest.approx(50.04)
    robot.now += 3600
    assert robot.pictures(2, HOUR) == pytest.approx([51.04, 51.08])
    assert "no picture and no sound for 3600 s" in robot.changes[0]


def test_sound_with_a_stamp_that_is_far_off_is_placed_by_its_arrival():
    robot = Robot()
    robot.pictures(25)
    arrived = robot.now + 0.5
    for stamp in (START + 24 * HOUR, START - HOUR, 10 * 365 * 24 * HOUR):
        assert robot.line.sound(stamp, arrived) is None
    assert robot.line.sound(START + 60 * SECOND, arrived) == START + 60 * SECOND, "speech that was sent ahead"
    # In ROS time where that fits, else on the steady clock.
    assert robot.line.sound_arrival(START + 2 * SECOND, arrived) == START + 2 * SECOND
    assert robot.line.sound_arrival(START + HOUR, arrived) == pytest.approx(START + 1.5 * SECOND, abs=2)
