"""Blocks of samples as audio messages of any supported type, for `self/audio_aligned`."""

import array
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Int16MultiArray, MultiArrayDimension

from dystream_ros.audio.block import AudioBlock
from dystream_ros.msg import AudioChunk
from dystream_ros.nodes.audio_input.audio_chunk import audio_chunk, int16_samples
from dystream_ros.nodes.audio_input.message_class import message_class
from dystream_ros.nodes.common.stamps import time_message

_INT16_OF_PORTAUDIO = 8


class AudioEncoder(Protocol):
    """Turns blocks into messages of one type.

    Attributes:
        message: class of the messages.
        info: class of the messages that describe them on a topic beside, or None.
    """

    message: type[Any]
    info: type[Any] | None

    def encode(self, block: AudioBlock, frame_id: str) -> Any:
        """The message of a block; None where the type has no message for it: an end of a stream without samples."""
        ...

    def describe(self, block: AudioBlock) -> Any:
        """The description of such a block, of the class `info`."""
        ...


class _WithoutDescription:
    info: type[Any] | None = None

    def describe(self, block: AudioBlock) -> Any:
        """There is none."""


class _AudioChunk(_WithoutDescription):
    message = AudioChunk

    def encode(self, block: AudioBlock, frame_id: str) -> AudioChunk:
        return audio_chunk(block, frame_id)


class _AudioData:
    def __init__(self) -> None:
        self.message: Any = message_class("audio_common_msgs/msg/AudioData", "data")
        self.info: Any = message_class("audio_common_msgs/msg/AudioInfo", "sample_format", "coding_format")

    def encode(self, block: AudioBlock, frame_id: str) -> Any:
        return self.message(data=_bytes(block)) if block.frames else None

    def describe(self, block: AudioBlock) -> Any:
        return self.info(
            channels=block.channels,
            sample_rate=block.sample_rate,
            sample_format="S16LE",
            bitrate=16 * block.channels * block.sample_rate,
            coding_format="WAVE",
        )


class _AudioDataStamped(_AudioData):
    def __init__(self) -> None:
        stamped = message_class("audio_common_msgs/msg/AudioDataStamped", "header", "audio")
        super().__init__()
        self.message = stamped

    def encode(self, block: AudioBlock, frame_id: str) -> Any:
        if not block.frames:
            return None
        message = self.message()
        message.audio.data = _bytes(block)
        return _with_header(message, block, frame_id)


class _AudioStamped(_WithoutDescription):
    def __init__(self) -> None:
        self.message: Any = message_class("audio_common_msgs/msg/AudioStamped", "header", "audio")

    def encode(self, block: AudioBlock, frame_id: str) -> Any:
        if not block.frames:
            return None
        message = self.message()
        message.audio.audio_data.int16_data = _array(int16_samples(block))
        info = message.audio.info
        info.format, info.channels, info.rate, info.chunk = (
            _INT16_OF_PORTAUDIO,
            block.channels,
            block.sample_rate,
            block.frames,
        )
        return _with_header(message, block, frame_id)


class _Int16MultiArray(_WithoutDescription):
    message = Int16MultiArray

    def encode(self, block: AudioBlock, frame_id: str) -> Int16MultiArray | None:
        if not block.frames:
            return None
        message = Int16MultiArray(data=_array(int16_samples(block)))
        size = block.frames * block.channels
        message.layout.dim = [
            MultiArrayDimension(label="samples", size=block.frames, stride=size),
            MultiArrayDimension(label="channels", size=block.channels, stride=block.channels),
        ]
        return message


def _array(samples: NDArray[np.int16]) -> "array.array[int]":
    return array.array("h", samples.tobytes())


def _bytes(block: AudioBlock) -> "array.array[int]":
    return array.array("B", int16_samples(block).astype("<i2", copy=False).tobytes())


def _with_header(message: Any, block: AudioBlock, frame_id: str) -> Any:
    message.header.frame_id = frame_id
    message.header.stamp = time_message(block.stamp_ns or 0)
    return message


# By the names of `AUDIO_TYPES`; each raises `TypeUnavailable` where its message package is missing.
ENCODERS: dict[str, Callable[[], AudioEncoder]] = {
    "audio_chunk": _AudioChunk,
    "audio_data": _AudioData,
    "audio_data_stamped": _AudioDataStamped,
    "audio_stamped": _AudioStamped,
    "int16_multi_array": _Int16MultiArray,
}
