"""Publishes the audio of a capture device."""

import array
import secrets
import time

from dystream_ros.msg import AudioChunk
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import time_message
from dystream_ros.nodes.parameters import MicrophoneSettings
from dystream_ros.nodes.sound_device.node import SoundDeviceNode
from dystream_ros.nodes.sound_device.stream import CaptureStream


class MicrophoneNode(SoundDeviceNode[MicrophoneSettings, CaptureStream]):
    """Publishes `audio`, one audio stream each time the device is opened; see docs/nodes.md."""

    def __init__(self) -> None:
        super().__init__("microphone", MicrophoneSettings, "capturing from", "overruns")
        self._stream_id = 0
        self._next_sample = 0
        self._chunks = 0
        self._output = self.create_publisher(AudioChunk, "audio", qos.audio_publisher())

    def open_device(self) -> CaptureStream:
        settings = self.settings
        self._stream_id, self._next_sample = secrets.randbits(63), 0
        stream = CaptureStream(
            settings.device,
            settings.sample_rate,
            settings.channels,
            settings.chunk_ms / 1000,
            settings.latency_ms / 1000,
        )
        self.report_format(stream, settings.sample_rate, settings.channels)
        return stream

    def serve(self, stream: CaptureStream) -> None:
        """Publish the next chunk, if one comes within 0.1 s."""
        chunk = stream.read(timeout=0.1)
        if chunk is None:
            return
        age_ns = time.monotonic_ns() - chunk.steady_ns
        message = AudioChunk(
            stream_id=self._stream_id,
            first_sample=self._next_sample,
            sample_rate=stream.sample_rate,
            channels=stream.channels,
            data=array.array("h", chunk.data),
        )
        message.header.frame_id = self.settings.frame_id
        message.header.stamp = time_message(max(0, self.get_clock().now().nanoseconds - age_ns))
        self._output.publish(message)
        self._next_sample += len(message.data) // stream.channels
        self._chunks += 1

    def device_values(self) -> dict[str, object]:
        return {"chunks": self._chunks}
