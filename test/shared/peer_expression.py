"""Publishes an hri_msgs/Expression ten times a second, and prints the visemes of the face: peer_expression.py NAME.

It uses the names of PAL's robots. Runs where hri_msgs is built, as the fork with visemes.
"""

import sys

import rclpy
from geometry_msgs.msg import PointStamped
from hri_msgs.msg import Expression, Visemes


def take(message):
    for viseme in message.visemes:
        sys.stdout.write(f"viseme {viseme.value}\n")
        sys.stdout.flush()


name = sys.argv[1]
rclpy.init()
node = rclpy.create_node("dialogue")
publisher = node.create_publisher(Expression, "/robot_face/expression", 1)
looks = node.create_publisher(PointStamped, "/robot_face/look_at", 1)
target = PointStamped()
target.point.x, target.point.y = 1.0, 0.5
node.create_subscription(Visemes, "/tts/visemes", take, 10)
node.create_timer(0.1, lambda: (publisher.publish(Expression(expression=name)), looks.publish(target)))
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    rclpy.try_shutdown()
