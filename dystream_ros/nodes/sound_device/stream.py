"""Open streams of a sound device: capture and playback, through PortAudio."""

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from dystream_ros.nodes.sound_device.devices import DeviceInfo, SoundUnavailable, channels_of, find_device, portaudio

if TYPE_CHECKING:
    from typing_extensions import Buffer, Self

_QUEUE_LENGTH = 500  # chunks
_LONGEST_AGE = 1.0  # s; some backends give a nonsensical time of capture


class CallbackTimes(Protocol):
    """Instants on PortAudio's clock, in seconds, that a callback receives."""

    currentTime: float  # noqa: N815
    inputBufferAdcTime: float  # noqa: N815


class CallbackFlags(Protocol):
    """Losses since the previous call of a callback."""

    input_overflow: bool
    output_underflow: bool


class PortAudioStream(Protocol):
    """The part of sounddevice's streams that is used here."""

    def start(self) -> None: ...

    def close(self, ignore_errors: bool = True) -> None: ...


class DeviceStream:
    """A running stream of one device; use as a context manager.

    Attributes:
        name: of the device.
        xruns: overruns of a capture stream, or underruns of a playback stream, since it was opened.
    """

    def __init__(self, device: DeviceInfo) -> None:
        self.name = device["name"]
        self.xruns = 0
        self._index = device["index"]
        self._served = time.monotonic()

    @property
    def idle(self) -> float:
        """Seconds since the device last delivered or took audio."""
        return time.monotonic() - self._served

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close(ignore_errors=True)

    def _open(self, make: Callable[..., PortAudioStream], sample_rate: int, channels: int, **options: object) -> None:
        """Make a stream of this device and start it; PortAudio's thread then runs its callback, which must not wait.

        Raises:
            SoundUnavailable: it cannot be opened or started.
        """
        stream: PortAudioStream | None = None
        try:
            stream = make(device=self._index, samplerate=sample_rate, channels=channels, **options)
            stream.start()
        except portaudio().PortAudioError as error:
            if stream is not None:
                stream.close(ignore_errors=True)
            raise SoundUnavailable(
                f"'{self.name}' does not open with {channels} channels at {sample_rate} Hz: {error}; set device, "
                "sample_rate and channels to what --list-devices shows"
            ) from error
        self._stream = stream


@dataclass(frozen=True)
class CapturedChunk:
    """A chunk: int16 interleaved bytes, and the steady instant of its first sample."""

    data: bytes
    steady_ns: int


class CaptureStream(DeviceStream):
    """A capture device that is read chunk by chunk.

    Args:
        device: index or name, as for `find_device`.
        frames: samples per channel in a chunk.
        latency: buffer requested from the sound system, in seconds.

    Raises:
        SoundUnavailable: no such device, or it does not open with these settings.
    """

    def __init__(self, device: str, sample_rate: int, channels: int, frames: int, latency: float) -> None:
        super().__init__(find_device(device, "input"))
        self._seconds = frames / sample_rate
        self._queue: queue.Queue[CapturedChunk] = queue.Queue(_QUEUE_LENGTH)
        self._open(
            portaudio().RawInputStream,
            sample_rate,
            channels,
            blocksize=frames,
            dtype="int16",
            latency=latency,
            callback=self._captured,
        )

    def read(self, timeout: float) -> CapturedChunk | None:
        """The next chunk, or None when none came within `timeout` seconds."""
        try:
            return self._queue.get(timeout=timeout)
        except queue.Empty:
            return None

    def _captured(self, data: "Buffer", frames: int, times: CallbackTimes, flags: CallbackFlags) -> None:
        self._served = time.monotonic()
        age = times.currentTime - times.inputBufferAdcTime
        if not self._seconds <= age <= _LONGEST_AGE:
            age = self._seconds
        self.xruns += bool(flags.input_overflow)
        try:
            self._queue.put_nowait(CapturedChunk(bytes(data), time.monotonic_ns() - round(age * 1e9)))
        except queue.Full:
            self.xruns += 1


class PlaybackStream(DeviceStream):
    """A playback device that pulls its audio.

    Args:
        device: index or name, as for `find_device`.
        latency: buffer requested from the sound system, in seconds.
        pull: returns float32 (n,) for the next n samples; called in PortAudio's thread, must not wait.

    Raises:
        SoundUnavailable: no such device, or it does not open with these settings.
    """

    def __init__(
        self, device: str, sample_rate: int, latency: float, pull: Callable[[int], NDArray[np.float32]]
    ) -> None:
        found = find_device(device, "output")
        super().__init__(found)
        self._pull = pull
        self._open(
            portaudio().OutputStream,
            sample_rate,
            min(2, channels_of(found, "output")),  # many devices accept stereo only
            dtype="float32",
            latency=latency,
            callback=self._fill,
        )

    def _fill(self, out: NDArray[np.float32], frames: int, times: CallbackTimes, flags: CallbackFlags) -> None:
        self._served = time.monotonic()
        self.xruns += bool(flags.output_underflow)
        out[:] = self._pull(frames)[:, None]
