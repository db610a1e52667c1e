"""`AudioData` and `AudioDataStamped` of ros-drivers' audio_common_msgs: bytes, described by `AudioInfo` if at all.

REP-155 uses the first for the voices of people, /humans/voices/<id>/audio.
"""

from collections.abc import Iterable
from typing import Any

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.audio.pcm import PCM_FORMATS, PcmReader, compression_of
from dystream_ros.audio.running_stream import RunningStream
from dystream_ros.nodes.audio_input.described import InputContext, SourceFormat
from dystream_ros.nodes.audio_input.message_class import message_class
from dystream_ros.nodes.audio_input.repairs import report_repairs
from dystream_ros.nodes.common.stamps import nanoseconds

# Values of AudioInfo.coding_format, in lower case, for bytes that are samples.
_UNCOMPRESSED = ("", "wave", "wav", "raw", "pcm")
_REMEDY = "publish samples: of audio_capture set the parameter format to wave"


class AudioDataAdapter:
    """`audio_common_msgs/msg/AudioData`: bytes without a stamp or a format."""

    def __init__(self, context: InputContext) -> None:
        self.message: Any = message_class("audio_common_msgs/msg/AudioData", "data")
        self.info: Any = message_class("audio_common_msgs/msg/AudioInfo", "sample_format", "coding_format")
        self._context = context
        self._refused = ""
        self._stream = RunningStream(context.pause)
        self._format = context.format
        self._reader = PcmReader(context.format.sample_format, context.format.channels)

    def blocks(self, message: Any) -> Iterable[AudioBlock]:
        """The whole samples of the message and of the bytes before them; a part of a sample waits for the next one."""
        return self._from_bytes(message.data.tobytes(), None)

    def describe(self, info: Any) -> None:
        """Take an AudioInfo."""
        coding, sample_format = info.coding_format.lower(), info.sample_format or self._format.sample_format
        self._refused = ""
        if coding not in _UNCOMPRESSED:
            self._refused = f"audio_info says {info.coding_format}; {_REMEDY}"
        elif sample_format not in PCM_FORMATS:
            self._refused = f"audio_info says {sample_format}; accepted are {', '.join(PCM_FORMATS)}"
        else:
            self._apply(SourceFormat(info.sample_rate, info.channels, sample_format))

    def _apply(self, described: SourceFormat) -> None:
        if described != self._format:
            self._format = described
            self._reader = PcmReader(described.sample_format, described.channels)

    def _from_bytes(self, data: bytes, stamp_ns: int | None) -> Iterable[AudioBlock]:
        if self._refused:
            raise AudioRejected("audio_format", self._refused)
        if not data:
            raise AudioRejected("empty", "the message holds no bytes; send nothing instead")
        if compression := compression_of(data):
            raise AudioRejected("compressed", f"the bytes are {compression}, not samples; {_REMEDY}")
        if self._stream.paused and self._reader.rest:
            self._reader.rest = b""  # of an utterance that is over
        described, cut_before = self._format, len(self._reader.rest)
        samples = self._reader.read(data)
        if self._reader.rest and not cut_before:
            self._context.repaired(
                "cut_samples",
                f"a message of {len(data)} bytes ends within a sample of {described.channels} channels in "
                f"{described.sample_format}; its rest is joined to the next message",
            )
        if samples.size:
            samples = report_repairs(samples, self._context)
            yield from self._stream.blocks(samples, described.sample_rate, described.channels, stamp_ns)


class AudioDataStampedAdapter(AudioDataAdapter):
    """`audio_common_msgs/msg/AudioDataStamped`: the same bytes with a stamp."""

    def __init__(self, context: InputContext) -> None:
        stamped = message_class("audio_common_msgs/msg/AudioDataStamped", "header", "audio")
        super().__init__(context)
        self.message = stamped

    def blocks(self, message: Any) -> Iterable[AudioBlock]:
        """The whole samples of the message and of the bytes before them, at its stamp."""
        return self._from_bytes(message.audio.data.tobytes(), nanoseconds(message.header.stamp) or None)
