"""Which sound devices there are, and the one that a name means."""

import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

CHANNELS = {"input": "max_input_channels", "output": "max_output_channels"}


class SoundUnavailable(RuntimeError):
    """A device, or the library that would open it, is not there; the text says what to do."""


def portaudio() -> ModuleType:
    """The module sounddevice.

    Raises:
        SoundUnavailable: it, or the PortAudio library under it, is not installed.
    """
    try:
        import sounddevice
    except ImportError as missing:
        raise SoundUnavailable("the Python package sounddevice is missing; run `pip install sounddevice`") from missing
    except OSError as missing:
        raise SoundUnavailable("the PortAudio library is missing; run `apt install libportaudio2`") from missing
    return sounddevice


def look_again() -> None:
    """Make PortAudio look for devices anew; it does so only at its start, and any open stream dies."""
    try:
        sounddevice = portaudio()
    except SoundUnavailable:
        return  # said at the attempt to open that follows
    sounddevice._terminate()
    sounddevice._initialize()


def find_device(wanted: str, kind: str) -> dict[str, Any]:
    """What PortAudio says of a device: its index, name, channels and rates.

    Args:
        wanted: index, name, or a part of the name that only one device has; "" for the system's default.
        kind: "input" or "output".

    Raises:
        SoundUnavailable: there is no such device, or several; the text lists those there are.
    """
    sounddevice = portaudio()
    devices = [device for device in sounddevice.query_devices() if device[CHANNELS[kind]] > 0]
    if not wanted:
        try:
            return sounddevice.query_devices(kind=kind)
        except (sounddevice.PortAudioError, ValueError) as error:
            raise SoundUnavailable(f"there is no default {kind} device; {_found(devices, kind)}") from error
    if wanted.isdecimal():
        matching = [device for device in devices if device["index"] == int(wanted)]
    else:
        named = [device for device in devices if wanted.lower() in device["name"].lower()]
        matching = [device for device in named if device["name"].lower() == wanted.lower()] or named
    if len(matching) == 1:
        return matching[0]
    problem = "is none" if not matching else "are several"
    raise SoundUnavailable(f"of {kind} devices called '{wanted}' there {problem}; {_found(devices, kind)}")


def describe_devices(kind: str) -> str:
    """A line for each device: index, name, channels, rate; the default is marked."""
    sounddevice = portaudio()
    default = sounddevice.default.device[0 if kind == "input" else 1]
    lines = [
        f"{'*' if device['index'] == default else ' '} {device['index']:3d}  {device['name']}  "
        f"({device[CHANNELS[kind]]} channels, {device['default_samplerate']:.0f} Hz)"
        for device in sounddevice.query_devices()
        if device[CHANNELS[kind]] > 0
    ]
    return "\n".join(lines) if lines else f"there is no {kind} device; is a sound server running?"


def started(make_stream: Callable[[], Any], problem: str) -> Any:
    """A stream of sounddevice that runs.

    Args:
        problem: what an error begins with, e.g. "'FakeMic' cannot be opened at 16000 Hz".

    Raises:
        SoundUnavailable: it cannot be opened or started.
    """
    sounddevice = portaudio()
    stream = None
    try:
        stream = make_stream()
        stream.start()
    except sounddevice.PortAudioError as error:
        if stream is not None:
            stream.close(ignore_errors=True)
        raise SoundUnavailable(f"{problem}: {error}") from error
    return stream


def _found(devices: list[dict[str, Any]], kind: str) -> str:
    if not devices:
        return f"PortAudio sees no {kind} device at all: is a sound server running?"
    return "there are " + ", ".join(f"{device['index']} '{device['name']}'" for device in devices)


class Heartbeat:
    """When a device last asked for or gave sound, on the steady clock."""

    def __init__(self) -> None:
        self._beat = time.monotonic()

    def beat(self) -> None:
        self._beat = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since the last beat."""
        return time.monotonic() - self._beat
