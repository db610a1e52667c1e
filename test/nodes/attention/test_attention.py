"""The node looks at people, at the one whose voice is heard first, and only when it is enabled."""

import sys
from pathlib import Path

from dystream_ros.msg import FaceMotion
from geometry_msgs.msg import PointStamped, Pose, PoseArray
from peer_messages import overlay
from std_msgs.msg import Bool

PEOPLE = Path(__file__).parents[2] / "shared" / "peer_people.py"
LEFT, RIGHT = (1.0, 0.6, 0.0), (1.0, -0.6, 0.0)


def people(*places):
    message = PoseArray()
    message.header.frame_id = "camera"
    for x, y, z in places:
        pose = Pose()
        pose.position.x, pose.position.y, pose.position.z = x, y, z
        message.poses.append(pose)
    return message


def test_whoever_speaks_is_looked_at_and_nobody_while_it_is_off(graph):
    node = graph.start("attention", speaker_share=1.0)
    targets = graph.listen("look_at", PointStamped)
    persons, voices = graph.publisher("people", PoseArray), graph.publisher("voice", PointStamped)
    graph.publisher("motion", FaceMotion)
    persons.publish(people(LEFT, RIGHT))
    assert graph.set("attention", "enabled", True).successful
    voice = PointStamped()
    for place in (RIGHT, LEFT):
        voice.point.x, voice.point.y = 3 * place[0], 3 * place[1]

        def heard(all_, place=place):
            persons.publish(people(LEFT, RIGHT))
            voices.publish(voice)
            return all_ and all_[-1].point.y == place[1] and all_[-1].header.frame_id == "camera"

        graph.until(lambda heard=heard: heard(targets), "a look at the speaker")
    assert graph.set("attention", "enabled", False).successful
    graph.until(lambda: node.running, "a living node")
    before = len(targets)
    persons.publish(people(LEFT))
    assert len(targets) - before <= 1


def test_the_face_of_ros4hri_whose_voice_speaks_is_looked_at(graph):
    peers = overlay("ros4hri")
    parameters = {"enabled": True, "speaker_share": 1.0, "camera_frame": "eye", "humans_positions": "roi"}
    node = graph.start("attention", remap={"__ns": "/hri"}, overlay=peers, **parameters)
    targets = graph.listen("/hri/look_at", PointStamped)
    seeing = graph.run([sys.executable, str(PEOPLE), "ros4hri"], overlay=peers)
    speaks = graph.publisher("/bob_speaks", Bool)
    # 60 degrees of view: the middle of ann's region is 0.3 of the picture to the left.
    sides = {"left": 0.35, "right": -0.35}

    def looks(side):
        return targets.until(
            lambda all_: all_ and abs(all_[-1].point.y / all_[-1].point.x - sides[side]) < 0.02 and all_[-1],
            f"a look to the {side}",
        )

    assert looks("left").header.frame_id == "eye"
    speaks.publish(Bool(data=True))
    looks("right")
    before = len(targets)
    targets.next(25)
    assert all(each.point.y < 0 for each in targets[before:])
    node.stop()
    seeing.stop()


def test_faces_whose_detector_has_ended_are_looked_at_no_longer(graph):
    """It took nobody from its list, and tf2 keeps their last places."""
    peers = overlay("ros4hri")
    graph.start("attention", remap={"__ns": "/left"}, overlay=peers, enabled=True, humans_positions="tf")
    targets = graph.listen("/left/look_at", PointStamped)
    detector = graph.run([sys.executable, str(PEOPLE), "ros4hri"], overlay=peers)
    targets.until(lambda all_: all_ and all_[-1].header.frame_id.startswith("face_"), "a look at a face")
    detector.stop()
    persons = graph.publisher("/left/people", PoseArray)

    def looks_at_the_list():
        persons.publish(people(LEFT))
        return targets[-1].header.frame_id == "camera"

    graph.until(looks_at_the_list, "a look at somebody who is seen")


def test_a_person_among_the_detections_of_vision_msgs_is_looked_at_and_a_chair_is_not(graph):
    peers = overlay("vision")
    node = graph.start("attention", remap={"__ns": "/seen"}, overlay=peers, enabled=True)
    node.until_log("people of ros4hri are not followed: hri_msgs/msg/IdsList: the package hri_msgs is not installed")
    targets = graph.listen("/seen/look_at", PointStamped)
    graph.run([sys.executable, str(PEOPLE), "detections"], overlay=peers, remap={"/detections": "/seen/detections"})
    targets.until(bool, "a look at the person")
    assert all(each.point.y > 0.3 for each in targets.next(10))
