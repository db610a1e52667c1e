"""The contract of an audio message type, and the table of the supported ones."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from dystream_ros.audio.block import AudioBlock
from dystream_ros.nodes.audio_input import AUDIO_TYPES
from dystream_ros.nodes.audio_input.audio_chunk import AudioChunkAdapter

Message = TypeVar("Message")


class AudioAdapter(Protocol[Message]):
    """Turns messages of one type, from one topic, into blocks of samples.

    Each subscription has an adapter of its own, which may keep a state between messages, e.g. half a sample, or an
    index that the message type lacks. Called in the executor's thread.

    Attributes:
        message: class of the messages.
    """

    message: type[Message]

    def blocks(self, message: Message) -> Iterable[AudioBlock]:
        """The audio of a message, in order.

        Raises:
            AudioRejected: the message cannot be converted; the error gives the reason.
        """
        ...


# The message type of an adapter is known only at run time, when a publisher is found.
AnyAdapter = AudioAdapter[Any]

# By the value of the parameter `audio_type`.
ADAPTERS: dict[str, Callable[[], AnyAdapter]] = {"audio_chunk": AudioChunkAdapter}


def adapter_for(type_name: str) -> AnyAdapter | None:
    """A new adapter for a message type as the ROS graph names it, e.g. "dystream_ros/msg/AudioChunk"; else None."""
    for audio_type, known in AUDIO_TYPES.items():
        if known == type_name:
            return ADAPTERS[audio_type]()
    return None
