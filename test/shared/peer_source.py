"""A node that publishes audio with a message type of others, as a program: python peer_source.py OPTIONS.

OPTIONS is a JSON object with the fields of `Options`. The node waits until a subscriber has discovered it, publishes,
and stays until it is stopped.
"""

import array
import importlib
import json
import sys
import time
from dataclasses import dataclass

import numpy as np
import rclpy
from patience import PATIENCE
from rcl_interfaces.srv import ListParameters
from rclpy.duration import Duration
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


def wait_for_readers(node, publisher):
    """Wait until a subscriber has discovered the publisher: one of best effort receives nothing that is sent before.

    The two ends discover each other one after the other. A subscriber discovers the ends of this process in the order
    of their creation, so one that answers a client newer than the publisher has discovered the publisher too.
    """
    ends = []
    while not (ends and publisher.get_subscription_count()) or any("UNKNOWN" in end.node_name for end in ends):
        time.sleep(0.02)
        ends = node.get_subscriptions_info_by_topic(publisher.topic_name)
    for end in ends:
        client = node.create_client(ListParameters, f"{end.node_namespace.rstrip('/')}/{end.node_name}/list_parameters")
        client.wait_for_service()
        rclpy.spin_until_future_complete(node, client.call_async(ListParameters.Request()))
        node.destroy_client(client)


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
    wait_for_readers(node, audio)
    if options.info:
        wait_for_readers(node, info)
        info.wait_for_all_acked(Duration(seconds=PATIENCE))
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
