"""The audio of a bag as blocks."""

from dystream_ros.audio.block import AudioBlock
from dystream_ros.bags.definitions import BagError, fields_of
from dystream_ros.bags.reading import Record

AUDIO_CHUNK = "dystream_ros/msg/AudioChunk"


def audio_block(record: Record) -> AudioBlock:
    """The block of an AudioChunk.

    Raises:
        BagError: the message has another type, or other fields.
    """
    if record.type_name != AUDIO_CHUNK:
        raise BagError(
            f"{record.topic} holds {record.type_name}; without ROS only {AUDIO_CHUNK} can be used. Record "
            "self/audio_aligned, which is one, or play the bag to a head with the node bag_player"
        )
    with fields_of(record.topic, record.type_name):
        message = record.message
        stamp, data = message.header.stamp, message.data
        numbers = (message.stream_id, message.first_sample, message.sample_rate, message.channels)
        if not all(isinstance(each, int) for each in (*numbers, stamp.sec, stamp.nanosec)) or data.ndim != 1:
            raise TypeError("numbers and an array of samples are accepted")
        return AudioBlock(
            stream_id=message.stream_id,
            first_sample=message.first_sample,
            sample_rate=message.sample_rate,
            channels=message.channels,
            stamp_ns=stamp.sec * 1_000_000_000 + stamp.nanosec or None,
            data=data,
            end_of_stream=bool(message.end_of_stream),
        )
