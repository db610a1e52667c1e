"""Publishes /tf and /tf_static as the broadcasters of tf2 do. Runs where tf2_msgs is built.

map is the root; the face is mounted on the base with its back to the front of the map. The person moves along with the
base, so that the pose in the face stays: 1 m before it and 0.4 m to its left.
"""

import math

import rclpy
from geometry_msgs.msg import TransformStamped
from rclpy.qos import DurabilityPolicy, QoSProfile
from tf2_msgs.msg import TFMessage

rclpy.init()
node = rclpy.create_node("robot_state_publisher")
moving = node.create_publisher(TFMessage, "/tf", 100)
fixed = node.create_publisher(TFMessage, "/tf_static", QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
count = 0


def transform(parent, child, x, y, z, yaw=0.0):
    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    message.header.stamp = node.get_clock().now().to_msg()
    shift, turn = message.transform.translation, message.transform.rotation
    shift.x, shift.y, shift.z = float(x), float(y), float(z)
    turn.z, turn.w = math.sin(yaw / 2), math.cos(yaw / 2)
    return message


def move():
    global count
    count += 1
    along = 0.01 * count
    moving.publish(
        TFMessage(
            transforms=[
                transform("map", "base", along, 0, 0),
                transform("map", "person", along - 1.0, -0.4, 1.2),
                transform("map", "mirrored", along - 1.0, 0.4, 1.2),
            ]
        )
    )
    broken = transform("map", "broken", math.nan, 0, 0)
    moving.publish(TFMessage(transforms=[broken]))


# Looks backwards, so that its left is the right of the map.
fixed.publish(
    TFMessage(transforms=[transform("base", "face", 0, 0, 1.2, math.pi), transform("sea", "island", 0, 0, 0)])
)
node.create_timer(0.02, move)
node.get_logger().info("publishing")
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    rclpy.try_shutdown()
