"""Plays an audio topic, and opens the device again when it stops."""

import threading

import numpy as np
import soxr

from dystream_ros.audio.block import AudioBlock, check_block, to_mono
from dystream_ros.nodes.audio_input.party_input import PartyInput
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.diagnostics import ERROR, OK, Diagnostics, Health
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.parameters import SpeakerSettings
from dystream_ros.nodes.sound_device.devices import SoundUnavailable, look_again
from dystream_ros.nodes.sound_device.playback import Playback
from dystream_ros.nodes.speaker.elastic_buffer import ElasticBuffer

# A source that sends much faster than real time may send so much.
_LONGEST_QUEUE = 60.0  # s


class SpeakerNode(RunnableNode):
    """Plays the topic `audio`; see docs/nodes.md."""

    def __init__(self) -> None:
        super().__init__("speaker", automatically_declare_parameters_from_overrides=True)
        self.reports = Reports(self.get_logger())
        declare(self, SpeakerSettings, self.reports)
        self._settings = settings = read(self, SpeakerSettings)
        self._buffer = ElasticBuffer(settings.sample_rate, settings.buffer_ms / 1000, _LONGEST_QUEUE)
        self._source: tuple[int, int] | None = None
        self._resampler: soxr.ResampleStream | None = None
        self._device = ""
        self._dropped = 0
        self._input = PartyInput(self, "audio", "auto", qos.whole_audio(), self._hear, self.reports)
        self.create_timer(0.5, self._input.watch_publishers)
        self._diagnostics = Diagnostics(self, self._health)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._play, name="playing", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _hear(self, block: AudioBlock) -> None:
        check_block(block)
        source = (block.stream_id, block.sample_rate)
        if source != self._source:
            self._source = source
            self._resampler = soxr.ResampleStream(block.sample_rate, self._settings.sample_rate, 1, dtype="float32")
        if block.frames:
            self._buffer.push(self._resampler.resample_chunk(to_mono(block)))
        if block.end_of_stream:
            self._buffer.push(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
            self._source = None
        if self._buffer.dropped > self._dropped:
            self._dropped = self._buffer.dropped
            self.reports.warning("dropped", f"more than {_LONGEST_QUEUE:g} s of sound wait; what comes now is dropped")

    def _play(self) -> None:
        settings = self._settings
        while not self._stopped.is_set():
            try:
                latency = settings.latency_ms / 1000
                with Playback(settings.device, settings.sample_rate, latency, self._buffer.pull) as playback:
                    self.get_logger().info(f"playing on '{playback.name}'")
                    self._device = playback.name
                    self._watch(playback)
            except SoundUnavailable as unavailable:
                self.reports.error("device_unavailable", f"{unavailable}; trying again every {settings.retry:g} s")
            self._device = ""
            if not self._stopped.wait(settings.retry):
                look_again()

    def _watch(self, playback: Playback) -> None:
        """Until the node is stopped or the device takes no more."""
        underruns = 0
        while not self._stopped.wait(0.1):
            if playback.underruns > underruns:
                missed = playback.underruns - underruns
                underruns = playback.underruns
                self.reports.warning("underruns", f"'{playback.name}' was served too late", missed)
            if playback.heartbeat.age > self._settings.watchdog:
                text = f"'{playback.name}' has taken nothing for {self._settings.watchdog:g} s; opening it again"
                self.reports.error("device_silent", text)
                return

    def _health(self) -> Health:
        buffer = self._buffer
        values = {"device": self._device or "none", "queued [s]": round(buffer.level, 3), "ran dry": buffer.dry}
        values |= {"speed [ppm]": round((buffer.speed - 1) * 1e6), **self.reports.counts()}
        return (OK, "playing", values) if self._device else (ERROR, "no device", values)
