"""Sound to a playback device."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dystream_ros.nodes.sound_device.devices import CHANNELS, Heartbeat, find_device, portaudio, started


class Playback:
    """An open playback device that pulls its sound; use as a context manager.

    Attributes:
        name: of the device.
        underruns: how often the device was not served in time.
        heartbeat: of the device.

    Args:
        device: as `find_device` takes it.
        latency: buffer asked of the sound system, in seconds.
        pull: gives float32 (n,) for the next n samples; called in PortAudio's thread, has to be quick.

    Raises:
        SoundUnavailable: there is no such device, or it cannot be opened so.
    """

    def __init__(self, device: str, sample_rate: int, latency: float, pull: Callable[[int], np.ndarray]) -> None:
        sounddevice = portaudio()
        found = find_device(device, "output")
        self.name: str = found["name"]
        self.underruns = 0
        self.heartbeat = Heartbeat()
        self._pull = pull
        # Many devices know nothing but stereo.
        channels = min(2, found[CHANNELS["output"]])
        self._stream = started(
            lambda: sounddevice.OutputStream(
                samplerate=sample_rate,
                device=found["index"],
                channels=channels,
                dtype="float32",
                latency=latency,
                callback=self._give,
            ),
            f"'{self.name}' cannot be opened at {sample_rate} Hz",
        )

    def __enter__(self) -> "Playback":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close(ignore_errors=True)

    def _give(self, out: np.ndarray, frames: int, times: Any, status: Any) -> None:
        self.heartbeat.beat()
        self.underruns += bool(status.output_underflow)
        out[:] = self._pull(frames)[:, None]
