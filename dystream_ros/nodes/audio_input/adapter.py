"""What a message type needs to serve as audio input: one adapter each, found by its type name."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from dystream_ros.audio.block import AudioBlock
from dystream_ros.nodes.audio_input.audio_chunk import AudioChunkAdapter


class AudioAdapter(Protocol):
    """Turns messages of one type, from one topic, into blocks of samples.

    An adapter may keep what one message leaves over for the next, e.g. half a sample; a new subscription has a new one.
    """

    type_name: str  # as in the ROS graph: package/msg/Name
    message: type

    def blocks(self, message: Any) -> Iterable[AudioBlock]:
        """The audio of a message.

        Raises:
            AudioRejected: the message cannot be understood; says why.
        """
        ...


# By the value of the parameter `audio_type`.
ADAPTERS: dict[str, Callable[[], AudioAdapter]] = {"audio_chunk": AudioChunkAdapter}


def adapter_for(type_name: str) -> AudioAdapter | None:
    """An adapter for a message type of the ROS graph, or None where there is none."""
    for make in ADAPTERS.values():
        adapter = make()
        if adapter.type_name == type_name:
            return adapter
    return None
