"""The node looks at people, at the one whose voice is heard first, and only when it is enabled."""

from dystream_ros.msg import FaceMotion
from geometry_msgs.msg import PointStamped, Pose, PoseArray

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
