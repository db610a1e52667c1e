"""`std_msgs/msg/Int16MultiArray`: samples without a stamp, a rate or a stream."""

from collections.abc import Iterable

import numpy as np
from std_msgs.msg import Int16MultiArray

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.audio.running_stream import RunningStream
from dystream_ros.nodes.audio_input.described import InputContext, WithoutInfo


class Int16MultiArrayAdapter(WithoutInfo):
    """`std_msgs/msg/Int16MultiArray`: interleaved, unless a first dimension is labelled "channels"."""

    message = Int16MultiArray

    def __init__(self, context: InputContext) -> None:
        self._format = context.format
        self._stream = RunningStream(context.pause)

    def blocks(self, message: Int16MultiArray) -> Iterable[AudioBlock]:
        """The samples after `data_offset`; a dimension labelled "channels" overrides the parameter."""
        samples = np.frombuffer(message.data, np.int16)[message.layout.data_offset :]
        channels = self._format.channels
        dimensions = message.layout.dim
        labelled = [number for number, each in enumerate(dimensions) if each.label.lower().startswith("channel")]
        if labelled:
            channels = dimensions[labelled[0]].size
            if not channels or samples.size % channels:
                raise AudioRejected(
                    "odd_size", f"{samples.size} samples do not divide into the {channels} channels of `layout`"
                )
            if labelled[0] == 0 and len(dimensions) > 1:
                samples = np.ascontiguousarray(samples.reshape(channels, -1).T).reshape(-1)
        yield from self._stream.blocks(samples, self._format.sample_rate, channels, None)
