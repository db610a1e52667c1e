"""The audio topic of one party: holds the one subscription that fits the publisher found."""

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.topic_endpoint_info import TopicEndpointInfo

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.nodes.audio_input.adapter import ADAPTERS, AudioAdapter, adapter_for
from dystream_ros.nodes.common.reports import Reports

# Subscribed to while there is no publisher whose type could decide.
FIRST_CHOICE = "audio_chunk"


class PartyInput:
    """Subscribes to `topic` and gives each block of samples to `receive`.

    Two subscriptions of different types on one topic break the middleware's whole context, so there is always one:
    that of the publisher found, or of `audio_type` where it is not "auto". Call `watch_publishers` every so often.

    A reliable subscription hears nothing at all from a publisher that is best effort, and is changed when there is one.

    Args:
        receive: takes a block; may raise `AudioRejected`, which it has counted and which is said here.
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
        self._automatic = audio_type == "auto"
        self._resolved = node.resolve_topic_name(topic)
        self._subscription = None
        self._adapter: AudioAdapter = ADAPTERS[FIRST_CHOICE if self._automatic else audio_type]()
        self._subscribe()

    @property
    def source_type(self) -> str:
        """Message type that is subscribed to, as in the ROS graph."""
        return self._adapter.type_name

    def watch_publishers(self) -> None:
        """Look who publishes, and change the subscription where the message type asks for it."""
        found = self._node.get_publishers_info_by_topic(self._resolved)
        self.publishers = len(found)
        types = {each.topic_type for each in found}
        if self.publishers > 1:
            self._reports.warning(
                "several_publishers",
                f"{self.publishers} publishers on {self._resolved}: one party has one source; stop all but one of "
                + ", ".join(sorted(each.node_name for each in found)),
                about=self.topic,
            )
        if not types or self._adapter.type_name in types:
            self._match_reliability(found)
            return
        type_name = sorted(types)[0]
        adapter = adapter_for(type_name) if self._automatic else None
        if adapter is None:
            accepted = [make().type_name for make in ADAPTERS.values()] if self._automatic else [self.source_type]
            self._reports.error(
                "audio_type_unknown",
                f"{self._resolved} carries {type_name}; accepted is {', '.join(accepted)}",
                about=self.topic,
            )
            return
        self._adapter = adapter
        self._subscribe()

    def close(self) -> None:
        self._node.destroy_subscription(self._subscription)

    def _match_reliability(self, found: list[TopicEndpointInfo]) -> None:
        best_effort = any(each.qos_profile.reliability == QoSReliabilityPolicy.BEST_EFFORT for each in found)
        if best_effort and self._profile.reliability == QoSReliabilityPolicy.RELIABLE:
            self._profile = QoSProfile(depth=self._profile.depth, reliability=QoSReliabilityPolicy.BEST_EFFORT)
            self._subscribe()

    def _subscribe(self) -> None:
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
        self._subscription = self._node.create_subscription(
            self._adapter.message, self.topic, self._take, self._profile
        )

    def _take(self, message: Any) -> None:
        try:
            for block in self._adapter.blocks(message):
                self._receive(block)
        except AudioRejected as rejected:
            self._reports.warning(rejected.reason, f"{self._resolved}: {rejected}", amount=0, about=self.topic)
