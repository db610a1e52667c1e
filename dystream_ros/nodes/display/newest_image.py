"""Subscribes to the images of a head, raw or compressed, and keeps only the newest."""

import threading
from functools import partial

from rclpy.node import Node
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image

from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.image_messages import TRANSPORTS, Transport

_CHOICE_PERIOD = 0.5  # s between checks of the published topics


class NewestImage:
    """The newest image message that was not taken yet. `take` and `wait` may be called in any thread.

    Attributes:
        skipped: images that a newer one replaced before they were taken.

    Args:
        transport: "raw", "compressed", or "auto": raw where it is published, else compressed.
    """

    def __init__(self, node: Node, transport: str) -> None:
        self.skipped = 0
        self._node = node
        self._transport: Transport | None = None
        self._subscription: Subscription | None = None
        self._arrived = threading.Condition()
        self._newest: tuple[Transport, Image | CompressedImage] | None = None
        if transport == "auto":
            self._choose()
            node.create_timer(_CHOICE_PERIOD, self._choose)
        else:
            self._subscribe(TRANSPORTS[transport])

    @property
    def topic(self) -> str:
        """The topic subscribed to; "" until a publisher decides which."""
        return self._transport.topic if self._transport is not None else ""

    def take(self) -> tuple[Transport, Image | CompressedImage] | None:
        """The newest message and its transport; None when there is no new one."""
        with self._arrived:
            newest, self._newest = self._newest, None
            return newest

    def wait(self, seconds: float) -> None:
        """Wait until a message can be taken, or the time is over."""
        with self._arrived:
            if self._newest is None:
                self._arrived.wait(seconds)

    def _choose(self) -> None:
        published = [transport for transport in TRANSPORTS.values() if self._publishers(transport)]
        # A subscription stays while it has a publisher: each additional one makes the head encode its images as well.
        if published and self._transport not in published:
            if self._subscription is not None:
                self._node.destroy_subscription(self._subscription)
            self._subscribe(published[0])

    def _publishers(self, transport: Transport) -> int:
        return self._node.count_publishers(self._node.resolve_topic_name(transport.topic))

    def _subscribe(self, transport: Transport) -> None:
        self._transport = transport
        # Best effort, which matches every publisher; a lost image is followed by a newer one.
        profile = qos.image(reliable=False)
        self._subscription = self._node.create_subscription(
            transport.message, transport.topic, partial(self._put, transport), profile
        )

    def _put(self, transport: Transport, message: Image | CompressedImage) -> None:
        with self._arrived:
            self.skipped += self._newest is not None
            self._newest = (transport, message)
            self._arrived.notify()
