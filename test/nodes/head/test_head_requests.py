"""Other nodes say where to look, what to feel and what to do, and the head shows it."""

import array
import contextlib
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from builtin_interfaces.msg import Duration
from dystream_ros.msg import AudioChunk, FaceExpression, FaceGesture, FaceMotion, StreamStatus
from geometry_msgs.msg import PointStamped
from peer_messages import overlay
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool, Trigger

from dystream_ros.assets import demo_conversation
from dystream_ros.face import numbers as n
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.face.eyes import eye_angles
from dystream_ros.face.head_pose import pose_from_quaternion
from dystream_ros.face.motion import POSE_NAMES
from dystream_ros.face.visemes import VISEMES
from dystream_ros.nodes.common import qos

_PEER = Path(__file__).parents[2] / "shared" / "peer_expression.py"


@pytest.fixture(scope="module")
def head(graph):
    head = graph.start("head", images=False, look_at_timeout=0.0, look_at_transforms="camera 0 0.1 0 0 0 1.5708")
    head.until_log("active")
    return head


@pytest.fixture(scope="module")
def motions(graph, head):
    return graph.listen("motion", FaceMotion)


@pytest.fixture(scope="module")
def voice(graph, head):
    """Says something of the shipped conversation for twelve seconds; the last utterance is cut off."""
    speech = soundfile.read(demo_conversation(), frames=12 * 16_000, dtype="int16")[0][:, 0]
    audio, said = graph.publisher("self/audio", AudioChunk), []

    def say():
        graph.call("head/interrupt", Trigger, Trigger.Request())
        said.append(True)
        chunk = AudioChunk(stream_id=len(said), sample_rate=16_000, channels=1, end_of_stream=True)
        chunk.data = array.array("h", speech.tobytes())
        audio.publish(chunk)

    return say


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
    head.until_log("look_at_transforms, or install tf2_msgs")
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


def refused(message):
    return dict(zip(message.counters, message.counts)).get("requests_refused", 0)


def test_a_request_that_is_published_as_soon_as_the_head_is_found_arrives(graph, head):
    statuses = graph.listen("status", StreamStatus)
    before = refused(statuses.next()[-1])
    names = [f"unknown_{index}" for index in range(20)]
    for name in names:
        publisher = graph.node.create_publisher(FaceGesture, "gesture", 1)
        graph.until(publisher.get_subscription_count, "a subscriber")  # which may not have found the publisher yet
        publisher.publish(FaceGesture(name=name, intensity=1.0))
        graph.until(publisher.wait_for_all_acked, "the head to have received it")
        graph.node.destroy_publisher(publisher)
    statuses.until(lambda all_: all_ and refused(all_[-1]) >= before + len(names), "all of them to be refused")


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


def test_the_interruption_of_a_gesture_makes_the_next_one_at_once(graph, motions):
    gestures = graph.publisher("gesture", FaceGesture)
    assert graph.set("head", "head_motion_size", 1.0).successful
    gestures.publish(FaceGesture(name="bow", intensity=1.0, duration=Duration(sec=20)))
    until(motions, lambda now: now[n.PITCH] > 0.3, "a bow")
    gestures.publish(FaceGesture(name="wink_left", intensity=1.0, interrupt=True))
    before = len(motions)
    until(motions, lambda now: now[n.INDEX["eyeBlinkLeft"]] > 0.9 and now[n.PITCH] < 0.1, "a wink without the bow")
    assert len(motions) - before < 25
    shown = motions[before:]
    pitch, frames = np.array([(numbers(each)[n.PITCH], each.frame) for each in shown]).T
    assert abs(np.diff(pitch) / np.diff(frames)).max() < 0.12


@pytest.mark.parametrize("rest", ["mute", "idle"])
def test_at_rest_the_lips_of_a_voice_are_still(graph, head, motions, voice, rest):
    def lips(now):
        return now[n.LIPS].max()

    voice()
    until(motions, lambda now: lips(now) > 0.2, "moving lips")
    assert graph.call(f"head/{rest}", SetBool, SetBool.Request(data=True)).success

    def still(all_):
        return len(all_) > 10 and all(each.speaking & 1 and lips(numbers(each)) < 0.03 for each in all_[-8:])

    motions.until(still, "still lips while self speaks")
    assert graph.call(f"head/{rest}", SetBool, SetBool.Request(data=False)).success
    until(motions, lambda now: lips(now) > 0.2, "moving lips again")


