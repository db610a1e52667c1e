"""`AudioStamped` of mgonzs13's audio_common_msgs, which describes itself."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.audio.pcm import Samples
from dystream_ros.audio.running_stream import RunningStream
from dystream_ros.nodes.audio_input.described import InputContext, WithoutInfo
from dystream_ros.nodes.audio_input.message_class import message_class
from dystream_ros.nodes.audio_input.repairs import report_repairs
from dystream_ros.nodes.common.stamps import nanoseconds

# PortAudio's numbers of the formats (portaudio.h), and the field with the samples.
FORMATS = {1: "float32_data", 2: "int32_data", 8: "int16_data", 16: "int8_data", 32: "uint8_data"}


class AudioStampedAdapter(WithoutInfo):
    """`audio_common_msgs/msg/AudioStamped`: interleaved samples of one of five types, with a stamp of the first."""

    def __init__(self, context: InputContext) -> None:
        self.message: Any = message_class("audio_common_msgs/msg/AudioStamped", "header", "audio")
        self._context = context
        self._stream = RunningStream(context.pause)

    def blocks(self, message: Any) -> Iterable[AudioBlock]:
        """The samples of the field that `format` names; of the only one with samples if that one is empty."""
        info, data = message.audio.info, message.audio.audio_data
        filled = [field for field in FORMATS.values() if len(getattr(data, field))]
        named = FORMATS.get(info.format)
        if named not in filled and len(filled) != 1:
            raise AudioRejected(
                "audio_format",
                f"format {info.format} and samples in {', '.join(filled) or 'no field'}; accepted formats are "
                + ", ".join(f"{number} ({field})" for number, field in FORMATS.items()),
            )
        field = named if named in filled else filled[0]
        if not 1 <= info.channels <= 255 or info.rate < 0:
            raise AudioRejected("channels", f"{info.channels} channels at {info.rate} Hz: correct `info` in the source")
        samples = report_repairs(_samples(field, getattr(data, field)), self._context)
        stamp_ns = nanoseconds(message.header.stamp) or None
        yield from self._stream.blocks(samples, info.rate, info.channels, stamp_ns)


def _samples(field: str, values: Any) -> Samples:
    """Float32 of full scale 1, or int16 (n,), of one of the fields."""
    if field == "int16_data":
        return np.frombuffer(values, np.int16)
    if field == "float32_data":
        return np.frombuffer(values, np.float32)
    if field == "int32_data":
        return (np.frombuffer(values, np.int32) / 2.0**31).astype(np.float32)
    if field == "int8_data":
        return (np.frombuffer(values, np.int8) / np.float32(128)).astype(np.float32)
    return ((np.frombuffer(values, np.uint8) - np.float32(128)) / np.float32(128)).astype(np.float32)
