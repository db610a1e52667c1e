"""Several heads in one process: each with its own topics, services and seed, on one copy of the weights."""

import os
import re

import numpy as np
import pytest
from dystream_ros.msg import FaceMotion, MotionLayout
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from std_srvs.srv import Trigger

from dystream_ros.models.runtime import Runtime
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.nodes.head.several import SharedModels, namespaces

PERIOD_NS = 40_000_000
LATCHED = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)


def test_names_of_the_heads_are_given_or_numbered():
    assert namespaces(["3"]) == ["robot_1", "robot_2", "robot_3"]
    assert namespaces(["left", "/stage/right/"]) == ["left", "stage/right"]
    for wrong in (["0"], ["17"], ["-1"], ["left", "left"], ["left side"], []):
        with pytest.raises(ValueError, match="accepted"):
            namespaces(wrong or ["0"])


def test_heads_share_the_weights_and_the_last_one_frees_them():
    models, name = SharedModels(), "compact"
    first, second = models.load(name, Runtime()), models.load(name, Runtime())
    assert first.network is second.network
    assert models.load(name, Runtime(threads=2)).network is not first.network
    del first, second
    assert models._networks.get((name, Runtime())) is None


@pytest.fixture(scope="module")
def heads(graph):
    command = [os.sys.executable, "-m", "dystream_ros.nodes.head", "--heads", "left", "right"]
    parameters = {"images": False, "look_at_timeout": 0.0, "step_together": 0.015}
    process = graph.run(command, remap={"__ns": "/stage", "/stage/right/motion": "/moved"}, **parameters)
    motions = {
        "left": graph.listen("/stage/left/motion", FaceMotion),
        "right": graph.listen("/moved", FaceMotion),
    }
    for each in motions.values():
        each.until(bool, "motion of both heads")
    return process, motions


def test_each_head_has_its_own_topics_and_services(graph, heads):
    process, motions = heads
    generations = {side: motions[side].next()[-1].generation for side in motions}
    assert graph.call("/stage/left/head/reset", Trigger, Trigger.Request()).success
    motions["left"].until(lambda all_: all_[-1].generation == generations["left"] + 1, "a new generation")
    assert motions["right"].next()[-1].generation == generations["right"]
    layouts = graph.listen("/stage/right/motion_layout", MotionLayout, LATCHED)
    layouts.until(bool, "a layout")
    assert process.running


def test_parameters_count_for_one_head_and_the_other_keeps_its_own(graph, heads):
    _, motions = heads
    assert graph.set("/stage/right/head", "head_motion_size", 0.0).successful
    motions["right"].until(lambda all_: abs(all_[-1].head_pose.position.x) < 1e-6, "a still head")
    assert any(np.any(np.asarray(each.values) > 0.01) for each in motions["left"].next(5))


def test_frames_of_all_heads_are_on_one_grid(heads):
    _, motions = heads
    left, right = (nanoseconds(motions[side].next()[-1].header.stamp) for side in ("left", "right"))
    apart = (left - right + PERIOD_NS // 2) % PERIOD_NS - PERIOD_NS // 2
    assert abs(apart) < 2_000_000  # the clocks of ROS and of the frames are read one after the other


def test_frames_that_are_due_together_are_computed_together(heads):
    process, _ = heads
    process.until_log("computed as batches")


def test_all_heads_return_to_neutral_and_the_process_ends(heads):
    process, motions = heads
    assert process.stop() == 0
    frames, steps = map(int, re.search(r"(\d+) frames were computed in (\d+) steps", process.log).groups())
    assert steps < frames
    for each in motions.values():
        assert np.abs(each[-1].values).max() < 1e-3


def test_a_wrong_number_of_heads_is_refused(graph):
    process = graph.run([os.sys.executable, "-m", "dystream_ros.nodes.head", "--heads", "0"])
    assert process.wait() == 2
    assert "accepted is 1 to 16" in process.log
