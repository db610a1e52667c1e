"""Other nodes say where to look, what to feel and what to do, and the head shows it."""

import sys
from pathlib import Path

import numpy as np
import pytest
from builtin_interfaces.msg import Duration
from dystream_ros.msg import FaceExpression, FaceGesture, FaceMotion, StreamStatus
from geometry_msgs.msg import PointStamped
from peer_messages import overlay
from std_srvs.srv import SetBool

from dystream_ros.face import numbers as n
from dystream_ros.face.eyes import eye_angles
from dystream_ros.face.head_pose import pose_from_quaternion

_PEER = Path(__file__).parents[2] / "shared" / "peer_expression.py"


@pytest.fixture(scope="module")
def head(graph):
    head = graph.start("head", images=False, look_at_timeout=0.0, look_at_transforms="camera 0 0.1 0 0 0 1.5708")
    head.until_log("active")
    return head


@pytest.fixture(scope="module")
def motions(graph, head):
    return graph.listen("motion", FaceMotion)


def numbers(message):
    pose = message.head_pose
    turn = pose.orientation
    roll, pitch, yaw = pose_from_quaternion(turn.x, turn.y, turn.z, turn.w)
    return np.array([*message.values, roll, pitch, yaw, pose.position.x, pose.position.y, pose.position.z])


def until(motions, condition, what):
    return motions.until(lambda all_: all_ and condition(numbers(all_[-1])) and all_[-1], what)


def gaze_yaw(now):
    return np.degrees(eye_angles(now)[:, 0].mean() + now[n.YAW])


@pytest.fixture(scope="module")
def points(graph, head):
    return graph.publisher("look_at", PointStamped)


def point(frame, x, y, z):
    message = PointStamped()
    message.header.frame_id = frame
    message.point.x, message.point.y, message.point.z = float(x), float(y), float(z)
    return message


def test_the_face_looks_at_a_point_in_its_own_frame_and_in_that_of_a_static_transform(points, motions):
    points.publish(point("face", 1, 0.4, 0))
    until(motions, lambda now: 16 < gaze_yaw(now) < 28, "a gaze to the left")
    # The camera looks to the left of the face, so a point on its right is before the face, here on the face's right.
    points.publish(point("camera", -0.5, -1.0, 0))
    until(motions, lambda now: -30 < gaze_yaw(now) < -15, "a gaze to the right")


def test_a_frame_that_is_unknown_is_reported_and_the_head_lives_on(graph, head, points, motions):
    statuses = graph.listen("status", StreamStatus)
    points.publish(point("gripper", 1, 0, 0))
    points.publish(point("face", -1, 0, 0))
    head.until_log("look_at_transforms, or install tf2_ros")
    statuses.until(
        lambda all_: all_ and dict(zip(all_[-1].counters, all_[-1].counts)).get("requests_refused", 0) >= 2, "a counter"
    )
    motions.next()


def test_an_expression_and_a_gesture_are_shown_and_fade(graph, head, motions):
    assert "expression is a dystream_ros/FaceExpression" in head.log
    expressions = graph.publisher("expression", FaceExpression)
    gestures = graph.publisher("gesture", FaceGesture)
    expressions.publish(FaceExpression(name="happy", intensity=1.0, duration=Duration(sec=2)))
    until(motions, lambda now: now[n.INDEX["mouthSmileLeft"]] > 0.65, "a smile")
    gestures.publish(FaceGesture(name="tilt_right", intensity=1.0))
    until(motions, lambda now: now[n.ROLL] > 0.12, "a tilt")
    until(motions, lambda now: now[n.INDEX["mouthSmileLeft"]] < 0.3, "no smile")
    expressions.publish(FaceExpression(name="grim", intensity=1.0))
    head.until_log("there is no expression 'grim'; accepted are neutral, angry")


def test_sleep_shuts_the_eyes_until_it_ends(graph, head, motions):
    assert graph.call("head/sleep", SetBool, SetBool.Request(data=True)).success
    until(motions, lambda now: now[n.INDEX["eyeBlinkLeft"]] > 0.95 and now[n.PITCH] > 0.1, "sleep")
    assert graph.call("head/sleep", SetBool, SetBool.Request(data=False)).success
    until(motions, lambda now: now[n.INDEX["eyeBlinkLeft"]] < 0.3, "open eyes")


def test_a_dial_takes_effect_at_once_and_bad_transforms_are_refused(graph, head, motions, points):
    points.publish(point("", 1, 0, 0))
    assert graph.set("head", "head_motion_size", 0.0).successful
    until(motions, lambda now: abs(now[n.HEAD]).max() < 1e-3, "a still head")
    refused = graph.set("head", "look_at_transforms", "camera 1 2")
    assert not refused.successful
    assert "accepted is 'frame x y z roll pitch yaw'" in refused.reason
    assert not graph.set("head", "eye_contact_listening", 2.5).successful


def test_an_expression_of_hri_msgs_is_shown_where_the_package_is_installed(graph):
    peers = overlay("ros4hri")
    head = graph.start("head", remap={"__ns": "/robot", "expression": "/expression"}, overlay=peers, images=False)
    head.until_log("active")
    motions = graph.listen("/robot/motion", FaceMotion)
    graph.run([sys.executable, str(_PEER), "surprised"], overlay=peers)
    until(motions, lambda now: now[n.INDEX["browOuterUpLeft"]] > 0.6, "raised brows")
