"""The audio topic of one party: keeps one subscription, which fits the type and reliability of the publisher."""

from collections.abc import Callable

from rclpy.node import Node
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.subscription import Subscription
from rclpy.topic_endpoint_info import TopicEndpointInfo

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.nodes.audio_input import AUDIO_TYPES
from dystream_ros.nodes.audio_input.adapter import ADAPTERS, AudioAdapter, Message, adapter_for
from dystream_ros.nodes.common.reports import Reports

# The type of the subscription until a publisher is found.
FIRST_CHOICE = "audio_chunk"


class PartyInput:
    """Subscribes to `topic` and passes each block of samples to `receive`.

    There is always one subscription, since two of different types on one topic break the whole context of the
    middleware. Its type is `audio_type`, or with "auto" the type of the publisher found. Call `watch_publishers`
    regularly: it looks for publishers.

    A reliable subscription receives nothing from a best-effort publisher; it becomes best effort when there is one.

    Attributes:
        topic: name as given.
        publishers: number of publishers that `watch_publishers` found last.

    Args:
        audio_type: "auto", or a key of `AUDIO_TYPES`.
        receive: takes a block; may raise `AudioRejected`, which it has counted and which is logged here.
    """

    def __init__(
        self,
        node: Node,
        topic: str,
        audio_type: str,
        profile: QoSProfile,
        receive: Callable[[AudioBlock], None],
        reports: Reports,
    ) -> None:
        self.topic = topic
        self.publishers = 0
        self._node = node
        self._profile = profile
        self._receive = receive
        self._reports = reports
        self._resolved = node.resolve_topic_name(topic)
        self._automatic = audio_type == "auto"
        chosen = FIRST_CHOICE if self._automatic else audio_type
        self._source_type = AUDIO_TYPES[chosen]
        self._adapter = ADAPTERS[chosen]()
        self._subscription = self._subscribed(self._adapter)

    @property
    def source_type(self) -> str:
        """Message type of the subscription, as in the ROS graph."""
        return self._source_type

    def watch_publishers(self) -> None:
        """Look for publishers, and change the subscription where their message type or reliability requires it."""
        found = self._node.get_publishers_info_by_topic(self._resolved)
        self.publishers = len(found)
        types = {publisher.topic_type for publisher in found}
        if self.publishers > 1:
            self._reports.warning(
                "several_publishers",
                f"{self.publishers} publishers on {self._resolved}: one party has one source; stop all but one of "
                + ", ".join(sorted(publisher.node_name for publisher in found)),
                about=self.topic,
            )
        if not types or self._source_type in types:
            self._match_reliability(found)
            return
        type_name = sorted(types)[0]
        adapter = adapter_for(type_name) if self._automatic else None
        if adapter is None:
            accepted = AUDIO_TYPES.values() if self._automatic else [self._source_type]
            self._reports.error(
                "audio_type_unknown",
                f"{self._resolved} carries {type_name}; accepted is {', '.join(accepted)}",
                about=self.topic,
            )
            return
        self._source_type, self._adapter = type_name, adapter
        self._subscribe_again()

    def close(self) -> None:
        """End the subscription."""
        self._node.destroy_subscription(self._subscription)

    def _match_reliability(self, found: list[TopicEndpointInfo]) -> None:
        best_effort = any(publisher.qos_profile.reliability == QoSReliabilityPolicy.BEST_EFFORT for publisher in found)
        if best_effort and self._profile.reliability == QoSReliabilityPolicy.RELIABLE:
            self._profile = QoSProfile(depth=self._profile.depth, reliability=QoSReliabilityPolicy.BEST_EFFORT)
            self._subscribe_again()

    def _subscribe_again(self) -> None:
        self._node.destroy_subscription(self._subscription)
        self._subscription = self._subscribed(self._adapter)

    def _subscribed(self, adapter: AudioAdapter[Message]) -> Subscription:
        def take(message: Message) -> None:
            try:
                for block in adapter.blocks(message):
                    self._receive(block)
            except AudioRejected as rejected:
                self._reports.warning(rejected.reason, f"{self._resolved}: {rejected}", amount=0, about=self.topic)

        return self._node.create_subscription(adapter.message, self.topic, take, self._profile)
