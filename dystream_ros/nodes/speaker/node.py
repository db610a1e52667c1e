"""Plays an audio topic on a playback device."""

import numpy as np
import soxr

from dystream_ros.audio.block import AudioBlock, check_block, to_mono
from dystream_ros.msg import UtteranceEvent
from dystream_ros.nodes.audio_input.party_input import PartyInput
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.parameters import SpeakerSettings
from dystream_ros.nodes.parameters.audio_source import source_of
from dystream_ros.nodes.sound_device.node import SoundDeviceNode
from dystream_ros.nodes.sound_device.stream import PlaybackStream, Pull
from dystream_ros.nodes.speaker.elastic_buffer import ElasticBuffer

# A source that sends faster than real time may be this far ahead.
_LONGEST_QUEUE = 60.0  # s
_SHORTEST_BUFFER = 0.005  # s


class SpeakerNode(SoundDeviceNode[SpeakerSettings, PlaybackStream]):
    """Plays the topic `audio`; see docs/nodes.md."""

    def __init__(self) -> None:
        super().__init__("speaker", SpeakerSettings, "playing on", "underruns")
        settings = self.settings
        self._rate = settings.sample_rate
        self._buffer_seconds = self._wanted_buffer()
        self._buffer = self._new_buffer()
        self._source: tuple[int, int, int] | None = None
        self._resampler: soxr.ResampleStream | None = None
        self._dropped = 0
        self._input = PartyInput(
            self, "audio", settings.audio_type, qos.whole_audio(), self._receive, self.reports, source_of(settings)
        )
        self._pushed = 0  # samples of the stream that arrived last
        # In the thread that receives the audio, since both change the buffer.
        self.create_subscription(
            UtteranceEvent, "self/utterance", self._on_utterance, qos.events(), callback_group=self.messages
        )
        self.create_timer(0.5, self._input.watch_publishers)

    def open_device(self) -> PlaybackStream:
        settings = self.settings
        stream = PlaybackStream(settings.device, settings.sample_rate, settings.latency_ms / 1000, self._buffer_of_rate)
        self.report_format(stream, settings.sample_rate, stream.channels)
        return stream

    def serve(self, stream: PlaybackStream) -> None:
        """PortAudio's thread pulls from the buffer; there is nothing to do here."""
        self.stopping.wait(0.1)

    def lacking(self) -> str:
        if self._input.publishers:
            return ""
        topic = self.resolve_topic_name("audio")
        return f"nobody publishes {topic}: activate a head, or check the namespace and the remapping of audio"

    def device_values(self) -> dict[str, object]:
        buffer = self._buffer
        return {
            "queued [s]": round(buffer.level, 3),
            "speed [ppm]": round((buffer.speed - 1) * 1e6),
            "buffer_underruns": buffer.underruns,
            "left_out_after_stalls [s]": round(buffer.stalled / self._rate, 3),
        }

    def _on_utterance(self, message: UtteranceEvent) -> None:
        """Drop what is queued of an utterance that was cut off; audio of a newer stream stays."""
        if message.event != UtteranceEvent.INTERRUPTED:
            return
        newer = self._source is not None and self._source[0] != message.stream_id
        self._buffer.drop(self._pushed if newer else 0)
        if not newer:
            self._resampler = None

    def _wanted_buffer(self) -> float:
        """Seconds that wait: against late messages, and by which the sound is to match the face."""
        settings = self.settings
        wanted = (settings.buffer_ms + settings.sync_offset_ms) / 1000
        if wanted < _SHORTEST_BUFFER:
            self.reports.warning(
                "sync_offset_limited",
                f"sync_offset_ms {settings.sync_offset_ms:g} is more than the buffer of {settings.buffer_ms:g} ms can "
                f"give: the sound is played {settings.buffer_ms - 1000 * _SHORTEST_BUFFER:g} ms earlier; delay the "
                "face for the rest (delay_ms of the node display), or shorten latency_ms",
            )
        return max(wanted, _SHORTEST_BUFFER)

    def _new_buffer(self) -> ElasticBuffer:
        return ElasticBuffer(self._rate, self._buffer_seconds, _LONGEST_QUEUE)

    def _buffer_of_rate(self, sample_rate: int) -> Pull:
        """What a device of this rate plays; audio that waits at another rate is dropped."""
        if sample_rate != self._rate:
            self._rate = sample_rate
            self._buffer = self._new_buffer()
        return self._buffer.pull

    def _receive(self, block: AudioBlock) -> None:
        check_block(block)
        rate, buffer = self._rate, self._buffer
        source = (block.stream_id, block.sample_rate, rate)
        if self._resampler is None or source != self._source:
            self._source, self._pushed = source, 0
            self._resampler = soxr.ResampleStream(block.sample_rate, rate, 1, dtype="float32")
        if block.frames:
            samples = self._resampler.resample_chunk(to_mono(block))
            buffer.push(samples)
            self._pushed += samples.size
        if block.end_of_stream:
            buffer.push(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
            self._resampler = None
        if buffer.dropped != self._dropped:
            self._dropped = buffer.dropped
            self.reports.warning(
                "dropped",
                f"more than {_LONGEST_QUEUE:g} s of audio are queued, further audio is dropped; send it in real time",
            )
