"""The coefficients and visemes of each frame in messages of others, while somebody subscribes to them."""

import array
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from rclpy.lifecycle import LifecyclePublisher as Publisher
from sensor_msgs.msg import JointState

from dystream_ros.engine.frame import Frame
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.face.motion import ARKIT_LAYOUT, POSE_NAMES, SPEAKING_SELF, MotionLayout
from dystream_ros.face.visemes import VISEMES, ShownViseme, viseme_weights
from dystream_ros.nodes.audio_input.message_class import TypeUnavailable, message_class
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import time_message
from dystream_ros.nodes.head.lifecycle import LifecycleBase

_FRAME = 0.04  # s


class _Output(Protocol):
    publisher: Publisher

    def show(self, frame: Frame) -> None: ...


class ShapeSinks:
    """The topics `arkit_preview`, `visemes` and `viseme` of a motion with the 52 ARKit names; no topics without those.

    `sensor_msgs/JointState` is what programs for ARKit faces exchange over ROS, names with values. `viseme` has the
    type of the fork of hri_msgs that has one, where that is installed.

    Args:
        node: gets the publishers.
        layout: of the model.
        frame_id: of the motion.
    """

    name = "shapes"
    failure_counter = "publishing_failures"

    def __init__(self, node: LifecycleBase, layout: MotionLayout, frame_id: str) -> None:
        self._node = node
        self._outputs: list[_Output] = []
        if layout.names != ARKIT_LAYOUT.names:
            return

        def publisher(kind: Any, topic: str) -> Publisher:
            return node.create_lifecycle_publisher(kind, topic, qos.motion())

        names = [*ARKIT_NAMES, *POSE_NAMES]
        self._outputs += [
            _Numbers(publisher(JointState, "arkit_preview"), names, _numbers_of, frame_id),
            _Numbers(
                publisher(JointState, "visemes"),
                list(VISEMES),
                lambda frame: viseme_weights(frame.motion.values),
                frame_id,
            ),
        ]
        try:
            one = message_class("hri_msgs/msg/Viseme", "value", "time", "duration")
            several = message_class("hri_msgs/msg/Visemes", "visemes")
        except TypeUnavailable as unavailable:
            node.get_logger().info(f"the topic viseme is left out: {unavailable}")
            return
        self._outputs.append(_OneViseme(publisher(several, "viseme"), one, several))

    @property
    def wanted(self) -> bool:
        """Whether any of the topics has a subscriber now."""
        return any(output.publisher.get_subscription_count() for output in self._outputs)

    def show(self, frame: Frame) -> None:
        """Publish a frame on the topics that have a subscriber."""
        for output in self._outputs:
            if output.publisher.get_subscription_count():
                output.show(frame)

    def close(self) -> None:
        """Destroy the publishers."""
        for output in self._outputs:
            self._node.destroy_lifecycle_publisher(output.publisher)


def _numbers_of(frame: Frame) -> np.ndarray:
    return np.concatenate([frame.motion.values, frame.motion.head_pose])


class _Numbers:
    """Named numbers of each frame as a JointState; `numbers` returns them, in the order of the names."""

    def __init__(
        self, publisher: Publisher, names: list[str], numbers: Callable[[Frame], np.ndarray], frame_id: str
    ) -> None:
        self.publisher = publisher
        self._numbers = numbers
        self._message = JointState(name=names)
        self._message.header.frame_id = frame_id

    def show(self, frame: Frame) -> None:
        message = self._message
        message.header.stamp = time_message(frame.stamp_ns)
        message.position = array.array("d", self._numbers(frame).astype(np.float64).tobytes())
        self.publisher.publish(message)


class _OneViseme:
    """The present viseme as hri_msgs/Visemes, whenever another one begins."""

    def __init__(self, publisher: Publisher, one: Any, several: Any) -> None:
        self.publisher = publisher
        self._one, self._several = one, several
        self._shown = ShownViseme()
        self._spoken = 0  # frames since the voice began

    def show(self, frame: Frame) -> None:
        self._spoken = self._spoken + 1 if frame.motion.speaking & SPEAKING_SELF else 0
        if self._shown.step(viseme_weights(frame.motion.values)):
            viseme = self._one(value=self._shown.index, time=max(self._spoken - 1, 0) * _FRAME, duration=_FRAME)
            self.publisher.publish(self._several(visemes=[viseme]))
