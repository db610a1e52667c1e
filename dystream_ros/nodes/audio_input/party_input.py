"""The audio topic of one party: keeps one subscription, which fits the type and reliability of the publisher."""

from collections.abc import Callable
from typing import Any

from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.subscription import Subscription
from rclpy.topic_endpoint_info import TopicEndpointInfo

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.audio.joining import Joining
from dystream_ros.nodes.audio_input import AUDIO_TYPES
from dystream_ros.nodes.audio_input.adapter import ADAPTERS, AnyAdapter, audio_type_of, unavailable_types
from dystream_ros.nodes.audio_input.audio_info import AudioInfoInput
from dystream_ros.nodes.audio_input.described import PAUSE_SECONDS, InputContext, SourceFormat
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports

# The type of the subscription until a publisher is found.
FIRST_CHOICE = "audio_chunk"
UNDESCRIBED = SourceFormat()


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
        source: format of messages that do not describe themselves.
        by_arrival: whether a pause of the messages begins a new stream, and messages that were taken together are
            passed on together; False in driven time.

    Raises:
        TypeUnavailable: the message package of `audio_type` is not installed.
    """

    def __init__(
        self,
        node: RunnableNode,
        topic: str,
        audio_type: str,
        profile: QoSProfile,
        receive: Callable[[AudioBlock], None],
        reports: Reports,
        source: SourceFormat = UNDESCRIBED,
        by_arrival: bool = True,
    ) -> None:
        self.topic = topic
        self.publishers = 0
        self._node = node
        self._profile = profile
        self._receive = receive
        self._reports = reports
        self._resolved = node.resolve_topic_name(topic)
        self._automatic = audio_type == "auto"
        self._by_arrival = by_arrival
        self._context = InputContext(source, PAUSE_SECONDS if by_arrival else None, self._report_repair)
        self._unavailable = unavailable_types(self._context) if self._automatic else {}
        if self._unavailable:
            text = f"audio is not received as {', '.join(self._unavailable)}: {next(iter(self._unavailable.values()))}"
            node.get_logger().info(text, once=True)
        self._info: AudioInfoInput | None = None
        self._source_type = ""
        self._subscription: Subscription
        self._subscribe(FIRST_CHOICE if self._automatic else audio_type)

    @property
    def source_type(self) -> str:
        """Message type of the subscription, as in the ROS graph."""
        return self._source_type

    def watch_publishers(self) -> None:
        """Look for publishers, and change the subscription where their message type or reliability requires it."""
        found = self._node.get_publishers_info_by_topic(self._resolved)
        self.publishers = len(found)
        if self.publishers > 1:
            self._reports.warning(
                "several_publishers",
                f"{self.publishers} publishers on {self._resolved}: one party has one source; stop all but one of "
                + ", ".join(sorted(publisher.node_name for publisher in found)),
                about=self.topic,
            )
        types = sorted({publisher.topic_type for publisher in found})
        if types and self._source_type not in types:
            self._change_type(types)
        if self._source_type in types:
            self._match_reliability(found)
        self._check_definition(found)
        if self._info is not None:
            self._info.watch_publishers()

    def close(self) -> None:
        """End the subscriptions."""
        self._node.destroy_subscription(self._subscription)
        self._close_info()

    def _change_type(self, types: list[str]) -> None:
        """Subscribe to the first of these types that can be received."""
        if self._automatic:
            for type_name in types:
                audio_type = audio_type_of(type_name)
                if audio_type is not None and audio_type not in self._unavailable:
                    self._node.destroy_subscription(self._subscription)
                    self._subscribe(audio_type)
                    return
        accepted = [each for key, each in AUDIO_TYPES.items() if key not in self._unavailable]
        reasons = [self._unavailable[key] for key in map(audio_type_of, types) if key in self._unavailable]
        self._reports.error(
            "audio_type_unknown",
            f"{self._resolved} carries {', '.join(types)}; accepted is "
            + (", ".join(accepted) if self._automatic else f"{self._source_type}, as audio_type says")
            + "".join(f"; {reason}" for reason in reasons),
            about=self.topic,
        )

    def _check_definition(self, found: list[TopicEndpointInfo]) -> None:
        """Report publishers whose package defines the message of this name in another way."""
        own = [
            each.topic_type_hash
            for each in self._node.get_subscriptions_info_by_topic(self._resolved)
            if each.node_name == self._node.get_name() and each.topic_type == self._source_type
        ]
        other = [each for each in found if each.topic_type == self._source_type and each.topic_type_hash not in own]
        if own and other:
            self._reports.error(
                "audio_type_unknown",
                f"{self._resolved}: {self._source_type} of {other[0].node_name} has other fields than here; use the "
                "same package, in the same version, on both sides",
                about=self.topic,
            )

    def _match_reliability(self, found: list[TopicEndpointInfo]) -> None:
        best_effort = any(publisher.qos_profile.reliability == QoSReliabilityPolicy.BEST_EFFORT for publisher in found)
        if best_effort and self._profile.reliability == QoSReliabilityPolicy.RELIABLE:
            self._profile = QoSProfile(depth=self._profile.depth, reliability=QoSReliabilityPolicy.BEST_EFFORT)
            self._node.destroy_subscription(self._subscription)
            self._subscription = self._subscribed(self._adapter)

    def _subscribe(self, audio_type: str) -> None:
        self._adapter = ADAPTERS[audio_type](self._context)
        self._source_type = AUDIO_TYPES[audio_type]
        self._close_info()
        if self._adapter.info is not None:
            self._info = AudioInfoInput(self._node, self._resolved, self._adapter.info, self._adapter.describe)
        self._subscription = self._subscribed(self._adapter)

    def _close_info(self) -> None:
        if self._info is not None:
            self._info.close()
            self._info = None

    def _subscribed(self, adapter: AnyAdapter) -> Subscription:
        messages = self._node.messages
        joining = Joining()
        arrived_ns = 0  # of the last block that is to be joined

        def pass_on_joined() -> None:
            if (block := joining.take()) is None:
                return
            now_ns, messages.received_ns = messages.received_ns, arrived_ns
            try:
                self._pass_on(block)
            finally:
                messages.received_ns = now_ns

        def take(message: Any) -> None:
            nonlocal arrived_ns
            try:
                blocks = list(adapter.blocks(message))
            except AudioRejected as rejected:
                self._report_rejection(rejected, amount=1)
                blocks = []
            for block in blocks:
                if not (self._by_arrival and joining.fits(block)):
                    pass_on_joined()
                joining.add(block)
                arrived_ns = messages.received_ns
            if not (self._by_arrival and messages.more):
                pass_on_joined()

        return self._node.create_subscription(
            adapter.message, self.topic, take, self._profile, callback_group=self._node.messages
        )

    def _pass_on(self, block: AudioBlock) -> None:
        try:
            self._receive(block)
        except AudioRejected as rejected:
            self._report_rejection(rejected, amount=0)

    def _report_rejection(self, rejected: AudioRejected, amount: int) -> None:
        self._reports.warning(rejected.reason, f"{self._resolved}: {rejected}", amount=amount, about=self.topic)

    def _report_repair(self, counter: str, text: str) -> None:
        self._reports.warning(counter, f"{self._resolved}: {text}", about=self.topic)
