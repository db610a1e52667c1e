"""The actuators node as a process: motion in, commands of controllers out, calibrations and regions."""

import json
import shutil
import sys
import time

import numpy as np
import pytest
from builtin_interfaces.msg import Duration
from dystream_ros.srv import ControlRegion
from joints import PEER, RESEARCH, SMALL, at_rest, engage, quiet, reporting, trigger, until
from peer_messages import overlay
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, String
from trajectory_msgs.msg import JointTrajectory

from dystream_ros.nodes.actuators.node import timing
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.parameters import ActuatorsSettings


def fastest(preview, joint):
    """The highest speed of a joint, rad/s; the way between two messages depends on the load of the machine."""
    return max(abs(each.velocity[list(each.name).index(joint)]) for each in preview)


def test_motions_become_trajectories_commands_and_a_preview(graph, actuators, face):
    neck = graph.listen("neck_controller/joint_trajectory", JointTrajectory)
    jaw = graph.listen("face_controller/joint_trajectory", JointTrajectory)
    forward = graph.listen("position_controller/commands", Float64MultiArray)
    preview = graph.listen("joint_preview", JointState)
    mode = graph.listen("joint_mode", String, qos.latched())
    node = actuators(calibration="research", engage=True, use_joint_states=False)
    log = node.until_log("position_controller/commands (forward): neck_yaw, neck_pitch")
    assert "hri_msgs is not installed" in log
    robot = face()
    robot.show(yaw=0.4, jawOpen=0.5)
    order = RESEARCH.controllers[2].joints
    until(forward, order.index("neck_yaw"), 0.4, 0.02)
    until(forward, order.index("jaw"), 0.248, 0.02)
    first, last = neck[0], neck[-1]
    assert list(last.joint_names) == ["neck_yaw", "neck_pitch", "neck_roll"]
    assert last.header.stamp.sec == 0  # start now
    assert len(last.points) == 1
    assert last.points[0].time_from_start == Duration(nanosec=20_000_000)
    assert len(last.points[0].velocities) == 3
    # Where the joints are is not known: the first command leaves them the whole ramp.
    assert first.points[0].time_from_start == Duration(nanosec=300_000_000)
    assert not any(first.points[0].positions)
    assert list(preview[-1].name) == list(RESEARCH.names)
    assert [each.data for each in mode][-2:] == ["engaging", "engaged"]
    assert jaw
    # The commands obey the limits as they arrive.
    positions = np.array([message.data for message in forward])
    limits = {joint.name: joint for joint in RESEARCH.joints}
    for index, name in enumerate(order):
        assert positions[:, index].min() >= limits[name].minimum - 1e-6
        assert positions[:, index].max() <= limits[name].maximum + 1e-6
    # A face at rest sends nothing.
    robot.show(yaw=0.4)
    graph.until(lambda: at_rest(preview) and quiet(forward), "rest")
    count = len(neck), len(forward), len(preview)
    time.sleep(0.5)
    assert (len(neck), len(forward), len(preview)) == count


def test_it_starts_from_the_positions_of_the_joints(graph, actuators, face, tmp_path):
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    forward, preview = graph.listen("face/commands", Float64MultiArray), graph.listen("joint_preview", JointState)
    actuators(calibration=str(tmp_path / "head.yaml"), ramp=1.0)
    face()
    with reporting(graph, yaw=0.45, other=7.0, jaw=0.1):
        assert engage(graph).success
        until(forward, 0, 0.0)
    assert forward[0].data[0] == pytest.approx(0.45, abs=0.02)
    assert fastest(preview, "yaw") < 1.5  # 0.45 rad in a second; without the ramp more than 2 rad/s


def test_positions_that_are_no_longer_reported_are_not_where_the_joints_are(graph, actuators, tmp_path):
    """The driver has ended, and the joints may have been moved by hand."""
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    mode = graph.listen("joint_mode", String, qos.latched())
    node = actuators(calibration=str(tmp_path / "head.yaml"))
    with reporting(graph, yaw=0.45, jaw=0.1):
        assert engage(graph).success
        assert engage(graph, on=False).success
        mode.until(lambda all_: len(all_) > 2 and all_[-1].data == "disengaged", "neutral")
    time.sleep(2.1)  # positions count for 2 s
    assert engage(graph).success
    node.until_log("joint_states lacks jaw, yaw")


