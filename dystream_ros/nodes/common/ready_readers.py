"""Waits until the readers of a source of audio are ready, so that its first samples are not lost."""

import threading
import time
from collections.abc import Collection

from rclpy.node import Node
from rclpy.publisher import Publisher

from dystream_ros.msg import StreamStatus
from dystream_ros.nodes.common import qos

_DISCOVERY_TIMEOUT = 5.0  # s until a head reports this node as a publisher


class ReadyReaders:
    """The subscribers of a node that publishes the audio of some parties.

    Args:
        node: the publisher; it gets a subscription to `status`.
        outputs: its publishers by party.
        wanted: number of subscribers of each; 0 waits for nothing.
    """

    def __init__(self, node: Node, outputs: dict[str, Publisher], wanted: int) -> None:
        self._node, self._outputs, self._wanted = node, outputs, wanted
        self._seen_by_head = threading.Event()
        node.create_subscription(StreamStatus, "status", self._on_status, qos.status())

    def wait(self, stopping: threading.Event) -> None:
        """Wait until the node has found its subscribers, and a head that publishes its status has found the node.

        The two ends of a topic discover each other one after the other. A best-effort subscription, such as that of a
        live head, loses the audio that is sent before its end is ready. Only the head knows when it is ready.
        """
        outputs: Collection[Publisher] = self._outputs.values()
        while not all(output.get_subscription_count() >= self._wanted for output in outputs):
            if stopping.wait(0.05):
                return
        status = self._node.resolve_topic_name("status")
        if not self._wanted or not self._node.count_publishers(status):
            return
        end = time.monotonic() + _DISCOVERY_TIMEOUT
        while not stopping.is_set() and not self._seen_by_head.wait(0.05):
            if time.monotonic() > end:
                topics = " and ".join(output.topic_name for output in outputs)
                self._node.get_logger().warning(
                    f"the head on {status} reports no publisher on {topics} after {_DISCOVERY_TIMEOUT:g} s; check its "
                    "namespace and topic names. Playing anyway"
                )
                return

    def _on_status(self, message: StreamStatus) -> None:
        parties = {"self": message.self_audio, "other": message.other_audio}
        if all(parties[party].publishers for party in self._outputs):
            self._seen_by_head.set()
