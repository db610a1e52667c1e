"""The simulated head as a process: commands of `actuators` in, positions of joints out, and the film's recording."""

import numpy as np
import pytest

# Not mujoco itself, which would choose a window system before the simulation asks for none.
pytest.importorskip("dystream_ros.simulation.head", reason="part robot of requirements.txt")

from builtin_interfaces.msg import Duration
from joints import RESEARCH, Face, engage
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from dystream_ros.nodes.common import qos
from dystream_ros.simulation.joint_recording import JointRecording

NECK = ["neck_yaw", "neck_pitch", "neck_roll"]


@pytest.fixture(scope="module")
def simulated(graph, tmp_path_factory):
    recording = tmp_path_factory.mktemp("simulated") / "joints.csv"
    process = graph.start("simulated_head", output=str(recording))
    process.until_log("face_controller/joint_trajectory (trajectory)")
    return process, recording


@pytest.fixture(scope="module")
def states(graph, simulated):
    return graph.listen("joint_states", JointState, qos.motion())


@pytest.fixture(scope="module")
def neck(graph, simulated):
    return graph.publisher("neck_controller/joint_trajectory", JointTrajectory, qos.motion())


def until(states, name, value, tolerance=0.03):
    index = RESEARCH.names.index(name)
    return states.until(
        lambda all_: all_ and abs(all_[-1].position[index] - value) < tolerance and all_[-1], f"{name} at {value}"
    )


def point(seconds, *positions):
    return JointTrajectoryPoint(
        positions=list(map(float, positions)),
        time_from_start=Duration(sec=int(seconds), nanosec=round(seconds % 1 * 1e9)),
    )


def test_joint_states_name_every_joint_with_velocity_and_torque(states):
    [first] = states.next()
    assert tuple(first.name) == RESEARCH.names
    assert len(first.position) == len(first.velocity) == len(first.effort) == len(RESEARCH.names)


def test_a_trajectory_of_several_points_is_followed_in_any_order_of_joints(simulated, states, neck):
    points = [point(0.3, 0.0, 0.0, 0.5), point(0.8, 0.0, 0.2, -0.3)]
    neck.publish(JointTrajectory(joint_names=["neck_roll", "neck_pitch", "neck_yaw"], points=points))
    until(states, "neck_yaw", 0.5, 0.1)
    until(states, "neck_yaw", -0.3)
    until(states, "neck_pitch", 0.2, 0.06)  # against gravity


@pytest.mark.parametrize(
    ("names", "points", "message"),
    [
        (["neck_yaw"], [point(0.1, 0.1)], "joints neck_yaw; accepted are neck_yaw, neck_pitch, neck_roll"),
        (NECK, [], "the trajectory has no points"),
        (NECK, [point(0.1, 0.1)], "1 positions for 3 joints"),
        (NECK, [point(0.1, float("nan"), 0, 0)], "positions that are not finite"),
        (NECK, [point(0.2, 0, 0, 0), point(0.2, 0, 0, 0)], "point 1 is not later"),
    ],
)
def test_a_trajectory_that_no_controller_accepts_is_refused(neck, message, names, points):
    from dystream_ros.nodes.simulated_head.commands import CommandRefused, trajectory_points

    with pytest.raises(CommandRefused, match=message):
        trajectory_points(JointTrajectory(joint_names=names, points=points), NECK, 0.0)


def test_a_refused_trajectory_is_reported_and_moves_nothing(simulated, states, neck):
    neck.publish(JointTrajectory(joint_names=["tail"], points=[point(0.1, 0.1)]))
    simulated[0].until_log("joints tail; accepted are neck_yaw, neck_pitch, neck_roll")
    until(states, "neck_yaw", -0.3)


def test_the_face_moves_the_joints_through_the_node_actuators(graph, simulated, states):
    actuators = graph.start("actuators", ramp=0.5, neutral_ramp=0.3)
    actuators.until_log("calibration")
    face = Face(graph)
    # Its subscription and this one; then some messages, until both have found the publisher.
    graph.until(lambda: graph.node.count_subscribers("joint_states") >= 2, "actuators to subscribe to joint_states")
    states.next(150)
    try:
        assert engage(graph).success
        # From the positions that the simulated head reports: the neck is not at neutral.
        face.show(yaw=0.4, jawOpen=0.7)
        until(states, "neck_yaw", 0.4)
        until(states, "jaw", 0.32, 0.05)
    finally:
        face.die()
    actuators.stop()
    until(states, "jaw", 0.0, 0.01)
    assert "joint_states lacks" not in actuators.log


def test_a_second_head_with_the_same_recording_is_refused(graph, simulated):
    _, path = simulated
    second = graph.start("simulated_head", output=str(path))
    assert second.wait() == 2
    assert f"{path} is being written by another program; wait for its end, or give another name" in second.log


def test_the_recording_holds_what_was_published(simulated, states):
    process, path = simulated
    assert process.stop() == 0
    recording = JointRecording.read(path)
    assert recording.names == RESEARCH.names
    assert np.all(np.diff(recording.stamps) > 0)
    last = states[-1]
    stamp = last.header.stamp.sec + 1e-9 * last.header.stamp.nanosec
    assert recording.at(np.array([stamp]))[0] == pytest.approx(np.array(last.position), abs=1e-3)
    assert np.abs(recording.position - recording.desired).max() < 0.4


def test_a_head_without_these_joints_is_refused(graph):
    refused = graph.start("simulated_head", calibration="full")
    assert refused.wait() == 2
    assert "the simulated head has no joints" in refused.log
