"""Renders frames and publishes the pictures: only what somebody subscribes to, and nothing twice."""

import array
import dataclasses

import numpy as np
from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import CompressedImage, Image

from dystream_ros.engine.conversation import Frame
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import time_message
from dystream_ros.nodes.parameters import HeadSettings
from dystream_ros.rendering.interfaces import Renderer
from dystream_ros.rendering.oriented import OrientedRenderer
from dystream_ros.rendering.view import View

_ENCODINGS = {3: "bgr8", 4: "bgra8"}


def open_renderer(settings: HeadSettings) -> Renderer:
    """The renderer of the portrait, or the model's own for its latents; call it in the thread that will render.

    Raises:
        ModelError: the model's own renderer lacks its weights.
        RenderingUnavailable: OpenGL is asked for and missing.
        PortraitError: there is no such portrait.
    """
    from dystream_ros.models.registry import open_own_renderer
    from dystream_ros.rendering import backend  # and OpenCV, which a head without images does without

    view = view_of(settings)
    own = open_own_renderer(settings.model, *view.upright)
    if own is not None:
        return OrientedRenderer(own, view)
    return backend.open_renderer(
        settings.portrait,
        backend=settings.renderer,
        on_fallback=lambda reason: None,  # the node reports it
        **dataclasses.asdict(view),
    )


def view_of(settings: HeadSettings) -> View:
    """How the settings want the portrait to be shown."""
    return View(
        settings.image_width,
        settings.image_height,
        settings.framing,
        settings.background,
        settings.mirror,
        settings.rotation,
    )


class ImageOutput:
    """The topics image and image/compressed."""

    def __init__(self, node: LifecycleNode, settings: HeadSettings) -> None:
        self._node = node
        self._frame_id = settings.frame_id
        profile = qos.image(settings.image_reliable)
        self._image = node.create_lifecycle_publisher(Image, "image", profile)
        self._compressed = node.create_lifecycle_publisher(CompressedImage, "image/compressed", profile)

    @property
    def wanted(self) -> bool:
        """Whether anybody subscribes to pictures."""
        return bool(self._image.get_subscription_count() or self._compressed.get_subscription_count())

    def publish(self, picture: np.ndarray, frame: Frame) -> None:
        """Publish a picture uint8 (height, width, 3), or 4 with alpha, on each topic that has subscribers."""
        stamp = time_message(frame.stamp_ns)
        if self._image.get_subscription_count():
            self._image.publish(self._raw(picture, stamp))
        if self._compressed.get_subscription_count():
            self._compressed.publish(self._encoded(picture, stamp))

    def _raw(self, picture: np.ndarray, stamp: object) -> Image:
        height, width, channels = picture.shape
        data = array.array("B")
        data.frombytes(np.ascontiguousarray(picture).data)
        encoding = _ENCODINGS[channels]
        message = Image(height=height, width=width, encoding=encoding, step=channels * width, data=data)
        message.header.frame_id, message.header.stamp = self._frame_id, stamp
        return message

    def _encoded(self, picture: np.ndarray, stamp: object) -> CompressedImage:
        """As JPEG, or as PNG where there is an alpha channel, which JPEG does not have."""
        import cv2  # 0.2 s and 60 MB that a head without subscribers to these does without

        encoding = _ENCODINGS[picture.shape[2]]
        kind, setting = "jpeg", [cv2.IMWRITE_JPEG_QUALITY, self._node.get_parameter("jpeg_quality").value]
        if encoding == "bgra8":
            # The fastest compression: it has 40 ms like everything else.
            kind, setting = "png", [cv2.IMWRITE_PNG_COMPRESSION, 1]
        made, encoded = cv2.imencode(f".{kind}", picture, setting)
        if not made:
            raise RuntimeError(f"OpenCV could not encode a picture of shape {picture.shape} as {kind.upper()}")
        data = array.array("B", encoded.tobytes())
        message = CompressedImage(format=f"{encoding}; {kind} compressed {encoding}", data=data)
        message.header.frame_id, message.header.stamp = self._frame_id, stamp
        return message

    def close(self) -> None:
        for publisher in (self._image, self._compressed):
            self._node.destroy_lifecycle_publisher(publisher)
