"""`dystream_ros/msg/AudioChunk` to and from blocks of samples."""

import array
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.block import AudioBlock
from dystream_ros.msg import AudioChunk
from dystream_ros.nodes.audio_input.described import InputContext, WithoutInfo
from dystream_ros.nodes.common.stamps import nanoseconds, time_message


class AudioChunkAdapter(WithoutInfo):
    """`dystream_ros/msg/AudioChunk`: its fields are those of a block."""

    message = AudioChunk

    def __init__(self, context: InputContext) -> None:
        """The messages describe themselves: the context is not needed."""

    def blocks(self, message: AudioChunk) -> Iterable[AudioBlock]:
        """One block, whose samples are those of the message, not a copy."""
        yield AudioBlock(
            stream_id=message.stream_id,
            first_sample=message.first_sample,
            sample_rate=message.sample_rate,
            channels=message.channels,
            stamp_ns=nanoseconds(message.header.stamp) or None,
            data=np.frombuffer(message.data, np.int16),
            end_of_stream=message.end_of_stream,
        )


def int16_samples(block: AudioBlock) -> NDArray[np.int16]:
    """The samples of a block as int16; float samples, of full scale 1.0, are scaled and clipped."""
    if block.data.dtype == np.int16:
        return block.data.astype(np.int16, copy=False)
    return np.clip(np.round(block.data * 32767.0), -32768, 32767).astype(np.int16)


def audio_chunk(block: AudioBlock, frame_id: str = "") -> AudioChunk:
    """The message of a block; float samples, of full scale 1.0, are scaled and clipped to int16."""
    message = AudioChunk(
        stream_id=block.stream_id,
        first_sample=block.first_sample,
        sample_rate=block.sample_rate,
        channels=block.channels,
        end_of_stream=block.end_of_stream,
        # rclpy keeps an array.array as it is; a NumPy array it copies sample by sample.
        data=array.array("h", int16_samples(block).tobytes()),
    )
    message.header.frame_id = frame_id
    message.header.stamp = time_message(block.stamp_ns or 0)
    return message
