"""A program that sees people: peer_people.py ros4hri|detections. Runs where the packages of its messages are built.

ros4hri: two faces, ann (left) and bob (right), by their regions; the voice `vox` of bob speaks once the topic
`bob_speaks` says so. detections: one person to the left, one chair to the right, as vision_msgs/Detection2DArray.
"""

import importlib
import sys

import rclpy
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from std_msgs.msg import Bool, String

rclpy.init()
node = rclpy.create_node("perception")
LATCHED = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)


def ros4hri():
    hri = importlib.import_module("hri_msgs.msg")

    def publisher(kind, topic, qos=1):
        return node.create_publisher(kind, f"/humans/{topic}", qos)

    ids = {"faces": ["ann", "bob"], "voices": ["vox"], "persons": ["p1"]}
    tracked = {kind: publisher(hri.IdsList, f"{kind}/tracked") for kind in ids}
    regions = {face: publisher(hri.NormalizedRegionOfInterest2D, f"faces/{face}/roi") for face in ids["faces"]}
    speaks = publisher(Bool, "voices/vox/is_speaking")
    said = []
    node.create_subscription(Bool, "/bob_speaks", said.append, 1)
    parts = {part: publisher(String, f"persons/p1/{part}", LATCHED) for part in ("face_id", "voice_id")}
    parts["face_id"].publish(String(data="bob"))
    parts["voice_id"].publish(String(data="vox"))

    def see():
        for kind, who in ids.items():
            tracked[kind].publish(hri.IdsList(ids=who))
        for face, left in (("ann", 0.1), ("bob", 0.7)):
            region = hri.NormalizedRegionOfInterest2D(xmin=left, xmax=left + 0.2, ymin=0.3, ymax=0.6, c=1.0)
            regions[face].publish(region)
        speaks.publish(Bool(data=bool(said and said[-1].data)))

    return see


def detections():
    vision = importlib.import_module("vision_msgs.msg")
    publisher = node.create_publisher(vision.Detection2DArray, "/detections", 1)

    def see():
        message = vision.Detection2DArray()
        for kind, x in (("person", 100.0), ("chair", 500.0)):
            found = vision.Detection2D()
            found.bbox.center.position.x, found.bbox.center.position.y = x, 240.0
            found.bbox.size_x, found.bbox.size_y = 80.0, 200.0
            result = vision.ObjectHypothesisWithPose()
            result.hypothesis.class_id, result.hypothesis.score = kind, 0.9
            found.results.append(result)
            message.detections.append(found)
        publisher.publish(message)

    return see


node.create_timer(0.1, {"ros4hri": ros4hri, "detections": detections}[sys.argv[1]]())
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    rclpy.try_shutdown()
