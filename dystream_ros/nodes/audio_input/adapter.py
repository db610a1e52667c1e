"""The contract of an audio message type, and the table of the supported ones."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from dystream_ros.audio.block import AudioBlock
from dystream_ros.nodes.audio_input import AUDIO_TYPES
from dystream_ros.nodes.audio_input.audio_chunk import AudioChunkAdapter
from dystream_ros.nodes.audio_input.audio_data import AudioDataAdapter, AudioDataStampedAdapter
from dystream_ros.nodes.audio_input.audio_stamped import AudioStampedAdapter
from dystream_ros.nodes.audio_input.described import InputContext
from dystream_ros.nodes.audio_input.int16_multi_array import Int16MultiArrayAdapter
from dystream_ros.nodes.audio_input.message_class import TypeUnavailable

Message = TypeVar("Message")


class AudioAdapter(Protocol[Message]):
    """Turns messages of one type, from one topic, into blocks of samples.

    Each subscription has an adapter of its own, which may keep a state between messages, e.g. half a sample, or an
    index that the message type lacks. Called in the executor's thread.

    Attributes:
        message: class of the messages.
        info: class of the messages that describe the format, on a topic beside the audio (`audio_info`); None where
            each message describes itself, or none does.
    """

    message: type[Message]
    info: type[Any] | None

    def blocks(self, message: Message) -> Iterable[AudioBlock]:
        """The audio of a message, in order.

        Raises:
            AudioRejected: the message cannot be converted; the error gives the reason.
        """
        ...

    def describe(self, info: Any) -> None:
        """Take a message of the class `info`; it holds from the next message on."""
        ...


# The message type of an adapter is known only at run time, when a publisher is found.
AnyAdapter = AudioAdapter[Any]

# By the value of the parameter `audio_type`; each raises `TypeUnavailable` where its message package is missing.
ADAPTERS: dict[str, Callable[[InputContext], AnyAdapter]] = {
    "audio_chunk": AudioChunkAdapter,
    "audio_data": AudioDataAdapter,
    "audio_data_stamped": AudioDataStampedAdapter,
    "audio_stamped": AudioStampedAdapter,
    "int16_multi_array": Int16MultiArrayAdapter,
}


def audio_type_of(type_name: str) -> str | None:
    """The value of `audio_type` for a message type as the ROS graph names it; None for an unsupported type."""
    return next((audio_type for audio_type, known in AUDIO_TYPES.items() if known == type_name), None)


def unavailable_types(context: InputContext) -> dict[str, str]:
    """The values of `audio_type` that cannot be used here, with the reason."""
    reasons = {audio_type: _reason(adapter, context) for audio_type, adapter in ADAPTERS.items()}
    return {audio_type: reason for audio_type, reason in reasons.items() if reason}


def _reason(adapter: Callable[[InputContext], AnyAdapter], context: InputContext) -> str:
    try:
        adapter(context)
    except TypeUnavailable as unavailable:
        return str(unavailable)
    return ""
