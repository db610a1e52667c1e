"""Whether a face moves: motion at its rate, that changes from frame to frame."""

import time

import numpy as np
import rclpy
from numpy.typing import NDArray
from rclpy.node import Node

from dystream_ros.msg import FaceMotion, MotionLayout
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.motion_messages import head_pose
from dystream_ros.nodes.common.stamps import nanoseconds

SECONDS = 2.0  # of motion that are looked at
LEAST_SHARE = 0.8  # of the frames that are due
_PERIOD = 0.04  # s; of a head whose layout has not arrived


class FaceUnhealthy(Exception):
    """The face does not move; the message says what was found and what to do."""


def check_health(node: Node, topic: str = "motion", timeout: float = 30.0) -> str:
    """Watch `SECONDS` of motion; returns a sentence about it.

    Args:
        node: whose subscriptions are used; nothing else spins it.
        topic: of the motion; that of its layout is `<topic>_layout`.
        timeout: seconds until the first motion arrives.

    Raises:
        FaceUnhealthy: no motion, too few frames, numbers that are not finite, or a face that stands still.
    """
    frames: list[tuple[float, NDArray[np.float64]]] = []
    period = _PERIOD

    def take(motion: FaceMotion) -> None:
        numbers = np.concatenate([motion.values, head_pose(motion), motion.latent])
        frames.append((time.monotonic(), numbers))

    def take_layout(layout: MotionLayout) -> None:
        nonlocal period
        period = nanoseconds(layout.frame_period) / 1e9 or _PERIOD

    subscriptions = [
        node.create_subscription(FaceMotion, topic, take, qos.motion()),
        node.create_subscription(MotionLayout, f"{topic}_layout", take_layout, qos.latched()),
    ]
    try:
        end = time.monotonic() + timeout
        while time.monotonic() < (end if not frames else frames[0][0] + SECONDS):
            rclpy.spin_once(node, timeout_sec=0.1)
    finally:
        for subscription in subscriptions:
            node.destroy_subscription(subscription)
    name = node.resolve_topic_name(topic)
    if not frames:
        raise FaceUnhealthy(
            f"no motion on {name} within {timeout:g} s: start and activate a head (`control state`), and check "
            "--motion and ROS_DOMAIN_ID"
        )
    rate, wanted = (len(frames) - 1) / SECONDS, 1 / period
    if rate < LEAST_SHARE * wanted:
        raise FaceUnhealthy(
            f"{rate:.1f} frames per second on {name}, {wanted:.0f} are due: the machine is overloaded, or the head has "
            "stopped; /diagnostics and its log give the reason"
        )
    numbers = np.stack([each for _, each in frames if each.shape == frames[-1][1].shape])
    if not np.isfinite(numbers).all():
        raise FaceUnhealthy(f"the motion on {name} holds NaN or infinity: restart the head, and report it with its log")
    if not np.ptp(numbers, axis=0).any():
        raise FaceUnhealthy(
            f"the face on {name} stands still: /diagnostics of the head has the reason, for example a model that fails"
        )
    return f"the face moves: {rate:.1f} frames per second on {name}"
