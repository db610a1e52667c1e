"""What the face shows, as hri_msgs, one JSON line a message: peer_face.py. Runs where that package is built."""

import json
import sys

import rclpy
from hri_msgs.msg import Expression, FacialActionUnits


def write(**what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


rclpy.init()
node = rclpy.create_node("companion")
node.create_subscription(
    FacialActionUnits,
    "facial_action_units",
    lambda m: write(
        stamp=m.header.stamp.sec, intensity=[float(x) for x in m.intensity], confidence=[float(x) for x in m.confidence]
    ),
    10,
)
node.create_subscription(
    Expression,
    "expression_shown",
    lambda m: write(expression=m.expression, valence=m.valence, arousal=m.arousal, confidence=m.confidence),
    10,
)
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    rclpy.try_shutdown()
