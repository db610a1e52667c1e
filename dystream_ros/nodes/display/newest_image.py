"""Subscribes to the images of a head, raw or compressed, and keeps only the newest that is due."""

import threading
import time
from collections import deque
from functools import partial

from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image

from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.image_messages import TRANSPORTS, Transport

_CHOICE_PERIOD = 0.5  # s between checks of the published topics
_LONGEST_QUEUE = 30  # images that wait, more than arrive in the longest delay


class NewestImage:
    """The newest image message that is due and was not taken yet. `take` and `wait` may be called in any thread.

    Attributes:
        delay: seconds after its arrival until an image is due.
        skipped: images that a newer one replaced before they were taken.

    Args:
        transport: "raw", "compressed", or "auto": raw where it is published, else compressed.
    """

    def __init__(self, node: RunnableNode, transport: str) -> None:
        self.delay = 0.0
        self.skipped = 0
        self._node = node
        self._transport: Transport | None = None
        self._subscription: Subscription | None = None
        self._arrived = threading.Condition()
        # Steady time of arrival, transport, message.
        self._waiting: deque[tuple[float, Transport, Image | CompressedImage]] = deque(maxlen=_LONGEST_QUEUE)
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
        """The newest message that is due, and its transport; None when there is no new one."""
        with self._arrived:
            newest = None
            while self._waiting and self._until_due() <= 0.0:
                self.skipped += newest is not None
                _, *newest = self._waiting.popleft()
            return None if newest is None else (newest[0], newest[1])

    def wait(self, seconds: float) -> None:
        """Wait until a message can be taken, or the time is over."""
        end = time.monotonic() + seconds
        with self._arrived:
            while (left := end - time.monotonic()) > 0.0:
                due = self._until_due() if self._waiting else left
                if due <= 0.0:
                    return
                self._arrived.wait(min(due, left))

    def _until_due(self) -> float:
        """Seconds until the oldest image is due, which must be there."""
        return self._waiting[0][0] + self.delay - time.monotonic()

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
            transport.message,
            transport.topic,
            partial(self._put, transport),
            profile,
            callback_group=self._node.messages,
        )

    def _put(self, transport: Transport, message: Image | CompressedImage) -> None:
        with self._arrived:
            self._waiting.append((time.monotonic(), transport, message))
            self._arrived.notify()
