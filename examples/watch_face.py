"""Prints how far the mouth is open and who speaks: python examples/watch_face.py --ros-args -r motion:=/robot/motion"""

from contextlib import suppress

import rclpy
from dystream_ros.msg import FaceMotion
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

SPEAKERS = {0: "nobody", FaceMotion.SELF: "self", FaceMotion.OTHER: "other", FaceMotion.SELF | FaceMotion.OTHER: "both"}


class FaceWatcher(Node):
    def __init__(self) -> None:
        super().__init__("face_watcher")
        self.create_subscription(FaceMotion, "motion", self.on_motion, 5)

    def on_motion(self, motion: FaceMotion) -> None:
        values = dict(zip(motion.names, motion.values))
        print(f"frame {motion.frame}: jawOpen {values['jawOpen']:.2f}, {SPEAKERS[motion.speaking]} speaks", flush=True)


def main() -> None:
    rclpy.init()
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(FaceWatcher())


main()
