"""Publishes an hri_msgs/Expression ten times a second: peer_expression.py NAME. Runs where that package is built."""

import sys

import rclpy
from hri_msgs.msg import Expression

name = sys.argv[1]
rclpy.init()
node = rclpy.create_node("dialogue")
publisher = node.create_publisher(Expression, "/expression", 1)
node.create_timer(0.1, lambda: publisher.publish(Expression(expression=name)))
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    rclpy.try_shutdown()
