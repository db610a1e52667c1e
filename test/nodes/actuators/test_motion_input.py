"""Motions that arrive out of order, and those after a change of the clock."""

import numpy as np
import rclpy.logging
from builtin_interfaces.msg import Time
from dystream_ros.msg import FaceMotion
from dystream_ros.msg import MotionLayout as MotionLayoutMessage
from joints import RESEARCH

from dystream_ros.actuators.joint_commands import JointCommands, Timing
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.nodes.actuators.hri import HriOutputs
from dystream_ros.nodes.actuators.motion_input import MotionInput
from dystream_ros.nodes.common.reports import Reports


def motion(generation, milliseconds):
    message = FaceMotion(generation=generation, names=list(ARKIT_NAMES), values=[0.0] * len(ARKIT_NAMES))
    message.header.stamp = Time(sec=milliseconds // 1000, nanosec=milliseconds % 1000 * 1_000_000)
    return message


def test_a_late_motion_of_an_earlier_generation_is_ignored_and_one_after_a_change_of_the_clock_is_not(graph):
    reports = Reports(rclpy.logging.get_logger("motion_input"))
    given, commands = MotionInput(reports, HriOutputs(graph.node)), JointCommands(RESEARCH, Timing(ramp=0.0), 0.0)
    given.begin(commands)
    given.motion(motion(7, 100_000), 1.0)
    given.motion(motion(6, 99_960), 1.04)  # late
    assert reports.counts() == {"motions_outdated": 1}
    commands.step(6.0, 0.02)
    assert commands.watchdog == "neutral"
    # The clock went back by a minute, and the head started anew.
    given.motion(motion(0, 40_000), 6.0)
    commands.step(6.0, 0.02)
    assert commands.watchdog == "live"
    assert reports.counts() == {"motions_outdated": 1}


def test_a_layout_whose_neutral_values_are_not_finite_is_refused(graph):
    reports = Reports(rclpy.logging.get_logger("motion_input"))
    given, commands = MotionInput(reports, HriOutputs(graph.node)), JointCommands(RESEARCH, Timing(ramp=0.0), 0.0)
    given.begin(commands)
    given.layout(MotionLayoutMessage(names=list(ARKIT_NAMES), neutral=[np.nan] * len(ARKIT_NAMES)))
    assert reports.counts() == {"layouts_refused": 1}
    given.motion(motion(0, 100_000), 10.0)
    commands.step(10.0, 0.02)
    assert commands.watchdog == "live"
