"""Renders frames and publishes the images: only for topics with subscribers, and once for both topics."""

import array
import time

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CompressedImage, Image

from dystream_ros.engine.frame import Frame
from dystream_ros.face.motion import MotionFrame
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.stamps import time_message
from dystream_ros.nodes.head.lifecycle import LifecycleBase
from dystream_ros.nodes.head.stage_times import StageTimes
from dystream_ros.nodes.parameters import HeadSettings
from dystream_ros.rendering.interfaces import Picture, RelativeRenderer, Renderer

_ENCODINGS = {3: "bgr8", 4: "bgra8"}
_WARM_UP_PICTURES = 3


class ImageSink:
    """The topics `image` and `image/compressed`.

    Args:
        renderer: None without `images`, and when it could not be opened: no image is wanted then. `show` and `warm_up`
            are called in its thread.
        reports: receives a warning when images are subscribed to that nobody draws.
    """

    name = "image"
    failure_counter = "rendering_failures"

    def __init__(
        self,
        node: LifecycleBase,
        settings: HeadSettings,
        renderer: Renderer | None,
        stages: StageTimes,
        reports: Reports,
    ) -> None:
        self._node = node
        self._renderer = renderer
        self._stages = stages
        self._reports = reports
        self._images = settings.images
        self._missed = False  # somebody subscribes to images, and nobody draws them
        self._frame_id = settings.frame_id
        profile = qos.image(settings.image_reliable)
        self._image = node.create_lifecycle_publisher(Image, "image", profile)
        self._compressed = node.create_lifecycle_publisher(CompressedImage, "image/compressed", profile)

    @property
    def wanted(self) -> bool:
        """Whether a topic of images has subscribers, and there is a renderer."""
        subscribed = bool(self._image.get_subscription_count() or self._compressed.get_subscription_count())
        if self._renderer is not None:
            return subscribed
        if subscribed and not self._missed:
            why = "images is false: set it to true" if not self._images else "no renderer could be opened: see above"
            self._reports.warning(
                "images_missed",
                f"{self._image.topic_name} is subscribed to, and this head draws no images, since {why}, then clean up "
                "and configure the head again",
            )
        self._missed = subscribed
        return False

    def warm_up(self, motion: MotionFrame) -> None:
        """Draw and encode pictures without publishing: the first ones take ten times as long as the others."""
        if self._renderer is None:
            return
        for _ in range(_WARM_UP_PICTURES):
            picture = self._renderer.render(motion)
            self._raw(picture, Time())
            self._encoded(picture, Time())
        if isinstance(self._renderer, RelativeRenderer):
            self._renderer.reset()

    def show(self, frame: Frame) -> None:
        """Render the frame and publish it on each topic that has subscribers; in the thread of the renderer."""
        if self._renderer is None:
            return
        begun = time.monotonic_ns()
        picture = self._renderer.render(frame.motion)
        rendered = time.monotonic_ns()
        stamp = time_message(frame.stamp_ns)
        if self._image.get_subscription_count():
            self._image.publish(self._raw(picture, stamp))
        if self._compressed.get_subscription_count():
            self._compressed.publish(self._encoded(picture, stamp))
        published = time.monotonic_ns()
        self._stages.add("rendering", rendered - begun)
        self._stages.add("image_publishing", published - rendered)
        self._stages.add("image", published - frame.ready_ns)

    def _raw(self, picture: Picture, stamp: Time) -> Image:
        height, width, channels = picture.shape
        data = array.array("B")
        data.frombytes(np.ascontiguousarray(picture).data)
        encoding = _ENCODINGS[channels]
        message = Image(height=height, width=width, encoding=encoding, step=channels * width, data=data)
        message.header.frame_id, message.header.stamp = self._frame_id, stamp
        return message

    def _encoded(self, picture: Picture, stamp: Time) -> CompressedImage:
        """A JPEG, or a PNG for a picture with an alpha channel."""
        import cv2  # 0.2 s and 60 MB: only with subscribers to this topic

        encoding = _ENCODINGS[picture.shape[2]]
        kind, setting = "jpeg", [cv2.IMWRITE_JPEG_QUALITY, self._node.get_parameter("jpeg_quality").value]
        if encoding == "bgra8":
            # The fastest compression: a frame lasts 40 ms.
            kind, setting = "png", [cv2.IMWRITE_PNG_COMPRESSION, 1]
        succeeded, encoded = cv2.imencode(f".{kind}", picture, setting)
        if not succeeded:
            raise RuntimeError(f"OpenCV could not encode a picture of shape {picture.shape} as {kind.upper()}")
        data = array.array("B", encoded.tobytes())
        message = CompressedImage(format=f"{encoding}; {kind} compressed {encoding}", data=data)
        message.header.frame_id, message.header.stamp = self._frame_id, stamp
        return message

    def close(self) -> None:
        """Destroy the publishers."""
        for publisher in (self._image, self._compressed):
            self._node.destroy_lifecycle_publisher(publisher)