def test_coefficients_and_visemes_are_published_by_name(graph, head, motions, voice):
    previews, visemes = (graph.listen(topic, JointState) for topic in ("arkit_preview", "visemes"))
    preview = previews.until(lambda all_: all_ and all_[-1], "a preview")
    assert preview.name == [*ARKIT_NAMES, *POSE_NAMES]
    shown = motions.until(
        lambda all_: [each for each in all_ if each.header.stamp == preview.header.stamp], "its frame"
    )
    assert np.allclose(preview.position, numbers(shown[0]), atol=1e-6)
    voice()
    open_ = visemes.until(lambda all_: [each for each in all_ if each.position[0] < 0.2], "an open mouth")
    assert open_[0].name == list(VISEMES)
    assert sum(open_[0].position) == pytest.approx(1.0)


@pytest.fixture(scope="module")
def peers():
    """Variables with which hri_msgs and tf2_msgs can be imported."""
    first, second = overlay("visemes"), overlay("geometry2")
    return {name: f"{folder.partition(':')[0]}:{second[name]}" for name, folder in first.items()}


@pytest.fixture(scope="module")
def other_head(graph, peers):
    """A head where both packages are installed, with the names of PAL's robots."""
    names = {"expression": "/robot_face/expression", "look_at": "/robot_face/look_at", "viseme": "/tts/visemes"}
    head = graph.start("head", remap={"__ns": "/robot"} | names, overlay=peers, images=False, look_at_timeout=0.0)
    head.until_log("active")
    return head


@pytest.fixture(scope="module")
def other_motions(graph, other_head):
    return graph.listen("/robot/motion", FaceMotion)


def test_names_of_pals_robots_are_remap_targets_and_hri_msgs_gives_expressions_and_visemes(graph, other_motions, peers):
    peer = graph.run([sys.executable, str(_PEER), "surprised"], overlay=peers)
    until(
        other_motions,
        lambda now: now[n.INDEX["browOuterUpLeft"]] > 0.6 and gaze_yaw(now) > 16,
        "raised brows, a gaze aside",
    )
    peer.until_log("viseme ")  # of the mouth that surprise opens
    peer.stop()


def test_a_point_of_a_moving_frame_is_looked_at_by_the_transforms_of_tf(graph, other_head, other_motions, peers):
    graph.run([sys.executable, str(_PEER.with_name("peer_transforms.py"))], overlay=peers).until_log("publishing")
    points = graph.publisher("/robot_face/look_at", PointStamped)
    points.publish(point("face", 1, 0, 0))
    until(other_motions, lambda now: abs(gaze_yaw(now)) < 8, "a gaze ahead")

    def looks(frame, least, most):
        """Whether a point of a frame is looked at; it is sent again, as the transforms take some time to arrive."""
        for _ in range(15):
            points.publish(point(frame, 0, 0, 0))
            with contextlib.suppress(AssertionError):
                return other_motions.until(lambda all_: all_ and least < gaze_yaw(numbers(all_[-1])) < most, frame, 2.0)
        return False

    assert looks("person", 16, 28), "no gaze to the left, where the person is"
    assert looks("/mirrored", -28, -16), "no gaze to the right"
    # Each frame has a message of its own, however soon it follows that of another one.
    points.publish(point("nowhere", 0, 0, 0))
    other_head.until_log("there is no frame 'nowhere' on /tf and /tf_static")
    points.publish(point("island", 0, 0, 0))
    other_head.until_log("no transform from 'island' to 'face': the frames 'island' and 'face' are in different trees")
    other_head.until_log("accepted are finite numbers and a rotation other than 0")


def test_a_best_effort_publisher_of_requests_is_heard(graph, head):
    statuses = graph.listen("status", StreamStatus)
    before = refused(statuses.next()[-1])
    publisher = graph.publisher("gesture", FaceGesture, qos.requests())

    def heard():
        publisher.publish(FaceGesture(name="unheard of", intensity=1.0))
        return refused(statuses[-1]) > before

    graph.until(heard, "a request to be refused")
