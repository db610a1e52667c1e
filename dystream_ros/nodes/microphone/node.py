"""Opens the capture device, publishes what it hears, and opens it again when it falls silent."""

import array
import secrets
import threading
import time

from dystream_ros.msg import AudioChunk
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.diagnostics import ERROR, OK, WARN, Diagnostics, Health
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.stamps import time_message
from dystream_ros.nodes.parameters import MicrophoneSettings
from dystream_ros.nodes.sound_device.capture import Capture, Captured
from dystream_ros.nodes.sound_device.devices import SoundUnavailable, look_again


class MicrophoneNode(RunnableNode):
    """Publishes `audio` from a thread of its own; see docs/nodes.md."""

    def __init__(self) -> None:
        super().__init__("microphone", automatically_declare_parameters_from_overrides=True)
        self.reports = Reports(self.get_logger())
        declare(self, MicrophoneSettings, self.reports)
        self._settings = read(self, MicrophoneSettings)
        self._device = ""
        self._chunks = 0
        self._output = self.create_publisher(AudioChunk, "audio", qos.audio_publisher())
        self._diagnostics = Diagnostics(self, self._health)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="listening", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _listen(self) -> None:
        settings = self._settings
        frames = max(1, round(settings.sample_rate * settings.chunk_ms / 1000))
        while not self._stopped.is_set():
            try:
                capture = Capture(
                    settings.device, settings.sample_rate, settings.channels, frames, settings.latency_ms / 1000
                )
                with capture:
                    self.get_logger().info(f"listening to '{capture.name}'")
                    self._device = capture.name
                    self._publish_from(capture)
            except SoundUnavailable as unavailable:
                self.reports.error("device_unavailable", f"{unavailable}; trying again every {settings.retry:g} s")
            self._device = ""
            if not self._stopped.wait(settings.retry):
                look_again()

    def _publish_from(self, capture: Capture) -> None:
        """Until the node is stopped or the device gives no more."""
        stream_id, sent, overruns = secrets.randbits(63), 0, 0
        heard = time.monotonic()
        while not self._stopped.is_set():
            chunk = capture.read(timeout=0.1)
            if chunk is not None:
                heard = time.monotonic()
                self._publish(chunk, stream_id, sent)
                sent += len(chunk.data) // (2 * self._settings.channels)
            if capture.overruns > overruns:
                lost = capture.overruns - overruns
                overruns = capture.overruns
                self.reports.warning("overruns", f"'{capture.name}' lost sound: an overrun of its buffer", lost)
            if time.monotonic() - heard > self._settings.watchdog:
                self.reports.error(
                    "device_silent",
                    f"'{capture.name}' has given nothing for {self._settings.watchdog:g} s; opening it again",
                )
                return

    def _publish(self, chunk: Captured, stream_id: int, first_sample: int) -> None:
        age_ns = time.monotonic_ns() - chunk.steady_ns
        message = AudioChunk(
            stream_id=stream_id,
            first_sample=first_sample,
            sample_rate=self._settings.sample_rate,
            channels=self._settings.channels,
            data=array.array("h", chunk.data),
        )
        message.header.frame_id = self._settings.frame_id
        message.header.stamp = time_message(max(0, self.get_clock().now().nanoseconds - age_ns))
        self._output.publish(message)
        self._chunks += 1

    def _health(self) -> Health:
        counts = self.reports.counts()
        values = {"device": self._device or "none", "chunks": self._chunks, **counts}
        if not self._device:
            return ERROR, "no device", values
        return (WARN, "sound was lost", values) if counts.get("overruns") else (OK, "listening", values)
