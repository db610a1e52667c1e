"""What stops the joints: a dry run, the emergency stop, watchdogs, and the ends of head and node."""

import signal
import sys
import time

import numpy as np
import pytest
from builtin_interfaces.msg import Duration
from dystream_ros.msg import FaceMotion, StreamStatus
from joints import GRIMACING, SMALL, at_rest, engage, quiet, reporting, trigger, until
from lifecycle_msgs.msg import Transition
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64MultiArray, String
from trajectory_msgs.msg import JointTrajectory

from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.nodes.common import qos


def test_nothing_moves_before_it_is_engaged_and_a_dry_run_sends_no_command(graph, actuators, face, tmp_path):
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    forward = graph.listen("face/commands", Float64MultiArray)
    preview = graph.listen("joint_preview", JointState)
    actuators(calibration=str(tmp_path / "head.yaml"), dry_run=True, use_joint_states=False)
    robot = face()
    robot.show(jawOpen=1.0)
    time.sleep(0.5)
    assert not preview
    assert engage(graph).success
    preview.until(lambda all_: all_ and abs(all_[-1].position[0] - 0.4) < 0.01, "the preview to open the jaw")
    assert not forward


@pytest.mark.parametrize("by", ["service", "topic", "best-effort topic"])
def test_an_emergency_stop_is_latched(graph, actuators, face, tmp_path, by):
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    forward = graph.listen("face/commands", Float64MultiArray)
    preview = graph.listen("joint_preview", JointState)
    mode = graph.listen("joint_mode", String, qos.latched())
    actuators(calibration=str(tmp_path / "head.yaml"), engage=True, use_joint_states=False)
    robot = face()
    robot.show(yaw=0.3, jawOpen=0.5)
    until(forward, 0, 0.3)
    if by == "service":
        assert trigger(graph, "emergency_stop").success
    else:
        profile = qos.motion() if by == "topic" else qos.requests()
        graph.publisher("emergency_stop", Bool, profile).publish(Bool(data=True))
    mode.until(lambda all_: all_[-1].data == "stopped", "the stop")
    graph.until(lambda: at_rest(preview) and quiet(forward), "the joints to stop")
    count = len(forward)
    robot.show(yaw=-0.3)
    refused = engage(graph)
    assert not refused.success
    assert "clear_emergency_stop" in refused.message
    assert not trigger(graph, "reload").message
    assert not engage(graph).success  # a new calibration does not clear it
    time.sleep(0.3)
    assert {tuple(each.data) for each in forward[count - 1 :]} == {tuple(forward[count - 1].data)}
    assert trigger(graph, "clear_emergency_stop").success
    assert not trigger(graph, "clear_emergency_stop").success
    assert engage(graph).success
    until(forward, 0, -0.3)


def test_an_emergency_stop_of_joints_that_were_never_engaged_sends_nothing(graph, actuators, tmp_path):
    """Where they are is not known. Neither does a calibration that changes meanwhile move anything."""
    file = tmp_path / "head.yaml"
    file.write_text(SMALL.format(name="small", maximum=0.4))
    forward = graph.listen("face/commands", Float64MultiArray)
    mode = graph.listen("joint_mode", String, qos.latched())
    node = actuators(calibration=str(file), use_joint_states=False)
    assert trigger(graph, "emergency_stop").success
    mode.until(lambda all_: all_ and all_[-1].data == "stopped", "the stop")
    file.write_text(SMALL.format(name="changed", maximum=0.2))
    assert trigger(graph, "reload").success
    node.until_log("calibration 'changed'")
    time.sleep(0.5)
    assert not forward


def test_an_emergency_stop_ends_the_way_to_neutral_where_the_joints_are(graph, actuators, tmp_path):
    """Their controllers have the whole way already; those whose positions are not known are named."""
    text = SMALL.format(name="small", maximum=0.4) + "  - {name: neck, kind: trajectory, joints: [yaw]}\n"
    (tmp_path / "head.yaml").write_text(text)
    neck = graph.listen("neck/joint_trajectory", JointTrajectory)
    node = actuators(calibration=str(tmp_path / "head.yaml"), ramp=30.0)
    with reporting(graph, yaw=0.4):
        assert engage(graph).success
        neck.until(lambda all_: all_ and all_[-1].points[0].time_from_start.sec == 30, "the way to neutral")
        assert engage(graph, on=False).success  # which leaves them on the way
        assert trigger(graph, "emergency_stop").success
        [point] = neck.until(lambda all_: not all_[-1].points[0].time_from_start.sec and all_[-1], "the stop").points
    assert list(point.positions) == [0.4]
    node.until_log("joint_states lacks jaw, yaw: ")


