"""Subscriptions to requests that are sent once."""

from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node

from dystream_ros.nodes.common import qos


class RequestSubscription:
    """A subscription to requests that are sent once, often by a publisher that has just begun.

    Such a publisher may know the subscriber before the subscriber knows it, and a best-effort subscriber loses what is
    sent meanwhile. So it is reliable, until there is a best-effort publisher, from which a reliable one hears nothing.

    Args:
        node: has the subscription.
        kind: class of the messages.
        topic: their topic.
        take: called with each message.
        group: callback group; None: that of the node.
    """

    def __init__(
        self, node: Node, kind: Any, topic: str, take: Callable[[Any], None], group: CallbackGroup | None = None
    ) -> None:
        self._node = node
        self._arguments = (kind, topic, take)
        self._group = group
        self._reliable = True
        self._subscription = node.create_subscription(*self._arguments, qos.single_requests(), callback_group=group)

    def watch_publishers(self) -> None:
        """Look for best-effort publishers; to be called about once a second."""
        if not self._reliable:
            return
        found = self._node.get_publishers_info_by_topic(self._subscription.topic_name)
        if any(publisher.qos_profile.reliability == qos.BEST_EFFORT for publisher in found):
            self._reliable = False
            self.close()
            self._subscription = self._node.create_subscription(
                *self._arguments, qos.requests(), callback_group=self._group
            )

    def close(self) -> None:
        """End the subscription."""
        self._node.destroy_subscription(self._subscription)