def test_joints_that_a_new_calibration_adds_have_the_whole_ramp(graph, actuators, face, tmp_path):
    """Where they are is not known; the others go on."""
    file = tmp_path / "head.yaml"
    file.write_text(SMALL.format(name="small", maximum=0.4))
    forward = graph.listen("face/commands", Float64MultiArray)
    neck = graph.listen("neck/joint_trajectory", JointTrajectory)
    actuators(calibration=str(file), engage=True, use_joint_states=False)
    face().show(yaw=0.3, jawOpen=1.0)
    until(forward, 0, 0.3)
    have = len(forward)
    tilt = "  tilt: {region: head, inputs: {headRoll: 1.0}, minimum: -0.5, neutral: 0.1, maximum: 0.5}\n"
    text = SMALL.format(name="more", maximum=0.4).replace("controllers:", tilt + "controllers:")
    file.write_text(text + "  - {name: neck, kind: trajectory, joints: [tilt]}\n")
    assert trigger(graph, "reload").success
    [point] = neck.until(lambda all_: all_ and all_[0], "the new joint").points
    assert point.positions[0] == pytest.approx(0.1)
    assert point.time_from_start == Duration(nanosec=300_000_000)
    until(forward, 0, 0.3)
    assert min(message.data[0] for message in forward[have:]) > 0.25


def test_a_calibration_is_changed_while_it_runs_and_one_with_errors_is_refused(graph, actuators, face, tmp_path):
    file = tmp_path / "head.yaml"
    file.write_text(SMALL.format(name="small", maximum=0.4))
    forward = graph.listen("face/commands", Float64MultiArray)
    node = actuators(calibration=str(file), engage=True, use_joint_states=False)
    robot = face()
    robot.show(jawOpen=1.0)
    until(forward, 1, 0.4)
    have = len(forward)
    file.write_text(SMALL.format(name="wrong", maximum=0.4).replace("jawOpen", "jawOpn"))
    refused = trigger(graph, "reload")
    assert not refused.success
    assert f"{file}:5: joints.jaw.inputs.jawOpn: " in refused.message
    assert not graph.set("/actuators", "calibration", str(tmp_path / "none.yaml")).successful
    time.sleep(0.2)
    assert forward[-1].data[1] == pytest.approx(0.4, abs=0.01)
    file.write_text(SMALL.format(name="changed", maximum=0.2))
    robot.die()  # the last motion counts on, also for the new calibration
    assert trigger(graph, "reload").success
    until(forward, 1, 0.2)
    node.until_log("calibration 'changed'")
    # From where it was, not from neutral: some messages of the new controllers may come before they are discovered.
    assert min(message.data[1] for message in forward[have:]) > 0.2 - 0.01
    shutil.copy(file, tmp_path / "other.yaml")
    assert graph.set("/actuators", "calibration", str(tmp_path / "other.yaml")).successful


@pytest.mark.parametrize("order", ["disengage, reload", "reload, disengage"])
def test_joints_that_disengage_beside_a_reload_end_in_neutral(graph, actuators, face, tmp_path, order):
    slow = "maximum_velocity: 0.4, maximum_acceleration: 1.0, maximum_jerk: 5.0"  # half a second to brake
    file = tmp_path / "head.yaml"
    file.write_text(SMALL.format(name="slow", maximum=0.4).replace("maximum_velocity: 6.0", slow))
    forward = graph.listen("face/commands", Float64MultiArray)
    mode = graph.listen("joint_mode", String, qos.latched())
    node = actuators(calibration=str(file), engage=True, use_joint_states=False)
    face().show(yaw=0.5)
    until(forward, 0, 0.5)
    for step in order.split(", "):
        if step == "disengage":
            assert engage(graph, on=False).success
            if order.startswith(step):
                forward.until(lambda all_: all_[-1].data[0] < 0.4, "the way to neutral")
        else:
            assert trigger(graph, "reload").success
    graph.until(lambda: node.log.count("calibration 'slow'") == 2, "the reload")
    until(forward, 0, 0.0)
    mode.until(lambda all_: all_[-1].data == "disengaged", "the end")


