"""The actuators node as a process: motion in, commands of controllers out, and what stops them."""

import importlib.util
import json
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from builtin_interfaces.msg import Duration
from dystream_ros.msg import FaceMotion, StreamStatus
from dystream_ros.srv import ControlRegion
from lifecycle_msgs.msg import Transition
from peer_messages import overlay
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64MultiArray, String
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory

from dystream_ros.actuators.calibration_file import read_calibration
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.face.head_pose import quaternion_from_pose
from dystream_ros.nodes.actuators.node import calibration_path
from dystream_ros.nodes.common import qos

GRIMACING = Path(__file__).parents[1] / "head" / "grimacing_head.py"  # holds every coefficient at 0.5
PEER = importlib.util.find_spec("peer_face").origin  # it imports hri_msgs, which is not installed here
RESEARCH = read_calibration(calibration_path("research"))
SMALL = """\
format: 1
name: {name}
defaults: {{maximum_velocity: 6.0}}
joints:
  jaw: {{region: mouth, inputs: {{jawOpen: 0.4}}, minimum: 0.0, neutral: 0.0, maximum: {maximum}}}
  yaw: {{region: head, inputs: {{headYaw: 1.0}}, minimum: -0.5, neutral: 0.0, maximum: 0.5}}
controllers:
  - {{name: face, kind: forward, joints: [yaw, jaw]}}
"""


class Face(threading.Thread):
    """A head: 25 motions per second, with the present values, until it dies."""

    def __init__(self, graph):
        super().__init__(daemon=True)
        self._graph = graph
        self._publisher = graph.publisher("motion", FaceMotion, qos.motion())
        self.values = np.zeros(52)
        self.yaw = 0.0
        self._frame, self._over = 0, threading.Event()
        self.start()

    def show(self, yaw=None, **values):
        for name, value in values.items():
            self.values[ARKIT_INDEX[name]] = value
        self.yaw = self.yaw if yaw is None else yaw

    def run(self):
        while not self._over.wait(0.04):
            motion = FaceMotion(
                frame=self._frame, names=list(ARKIT_NAMES), values=self.values.astype(np.float32).tolist()
            )
            motion.header.stamp = self._graph.node.get_clock().now().to_msg()
            x, y, z, w = quaternion_from_pose(np.array([0.0, 0.0, self.yaw]))
            orientation = motion.head_pose.orientation
            orientation.x, orientation.y, orientation.z, orientation.w = x, y, z, w
            self._publisher.publish(motion)
            self._frame += 1

    def die(self):
        self._over.set()
        self.join()
        self._graph.node.destroy_publisher(self._publisher)


@pytest.fixture
def face(graph):
    """face() starts a head; all end with the test."""
    faces = []

    def start():
        faces.append(Face(graph))
        return faces[-1]

    yield start
    for each in faces:
        if each.is_alive():
            each.die()


@pytest.fixture
def actuators(graph):
    """actuators(...) starts the node; it ends with the test."""
    started = []

    def start(**parameters):
        started.append(graph.start("actuators", **{"ramp": 0.3, "neutral_ramp": 0.3, **parameters}))
        started[-1].until_log("calibration")
        return started[-1]

    yield start
    for process in started:
        process.stop()


def engage(graph, on=True):
    return graph.call("/actuators/engage", SetBool, SetBool.Request(data=on))


def trigger(graph, service):
    return graph.call(f"/actuators/{service}", Trigger, Trigger.Request())


def until(messages, index, value, tolerance=0.01):
    """Wait until a forward command has this value."""
    return messages.until(lambda all_: all_ and abs(all_[-1].data[index] - value) < tolerance, f"{value} at {index}")


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
    graph.until(lambda: _quiet(forward), "silence at rest")
    count = len(neck), len(forward), len(preview)
    time.sleep(0.5)
    assert (len(neck), len(forward), len(preview)) == count


def _quiet(messages, seconds=0.3):
    count = len(messages)
    time.sleep(seconds)
    return count and len(messages) == count


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


def test_it_starts_from_the_positions_of_the_joints(graph, actuators, face, tmp_path):
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    forward = graph.listen("face/commands", Float64MultiArray)
    actuators(calibration=str(tmp_path / "head.yaml"), ramp=1.0)
    states = graph.publisher("joint_states", JointState, qos.motion())
    states.publish(JointState(name=["yaw", "other", "jaw"], position=[0.45, 7.0, 0.1]))
    face()
    assert engage(graph).success
    until(forward, 0, 0.0)
    positions = np.array([message.data[0] for message in forward])
    assert positions[0] == pytest.approx(0.45, abs=0.02)
    assert np.abs(np.diff(positions)).max() < 0.06


@pytest.mark.parametrize("by", ["service", "topic"])
def test_an_emergency_stop_is_latched(graph, actuators, face, tmp_path, by):
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    forward = graph.listen("face/commands", Float64MultiArray)
    mode = graph.listen("joint_mode", String, qos.latched())
    actuators(calibration=str(tmp_path / "head.yaml"), engage=True, use_joint_states=False)
    robot = face()
    robot.show(yaw=0.3, jawOpen=0.5)
    until(forward, 0, 0.3)
    if by == "service":
        assert trigger(graph, "emergency_stop").success
    else:
        graph.publisher("emergency_stop", Bool, qos.motion()).publish(Bool(data=True))
    mode.until(lambda all_: all_[-1].data == "stopped", "the stop")
    graph.until(lambda: _quiet(forward), "the joints to stop")
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


