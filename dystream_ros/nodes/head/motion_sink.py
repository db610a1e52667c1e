"""Publishes motion and its layout."""

import array
import time

from dystream_ros import __version__
from dystream_ros.engine.frame import Frame
from dystream_ros.face.head_pose import quaternion_from_pose
from dystream_ros.msg import FaceMotion
from dystream_ros.msg import MotionLayout as MotionLayoutMessage
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import duration_message, time_message
from dystream_ros.nodes.head.engine import Engine
from dystream_ros.nodes.head.lifecycle import LifecycleBase


class MotionSink:
    """The topics `motion` and `motion_layout` of one engine."""

    name = "motion"
    wanted = True
    failure_counter = "publishing_failures"

    def __init__(self, node: LifecycleBase, engine: Engine, frame_id: str) -> None:
        self._node = node
        self._engine = engine
        self._frame_id = frame_id
        self._layout = engine.session.layout
        self._layout_id = self._layout.layout_id
        self._names = list(self._layout.names)
        self._motion = node.create_lifecycle_publisher(FaceMotion, "motion", qos.motion())
        self._layouts = node.create_lifecycle_publisher(MotionLayoutMessage, "motion_layout", qos.latched())

    def publish_layout(self, seed: int) -> None:
        """Publish the layout of the values, the model and the seed."""
        layout, timing = self._layout, self._engine.timing
        message = MotionLayoutMessage(
            layout_id=self._layout_id,
            model=self._engine.model,
            weights_sha256=self._engine.weights_sha256,
            software_version=__version__,
            seed=seed,
            frame_period=duration_message(timing.period_ns),
            lookahead=duration_message(timing.lookahead_ns),
            names=self._names,
            units=list(layout.units),
            minimum=array.array("f", layout.minimum),
            maximum=array.array("f", layout.maximum),
            neutral=array.array("f", layout.neutral),
            latent_size=layout.latent_size,
        )
        message.header.frame_id = self._frame_id
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._layouts.publish(message)

    def show(self, frame: Frame) -> None:
        """Publish the motion of a frame, with its latency and processing time."""
        motion = frame.motion
        message = FaceMotion(
            frame=motion.frame,
            generation=frame.generation,
            layout_id=self._layout_id,
            names=self._names,
            values=array.array("f", motion.values.tobytes()),
            latent=array.array("f", motion.latent.tobytes()),
            speaking=motion.speaking,
            audio_missing=frame.audio_missing,
        )
        message.header.frame_id = self._frame_id
        message.header.stamp = time_message(frame.stamp_ns)
        position, orientation = message.head_pose.position, message.head_pose.orientation
        position.x, position.y, position.z = (float(number) for number in motion.head_pose[3:6])
        orientation.x, orientation.y, orientation.z, orientation.w = quaternion_from_pose(motion.head_pose)
        now_ns = self._node.get_clock().now().nanoseconds
        message.latency = duration_message(now_ns - frame.stamp_ns)
        message.processing = duration_message(time.monotonic_ns() - frame.ready_ns)
        self._motion.publish(message)

    def close(self) -> None:
        """Destroy the publishers."""
        for publisher in (self._motion, self._layouts):
            self._node.destroy_lifecycle_publisher(publisher)
