"""A node that receives audio with a message type of others, as a program: python peer_sink.py TYPE TOPIC FILE SAMPLES.

It stores the first SAMPLES int16 samples and the description in FILE, an .npz, and ends.
"""

import sys

import numpy as np
import rclpy
from peer_source import get_message
from rclpy.qos import QoSDurabilityPolicy, QoSProfile


def main():
    type_name, topic, file, wanted = sys.argv[1:5]
    rclpy.init()
    node = rclpy.create_node("sink")
    parts, described = [], []

    def take(message):
        if type_name.endswith("AudioStamped"):
            info = message.audio.info
            described[:] = [info.rate, info.channels]
            parts.append(np.asarray(message.audio.audio_data.int16_data, np.int16))
        elif type_name.endswith("Int16MultiArray"):
            parts.append(np.asarray(message.data, np.int16))
        else:
            data = message.audio.data if type_name.endswith("Stamped") else message.data
            parts.append(np.frombuffer(data.tobytes(), "<i2"))

    if type_name.endswith(("AudioData", "AudioDataStamped")):
        latched = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
        node.create_subscription(
            get_message("audio_common_msgs/msg/AudioInfo"),
            f"{topic}_info",
            lambda info: described.extend([info.sample_rate, info.channels]),
            latched,
        )
    node.create_subscription(get_message(type_name), topic, take, 1000)
    node.get_logger().info("listening")
    while sum(map(len, parts)) < int(wanted) or not described:
        rclpy.spin_once(node, timeout_sec=1.0)
    np.savez(file, heard=np.concatenate(parts), described=np.array(described))


if __name__ == "__main__":
    main()
