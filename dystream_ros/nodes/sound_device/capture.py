"""Sound from a capture device, chunk by chunk."""

import queue
import time
from dataclasses import dataclass
from typing import Any

from dystream_ros.nodes.sound_device.devices import find_device, portaudio, started

_QUEUE_LENGTH = 500
_LONGEST_AGE = 1.0  # s; some backends give a nonsensical time of capture


@dataclass(frozen=True)
class Captured:
    """A chunk: int16 interleaved bytes, and the steady instant of its first sample."""

    data: bytes
    steady_ns: int


class Capture:
    """An open capture device; use as a context manager.

    PortAudio's callback only fills a queue, since what it waits for is lost.

    Attributes:
        name: of the device.
        overruns: how often sound was lost, in the device or here.

    Args:
        device: as `find_device` takes it.
        frames: samples of each channel in a chunk.
        latency: buffer asked of the sound system, in seconds.

    Raises:
        SoundUnavailable: there is no such device, or it cannot be opened so.
    """

    def __init__(self, device: str, sample_rate: int, channels: int, frames: int, latency: float) -> None:
        sounddevice = portaudio()
        found = find_device(device, "input")
        self.name: str = found["name"]
        self.overruns = 0
        self._seconds = frames / sample_rate
        self._queue: queue.Queue[Captured] = queue.Queue(_QUEUE_LENGTH)
        self._stream = started(
            lambda: sounddevice.RawInputStream(
                samplerate=sample_rate,
                blocksize=frames,
                device=found["index"],
                channels=channels,
                dtype="int16",
                latency=latency,
                callback=self._take,
            ),
            f"'{self.name}' cannot be opened with {channels} channels at {sample_rate} Hz",
        )

    def __enter__(self) -> "Capture":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close(ignore_errors=True)

    def read(self, timeout: float) -> Captured | None:
        """The next chunk, or None when none came within `timeout` seconds."""
        try:
            return self._queue.get(timeout=timeout)
        except queue.Empty:
            return None

    def _take(self, data: Any, frames: int, times: Any, status: Any) -> None:
        age = times.currentTime - times.inputBufferAdcTime
        if not self._seconds <= age <= _LONGEST_AGE:
            age = self._seconds
        self.overruns += bool(status.input_overflow)
        try:
            self._queue.put_nowait(Captured(bytes(data), time.monotonic_ns() - round(age * 1e9)))
        except queue.Full:
            self.overruns += 1
