"""A node that publishes audio with a message type of others, as a program: python peer_source.py OPTIONS.

OPTIONS is a JSON object with the fields of `Options`. The node waits for a subscriber, publishes, and stays until it is
stopped.
"""

import array
import importlib
import json
import sys
import time
from dataclasses import dataclass

import numpy as np
import rclpy
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy


@dataclass
class Options:
    """What is published.

    Attributes:
        type: message type, e.g. "audio_common_msgs/msg/AudioData".
        file: .npy file, int16 (n,) or (n, channels), or bytes (uint8) that are sent as they are.
        topic: of the audio; the topic `info` lies beside it.
        rate: Hz.
        chunk: bytes per message of AudioData, samples per channel otherwise.
        best_effort: reliability of the publisher.
        real_time: pace; otherwise everything at once.
        sample_format: of AudioData ("S16LE") or number of AudioStamped (8).
        info: fields of AudioInfo, published once (transient local); nothing if empty.
    """

    type: str
    file: str
    topic: str = "self/audio"
    rate: int = 16_000
    chunk: int = 640
    best_effort: bool = False
    real_time: bool = False
    sample_format: str | int = "S16LE"
    info: dict | None = None


def get_message(name):
    """The class of a message type."""
    package, kind, message = name.split("/")
    return getattr(importlib.import_module(f"{package}.{kind}"), message)


def messages(options, message_type, now):
    """Messages and their durations, s."""
    sound = np.load(options.file)
    channels = sound.shape[1] if sound.ndim == 2 else 1
    if options.type.endswith(("AudioData", "AudioDataStamped")):
        kinds = {"S16LE": "<i2", "S16BE": ">i2", "F32LE": "<f4"}
        if sound.dtype != np.uint8:
            sound = (sound / 32768 if options.sample_format == "F32LE" else sound).astype(kinds[options.sample_format])
        data, width = sound.tobytes(), sound.dtype.itemsize * channels
        for at in range(0, len(data), options.chunk):
            message = message_type()
            part = array.array("B", data[at : at + options.chunk])
            if options.type.endswith("Stamped"):
                message.audio.data, message.header.stamp = part, now()
            else:
                message.data = part
            yield message, len(part) / width / options.rate
        return
    for at in range(0, len(sound), options.chunk):
        part = sound[at : at + options.chunk].reshape(-1)
        message = message_type()
        if options.type == "std_msgs/msg/Int16MultiArray":
            message.data = array.array("h", part.tobytes())
        else:
            message.header.stamp = now()
            info, data = message.audio.info, message.audio.audio_data
            info.format, info.channels, info.rate, info.chunk = (
                options.sample_format,
                channels,
                options.rate,
                options.chunk,
            )
            if options.sample_format == 8:
                data.int16_data = array.array("h", part.tobytes())
            else:
                data.float32_data = array.array("f", (part / np.float32(32768)).astype(np.float32).tobytes())
        yield message, len(part) / channels / options.rate


def main():
    options = Options(**json.loads(sys.argv[1]))
    rclpy.init()
    node = rclpy.create_node("source")
    message_type = get_message(options.type)
    reliability = QoSReliabilityPolicy.BEST_EFFORT if options.best_effort else QoSReliabilityPolicy.RELIABLE
    if options.info:
        info_type = get_message("audio_common_msgs/msg/AudioInfo")
        latched = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
        info = node.create_publisher(info_type, f"{options.topic}_info", latched)
        info.publish(info_type(**options.info))
    audio = node.create_publisher(message_type, options.topic, QoSProfile(depth=5000, reliability=reliability))
    while not audio.get_subscription_count():
        time.sleep(0.02)
    # The two ends discover each other one after the other; the description arrives before the audio.
    time.sleep(0.5)
    node.get_logger().info("publishing")
    due = time.monotonic()
    for message, seconds in messages(options, message_type, lambda: node.get_clock().now().to_msg()):
        if options.real_time:
            time.sleep(max(0.0, due - time.monotonic()))
            due += seconds
        audio.publish(message)
    rclpy.spin(node)


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
        sys.exit(0)