def test_a_dry_run_does_not_end_while_the_joints_are_engaged(graph, actuators, face, tmp_path):
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    forward, preview = graph.listen("face/commands", Float64MultiArray), graph.listen("joint_preview", JointState)
    mode = graph.listen("joint_mode", String, qos.latched())
    actuators(calibration=str(tmp_path / "head.yaml"), dry_run=True, engage=True, use_joint_states=False)
    face().show(jawOpen=1.0)
    preview.until(lambda all_: all_ and abs(all_[-1].position[0] - 0.4) < 0.01, "the preview to open the jaw")
    refused = graph.set("/actuators", "dry_run", False)
    assert not refused.successful
    assert "disengaged" in refused.reason
    assert engage(graph, on=False).success
    mode.until(lambda all_: all_[-1].data == "disengaged", "neutral")
    assert not forward
    assert graph.set("/actuators", "dry_run", False).successful
    assert engage(graph).success
    until(forward, 1, 0.4)
    assert list(forward[0].data) == [0.0, 0.0]  # with the ramp


def test_the_joints_go_to_neutral_when_the_head_dies_and_come_back_with_it(graph, actuators, face, tmp_path):
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    forward = graph.listen("face/commands", Float64MultiArray)
    actuators(
        calibration=str(tmp_path / "head.yaml"),
        engage=True, use_joint_states=False, motion_timeout=0.3, motion_neutral=1.0,
    )  # fmt: skip
    robot = face()
    robot.show(yaw=0.3, jawOpen=1.0)
    until(forward, 1, 0.4)
    robot.die()
    until(forward, 1, 0.0, 1e-3)
    until(forward, 0, 0.0, 1e-3)
    robot = face()
    robot.show(yaw=0.3, jawOpen=1.0)
    until(forward, 1, 0.4)


def test_a_controller_that_starts_while_the_joints_rest_is_sent_their_positions_once(graph, actuators, face, tmp_path):
    text = SMALL.format(name="small", maximum=0.4) + "  - {name: neck, kind: trajectory, joints: [yaw]}\n"
    (tmp_path / "head.yaml").write_text(text)
    forward, preview = graph.listen("face/commands", Float64MultiArray), graph.listen("joint_preview", JointState)
    actuators(calibration=str(tmp_path / "head.yaml"), engage=True, use_joint_states=False)
    robot = face()
    robot.show(yaw=0.3, jawOpen=1.0)
    wanted = pytest.approx([0.3, 0.4], abs=1e-3)
    graph.until(lambda: at_rest(preview) and quiet(forward) and list(forward[-1].data) == wanted, "rest")
    late, trajectory = (
        graph.listen("face/commands", Float64MultiArray),
        graph.listen("neck/joint_trajectory", JointTrajectory),
    )
    assert list(late.until(lambda all_: all_, "the positions")[0].data) == wanted
    [point] = trajectory.until(lambda all_: all_, "a trajectory")[0].points
    assert point.positions[0] == pytest.approx(0.3, abs=1e-3)
    assert point.time_from_start == Duration(nanosec=300_000_000)  # the ramp: the joint may be anywhere
    assert quiet(late)


def test_a_head_that_is_deactivated_brings_the_joints_to_neutral_itself(graph, actuators, tmp_path):
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    forward = graph.listen("face/commands", Float64MultiArray)
    actuators(calibration=str(tmp_path / "head.yaml"), engage=True, use_joint_states=False)
    head = graph.run([sys.executable, str(GRIMACING)], images=False, neutral_ramp=1.0)
    head.until_log("active")
    motions = graph.listen("motion", FaceMotion, qos.recording())
    until(forward, 1, 0.2)
    have = len(forward)
    assert graph.change("head", Transition.TRANSITION_DEACTIVATE)
    until(forward, 1, 0.0, 1e-4)
    until(forward, 0, 0.0, 1e-4)
    jaw, frames = np.array([(each.values[ARKIT_INDEX["jawOpen"]], each.frame) for each in motions]).T
    assert np.abs(np.diff(jaw) / np.diff(frames)).max() < 0.15  # a ramp of one second, not a jump
    assert np.diff([message.data[1] for message in forward[have - 1 :]]).max() < 0.01


def test_the_mouth_closes_when_no_audio_arrives(graph, actuators, face, tmp_path):
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    forward = graph.listen("face/commands", Float64MultiArray)
    actuators(calibration=str(tmp_path / "head.yaml"), engage=True, use_joint_states=False, audio_timeout=1.0)
    status = graph.publisher("status", StreamStatus, qos.status())
    robot = face()
    robot.show(yaw=0.3, jawOpen=1.0)

    def opened():
        message = StreamStatus()
        message.other_audio.receiving = True
        status.publish(message)
        return forward and abs(forward[-1].data[1] - 0.4) < 0.01

    graph.until(opened, "the jaw to open")
    until(forward, 1, 0.0, 1e-3)
    assert forward[-1].data[0] == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_the_joints_go_to_neutral_when_the_node_ends(graph, actuators, face, tmp_path, by):
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    forward = graph.listen("face/commands", Float64MultiArray)
    node = actuators(calibration=str(tmp_path / "head.yaml"), engage=True, use_joint_states=False)
    robot = face()
    robot.show(yaw=0.3, jawOpen=1.0)
    until(forward, 1, 0.4)
    assert node.stop(by) == 0
    until(forward, 1, 0.0, 1e-3)
    assert forward[-1].data[0] == pytest.approx(0.0, abs=1e-3)
    assert "the joints rest" in node.log
