"""Subscribes to the images of a head, raw or compressed, and keeps only the newest."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from dystream_ros.nodes.common import qos
from dystream_ros.nodes.recorder.pictures import picture_from_compressed, picture_from_image

Converter = Callable[[Any, int], np.ndarray]  # of a message and the colour behind what is transparent
_TRANSPORTS: dict[str, tuple[str, type, Converter]] = {
    "raw": ("image", Image, picture_from_image),
    "compressed": ("image/compressed", CompressedImage, picture_from_compressed),
}


class ImageInput:
    """The newest image message.

    Args:
        transport: raw, compressed, or auto: raw where it is published, else compressed.
    """

    def __init__(self, node: Node, transport: str) -> None:
        self._node = node
        self._subscriptions: dict[str, Any] = {}
        self._arrived = threading.Condition()
        self._newest: tuple[Converter, Any] | None = None
        self.overtaken = 0
        if transport == "auto":
            self._choose()
            node.create_timer(0.5, self._choose)
        else:
            self._subscribe(transport)

    @property
    def topic(self) -> str:
        """The topic listened to; "" while there is no publisher to choose by."""
        return next((_TRANSPORTS[transport][0] for transport in self._subscriptions), "")

    def take(self) -> tuple[Converter, Any] | None:
        """The newest message that was not taken yet, and what makes a picture uint8 (height, width, 3), BGR, of it
        and of the colour behind it."""
        with self._arrived:
            newest, self._newest = self._newest, None
            return newest

    def wait(self, seconds: float) -> None:
        """Until a message can be taken, or the time is over."""
        with self._arrived:
            if self._newest is None:
                self._arrived.wait(seconds)

    def _choose(self) -> None:
        published = [
            transport
            for transport, (topic, _, _) in _TRANSPORTS.items()
            if self._node.count_publishers(self._node.resolve_topic_name(topic))
        ]
        # What is subscribed to stays while it is there: each new subscription makes the head render and encode.
        if published and not self._subscriptions.keys() & set(published):
            for subscription in self._subscriptions.values():
                self._node.destroy_subscription(subscription)
            self._subscriptions.clear()
            self._subscribe(published[0])

    def _subscribe(self, transport: str) -> None:
        topic, message_type, convert = _TRANSPORTS[transport]
        # Best effort, which matches every publisher; an image that is lost is followed by a newer one.
        profile = qos.image(reliable=False)
        self._subscriptions[transport] = self._node.create_subscription(
            message_type, topic, lambda message: self._put(convert, message), profile
        )

    def _put(self, convert: Converter, message: Any) -> None:
        with self._arrived:
            self.overtaken += self._newest is not None
            self._newest = (convert, message)
            self._arrived.notify()
