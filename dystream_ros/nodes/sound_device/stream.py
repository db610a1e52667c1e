"""Open streams of a sound device: capture and playback, through PortAudio."""

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from dystream_ros.nodes.sound_device.devices import DeviceInfo, SoundUnavailable, channels_of, find_device, portaudio
from dystream_ros.nodes.sound_device.server import Direction, environment

if TYPE_CHECKING:
    from typing_extensions import Buffer, Self

_QUEUE_LENGTH = 500  # chunks
_LONGEST_AGE = 1.0  # s; some backends give a nonsensical time of capture
# PortAudio's errors about a format that the device does not have (portaudio.h).
_INVALID_SAMPLE_RATE, _INVALID_CHANNEL_COUNT = -9997, -9998
_MOST_CHANNELS = 32  # of an AudioChunk


class CallbackTimes(Protocol):
    """Instants on PortAudio's clock, in seconds, that a callback receives."""

    currentTime: float  # noqa: N815
    inputBufferAdcTime: float  # noqa: N815


class CallbackFlags(Protocol):
    """Losses since the previous call of a callback."""

    input_overflow: bool
    output_underflow: bool


Pull = Callable[[int], NDArray[np.float32]]


class PortAudioStream(Protocol):
    """The part of sounddevice's streams that is used here."""

    def start(self) -> None: ...

    def close(self, ignore_errors: bool = True) -> None: ...


class DeviceStream:
    """A running stream of one device; use as a context manager.

    Attributes:
        name: of the device.
        direction: of the stream.
        sample_rate, channels: with which it was opened: those that were wanted, or else those of the device.
        xruns: overruns of a capture stream, or underruns of a playback stream, since it was opened.
    """

    direction: Direction

    def __init__(self, device: DeviceInfo) -> None:
        self.name = device["name"]
        self.sample_rate = self.channels = 0
        self.xruns = 0
        self._device = device
        self._served = time.monotonic()

    @property
    def idle(self) -> float:
        """Seconds since the device last delivered or took audio."""
        return time.monotonic() - self._served

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close(ignore_errors=True)

    def _open(
        self, make: Callable[..., PortAudioStream], sample_rate: int, channels: int, options: Callable[[], dict]
    ) -> None:
        """Make a stream of this device and start it; PortAudio's thread then runs its callback, which must not wait.

        A device that does not have the wanted format is opened in its own.

        Args:
            options: returns further arguments of `make`, once `sample_rate` and `channels` are set.

        Raises:
            SoundUnavailable: it cannot be opened or started.
        """
        failure: Exception | None = None
        for rate, count in self._formats(sample_rate, channels):
            self.sample_rate, self.channels = rate, count
            stream: PortAudioStream | None = None
            try:
                with environment(self._device.get("variables", {})):
                    stream = make(
                        device=self._device["index"],
                        samplerate=self.sample_rate,
                        channels=self.channels,
                        **options(),
                    )
                    stream.start()
            except portaudio().PortAudioError as error:
                if stream is not None:
                    stream.close(ignore_errors=True)
                failure = failure or error
                if error.args[1:2] not in ((_INVALID_SAMPLE_RATE,), (_INVALID_CHANNEL_COUNT,)):
                    break
            else:
                self._stream = stream
                return
        raise SoundUnavailable(
            f"'{self.name}' does not open with {channels} channels at {sample_rate} Hz: {failure}; set device, "
            "sample_rate and channels to what --list-devices shows"
        ) from failure

    def _formats(self, sample_rate: int, channels: int) -> list[tuple[int, int]]:
        """Rates and numbers of channels to try: the wanted ones first, the device's own last."""
        rate = round(self._device["default_samplerate"])
        most = min(channels_of(self._device, self.direction), _MOST_CHANNELS)
        formats = [
            (sample_rate, channels),
            (rate, channels),
            (sample_rate, 2),
            (rate, 2),
            (sample_rate, most),
            (rate, most),
        ]
        return list(dict.fromkeys(each for each in formats if 0 < each[1] <= max(most, channels)))


@dataclass(frozen=True)
class CapturedChunk:
    """A chunk: int16 interleaved bytes, and the steady instant of its first sample."""

    data: bytes
    steady_ns: int


class CaptureStream(DeviceStream):
    """A capture device that is read chunk by chunk.

    Args:
        device: index or name, as for `find_device`.
        seconds: duration of a chunk.
        latency: buffer requested from the sound system, in seconds.

    Raises:
        SoundUnavailable: no such device, or it does not open with these settings.
    """

    direction = "input"

    def __init__(self, device: str, sample_rate: int, channels: int, seconds: float, latency: float) -> None:
        super().__init__(find_device(device, "input"))
        self._seconds = seconds
        self._queue: queue.Queue[CapturedChunk] = queue.Queue(_QUEUE_LENGTH)

        def options() -> dict[str, object]:
            frames = max(1, round(seconds * self.sample_rate))
            return {"blocksize": frames, "dtype": "int16", "latency": latency, "callback": self._captured}

        self._open(portaudio().RawInputStream, sample_rate, channels, options)

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
        source: returns, for a sample rate, the function that returns float32 (n,) for the next n samples; that is
            called in PortAudio's thread and must not wait.

    Raises:
        SoundUnavailable: no such device, or it does not open with these settings.
    """

    direction = "output"

    def __init__(self, device: str, sample_rate: int, latency: float, source: Callable[[int], Pull]) -> None:
        found = find_device(device, "output")
        super().__init__(found)

        def options() -> dict[str, object]:
            self._pull = source(self.sample_rate)
            return {"dtype": "float32", "latency": latency, "callback": self._fill}

        channels = min(2, channels_of(found, "output"))  # many devices accept stereo only
        self._open(portaudio().OutputStream, sample_rate, channels, options)

    def _fill(self, out: NDArray[np.float32], frames: int, times: CallbackTimes, flags: CallbackFlags) -> None:
        self._served = time.monotonic()
        self.xruns += bool(flags.output_underflow)
        out[:] = self._pull(frames)[:, None]
