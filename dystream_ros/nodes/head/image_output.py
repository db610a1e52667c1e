"""Renders frames and publishes the pictures: only what somebody subscribes to, and nothing twice."""

import array
from typing import Protocol

import numpy as np
from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import CompressedImage, Image

from dystream_ros.engine.conversation import Frame
from dystream_ros.nodes import qos
from dystream_ros.nodes.parameters import HeadSettings
from dystream_ros.nodes.stamps import time_message


class Renderer(Protocol):
    """Draws the face; lives in one thread."""

    name: str  # "opengl" or "fallback"

    def render(self, values: np.ndarray, head_pose: np.ndarray) -> np.ndarray:
        """Picture uint8 (height, width, 3), BGR, top row first, of values (n,) and pose (6,)."""
        ...

    def close(self) -> None: ...


def open_renderer(settings: HeadSettings) -> Renderer:
    """The renderer of the portrait, or the model's own for its latents; call it in the thread that will render.

    Raises:
        ModelError: the model's own renderer lacks its weights.
        RenderingUnavailable: OpenGL is asked for and missing.
        PortraitError: there is no such portrait.
    """
    from dystream_ros import rendering
    from dystream_ros.models.registry import open_own_renderer

    own = open_own_renderer(settings.model, settings.image_width, settings.image_height)
    return own or rendering.open_renderer(
        settings.portrait, settings.image_width, settings.image_height, backend=settings.renderer
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
        """Publish a picture uint8 (height, width, 3) on each topic that has subscribers."""
        stamp = time_message(frame.stamp_ns)
        if self._image.get_subscription_count():
            self._image.publish(self._raw(picture, stamp))
        if self._compressed.get_subscription_count():
            self._compressed.publish(self._jpeg(picture, stamp))

    def _raw(self, picture: np.ndarray, stamp: object) -> Image:
        height, width, _ = picture.shape
        data = array.array("B")
        data.frombytes(np.ascontiguousarray(picture).data)
        message = Image(height=height, width=width, encoding="bgr8", step=3 * width, data=data)
        message.header.frame_id, message.header.stamp = self._frame_id, stamp
        return message

    def _jpeg(self, picture: np.ndarray, stamp: object) -> CompressedImage:
        import cv2  # 0.2 s and 60 MB that a head without subscribers to JPEG does without

        quality = self._node.get_parameter("jpeg_quality").value
        made, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if not made:
            raise RuntimeError(f"OpenCV could not encode a picture of shape {picture.shape} as JPEG")
        data = array.array("B", encoded.tobytes())
        message = CompressedImage(format="bgr8; jpeg compressed bgr8", data=data)
        message.header.frame_id, message.header.stamp = self._frame_id, stamp
        return message

    def close(self) -> None:
        for publisher in (self._image, self._compressed):
            self._node.destroy_lifecycle_publisher(publisher)
