"""Publishes motion, its layout, and the self audio that goes with it."""

import array
import time
from collections.abc import Iterable

from rclpy.lifecycle import LifecycleNode

from dystream_ros import __version__
from dystream_ros.audio.block import AudioBlock
from dystream_ros.engine.conversation import Frame
from dystream_ros.face.head_pose import quaternion_from_pose
from dystream_ros.face.motion import MotionLayout
from dystream_ros.msg import AudioChunk, FaceMotion
from dystream_ros.msg import MotionLayout as MotionLayoutMessage
from dystream_ros.nodes.audio_input.audio_chunk import audio_chunk
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import duration_message, time_message
from dystream_ros.nodes.head.engine import Engine

SAMPLE_RATE = 16_000


class MotionOutput:
    """The topics motion, motion_layout and self/audio_aligned, of one engine."""

    def __init__(self, node: LifecycleNode, engine: Engine, frame_id: str) -> None:
        self._node = node
        self._engine = engine
        self._frame_id = frame_id
        layout: MotionLayout = engine.session.layout
        self._layout_id = layout.layout_id
        self._names = list(layout.names)
        self._motion = node.create_lifecycle_publisher(FaceMotion, "motion", qos.motion())
        self._layout = node.create_lifecycle_publisher(MotionLayoutMessage, "motion_layout", qos.latched())
        self._aligned = node.create_lifecycle_publisher(AudioChunk, "self/audio_aligned", qos.audio_publisher())

    def publish_layout(self, seed: int) -> None:
        """Say what the values mean, and from which seed they come."""
        session, layout = self._engine.session, self._engine.session.layout
        message = MotionLayoutMessage(
            layout_id=self._layout_id,
            model=self._engine.model,
            weights_sha256=self._engine.weights_sha256,
            software_version=__version__,
            seed=seed,
            frame_period=duration_message(session.hop * 1_000_000_000 // SAMPLE_RATE),
            lookahead=duration_message(session.lookahead * 1_000_000_000 // SAMPLE_RATE),
            names=list(layout.names),
            units=list(layout.units),
            minimum=array.array("f", layout.minimum),
            maximum=array.array("f", layout.maximum),
            neutral=array.array("f", layout.neutral),
            latent_size=layout.latent_size,
        )
        message.header.frame_id = self._frame_id
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._layout.publish(message)

    def publish(self, frame: Frame) -> None:
        """Publish the motion of a frame, and how long it took."""
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

    def publish_audio(self, blocks: Iterable[AudioBlock]) -> None:
        """Publish the self audio that a frame shows."""
        for block in blocks:
            self._aligned.publish(audio_chunk(block, self._frame_id))

    def close(self) -> None:
        for publisher in (self._motion, self._layout, self._aligned):
            self._node.destroy_lifecycle_publisher(publisher)
