"""The topic that describes the audio on the topic beside it."""

from collections.abc import Callable
from typing import Any

from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy

from dystream_ros.nodes.common.executable import RunnableNode


def info_topic(audio_topic: str) -> str:
    """Name of the description of an audio topic: /audio/audio_info for /audio/audio and for /audio/audio_stamped."""
    return f"{audio_topic.removesuffix('_stamped')}_info"


class AudioInfoInput:
    """Subscribes to the description of an audio topic.

    A transient local subscription gets the last description at once, but nothing from a volatile publisher: it becomes
    volatile where there is one, which repeats the description.

    Args:
        audio_topic: resolved name of the audio topic.
        message: class of the description.
        describe: takes each description.
    """

    def __init__(
        self, node: RunnableNode, audio_topic: str, message: type[Any], describe: Callable[[Any], None]
    ) -> None:
        self._node = node
        self._topic = info_topic(audio_topic)
        self._message = message
        self._describe = describe
        self._durability = QoSDurabilityPolicy.TRANSIENT_LOCAL
        self._subscribe()

    def watch_publishers(self) -> None:
        """Match the durability of the publishers."""
        found = self._node.get_publishers_info_by_topic(self._topic)
        volatile = any(each.qos_profile.durability == QoSDurabilityPolicy.VOLATILE for each in found)
        wanted = QoSDurabilityPolicy.VOLATILE if volatile else QoSDurabilityPolicy.TRANSIENT_LOCAL
        if wanted != self._durability:
            self._durability = wanted
            self.close()
            self._subscribe()

    def close(self) -> None:
        """End the subscription."""
        self._node.destroy_subscription(self._subscription)

    def _subscribe(self) -> None:
        profile = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.RELIABLE, durability=self._durability)
        self._subscription = self._node.create_subscription(
            self._message, self._topic, self._describe, profile, callback_group=self._node.messages
        )