def test_engaging_while_the_joints_brake_for_another_calibration_is_refused(graph, actuators, face, tmp_path):
    slow = "maximum_velocity: 0.1, maximum_acceleration: 0.05, maximum_jerk: 1.0"  # two seconds to brake
    text = SMALL.format(name="slow", maximum=0.4).replace("maximum_velocity: 6.0", slow)
    (tmp_path / "head.yaml").write_text(text)
    preview, mode = graph.listen("joint_preview", JointState), graph.listen("joint_mode", String, qos.latched())
    actuators(calibration=str(tmp_path / "head.yaml"), engage=True, use_joint_states=False)
    face().show(yaw=0.5)
    preview.until(lambda all_: all_ and all_[-1].velocity[1] > 0.09, "full speed")
    assert engage(graph, on=False).success
    assert trigger(graph, "reload").success
    refused = engage(graph)
    assert not refused.success
    assert "again" in refused.message
    mode.until(lambda all_: all_[-1].data == "disengaged", "the other calibration")
    assert engage(graph).success


def test_another_node_takes_a_region_and_gives_it_back(graph, actuators, face, tmp_path):
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    forward, preview = graph.listen("face/commands", Float64MultiArray), graph.listen("joint_preview", JointState)
    actuators(calibration=str(tmp_path / "head.yaml"), engage=True, use_joint_states=False)
    robot = face()
    robot.show(yaw=0.3, jawOpen=0.5)
    until(forward, 0, 0.3)
    del preview[:]

    def control(action, region="head", owner="gaze"):
        request = ControlRegion.Request(action=action, region=region, owner=owner, blend=0.6, timeout=5.0)
        return graph.call("/actuators/control_region", ControlRegion, request)

    joints = graph.publisher("region/head/joints", JointState, qos.motion())
    assert control(ControlRegion.Request.TAKE).success
    joints.publish(JointState(name=["yaw"], position=[-0.4]))  # at once: it is the blend that makes the way slow
    refused = control(ControlRegion.Request.TAKE, owner="gesture")
    assert not refused.success
    assert "'gaze'" in refused.message
    assert "no joints" in control(ControlRegion.Request.TAKE, region="eyes").message
    until(forward, 0, -0.4)
    assert control(ControlRegion.Request.GIVE_BACK).success
    until(forward, 0, 0.3)
    assert fastest(preview, "yaw") < 3.0  # 0.7 rad in 0.6 s of minimum jerk: 2.2 rad/s; the limit is 6


def test_without_a_calibration_it_runs_says_why_and_takes_one_later(graph, tmp_path):
    mode = graph.listen("joint_mode", String, qos.latched())
    node = graph.start("actuators", calibration="reserach")
    try:
        node.until_log("reserach")
        assert not engage(graph).success
        assert graph.set("/actuators", "calibration", "beginner").successful
        mode.until(lambda all_: all_ and all_[-1].data == "disengaged", "a calibration")
    finally:
        assert node.stop() == 0


def test_the_face_is_published_as_action_units_and_expression_where_hri_msgs_is_installed(
    graph, actuators, face, tmp_path
):
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    installed = overlay("ros4hri")
    node = actuators(calibration=str(tmp_path / "head.yaml"), overlay=installed)
    assert "hri_msgs is not installed" not in node.log
    companion = graph.run([sys.executable, PEER], overlay=installed)
    robot = face()
    robot.show(jawOpen=0.8, mouthSmileLeft=0.9, mouthSmileRight=0.9, cheekSquintLeft=0.6, cheekSquintRight=0.6)

    def received(key):
        lines = [json.loads(line) for line in companion.log.splitlines() if line.startswith("{") and line[-1] == "}"]
        return [line for line in lines if key in line]

    def smiles():
        return [each for each in received("intensity") if each["intensity"][12] > 0.5]

    graph.until(smiles, "action unit 12")
    units = smiles()[-1]
    assert len(units["intensity"]) == len(units["confidence"]) == 99
    assert units["intensity"][26] > 0.3  # jaw drop
    assert units["intensity"][4] == 0.0  # brow lowerer
    assert units["confidence"][12] == 1.0
    assert units["stamp"] > 0
    happy = graph.until(
        lambda: [each for each in received("expression") if each["expression"] == "happy"], "a happy face"
    )[-1]
    assert happy["valence"] > 0.3
    assert 0 < happy["confidence"] <= 1


def test_joints_follow_the_middle_of_a_frame_whose_sound_comes_half_a_frame_after_the_first():
    times = timing(ActuatorsSettings(sound_delay=0.12, ramp=1.5, audio_timeout=7.0))
    assert times.sound_delay == pytest.approx(0.14)
    assert (times.ramp, times.watchdogs.audio) == (1.5, 7.0)