def test_the_joints_go_to_neutral_when_the_head_dies_and_come_back_with_it(graph, actuators, face, tmp_path):
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    forward = graph.listen("face/commands", Float64MultiArray)
    actuators(calibration=str(tmp_path / "head.yaml"), engage=True, use_joint_states=False)
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
    forward = graph.listen("face/commands", Float64MultiArray)
    actuators(calibration=str(tmp_path / "head.yaml"), engage=True, use_joint_states=False)
    robot = face()
    robot.show(yaw=0.3, jawOpen=1.0)
    until(forward, 0, 0.3)
    graph.until(lambda: _quiet(forward), "silence at rest")
    late, trajectory = (
        graph.listen("face/commands", Float64MultiArray),
        graph.listen("neck/joint_trajectory", JointTrajectory),
    )
    assert list(late.next()[0].data) == pytest.approx([0.3, 0.4], abs=1e-3)
    [point] = trajectory.until(lambda all_: all_, "a trajectory")[0].points
    assert point.positions[0] == pytest.approx(0.3, abs=1e-3)
    assert point.time_from_start == Duration(nanosec=300_000_000)  # the ramp: the joint may be anywhere
    assert _quiet(late)


def test_a_head_that_is_deactivated_brings_the_joints_to_neutral_itself(graph, actuators, tmp_path):
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    forward = graph.listen("face/commands", Float64MultiArray)
    # The watchdog has no part in it.
    actuators(
        calibration=str(tmp_path / "head.yaml"),
        engage=True, use_joint_states=False, motion_neutral=600.0, audio_timeout=0.0,
    )  # fmt: skip
    head = graph.run([sys.executable, str(GRIMACING)], images=False, neutral_ramp=1.0)
    head.until_log("active")
    until(forward, 1, 0.2)
    have = len(forward)
    assert graph.change("head", Transition.TRANSITION_DEACTIVATE)
    until(forward, 1, 0.0, 1e-4)
    until(forward, 0, 0.0, 1e-4)
    way = np.array([message.data[1] for message in forward[have - 1 :]])
    assert np.abs(np.diff(way)).max() < 0.06  # a ramp of one second, not a jump
    assert np.diff(way).max() < 0.01


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


def test_a_calibration_is_changed_while_it_runs_and_one_with_errors_is_refused(graph, actuators, face, tmp_path):
    file = tmp_path / "head.yaml"
    file.write_text(SMALL.format(name="small", maximum=0.4))
    forward = graph.listen("face/commands", Float64MultiArray)
    node = actuators(calibration=str(file), engage=True, use_joint_states=False)
    robot = face()
    robot.show(jawOpen=1.0)
    until(forward, 1, 0.4)
    file.write_text(SMALL.format(name="wrong", maximum=0.4).replace("jawOpen", "jawOpn"))
    refused = trigger(graph, "reload")
    assert not refused.success
    assert f"{file}:5: joints.jaw.inputs.jawOpn: " in refused.message
    assert not graph.set("/actuators", "calibration", str(tmp_path / "none.yaml")).successful
    time.sleep(0.2)
    assert forward[-1].data[1] == pytest.approx(0.4, abs=0.01)
    file.write_text(SMALL.format(name="changed", maximum=0.2))
    assert trigger(graph, "reload").success
    until(forward, 1, 0.2)
    node.until_log("calibration 'changed'")
    positions = np.array([message.data[1] for message in forward])
    assert np.abs(np.diff(positions)).max() < 0.2  # 6 rad/s, and messages of a delayed tick
    shutil.copy(file, tmp_path / "other.yaml")
    assert graph.set("/actuators", "calibration", str(tmp_path / "other.yaml")).successful


def test_another_node_takes_a_region_and_gives_it_back(graph, actuators, face, tmp_path):
    (tmp_path / "head.yaml").write_text(SMALL.format(name="small", maximum=0.4))
    forward = graph.listen("face/commands", Float64MultiArray)
    actuators(calibration=str(tmp_path / "head.yaml"), engage=True, use_joint_states=False)
    robot = face()
    robot.show(yaw=0.3, jawOpen=0.5)
    until(forward, 0, 0.3)

    def control(action, region="head", owner="gaze"):
        request = ControlRegion.Request(action=action, region=region, owner=owner, blend=0.3, timeout=5.0)
        return graph.call("/actuators/control_region", ControlRegion, request)

    assert control(ControlRegion.Request.TAKE).success
    refused = control(ControlRegion.Request.TAKE, owner="gesture")
    assert not refused.success
    assert "'gaze'" in refused.message
    assert "no joints" in control(ControlRegion.Request.TAKE, region="eyes").message
    graph.publisher("region/head/joints", JointState, qos.motion()).publish(JointState(name=["yaw"], position=[-0.4]))
    until(forward, 0, -0.4)
    assert control(ControlRegion.Request.GIVE_BACK).success
    until(forward, 0, 0.3)
    assert np.abs(np.diff([message.data[0] for message in forward])).max() < 0.2


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
