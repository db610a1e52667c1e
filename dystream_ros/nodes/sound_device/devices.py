"""The sound devices of the machine, and the one that a parameter names."""

from types import ModuleType
from typing import Literal, TypedDict

Direction = Literal["input", "output"]


class DeviceInfo(TypedDict):
    """The part of PortAudio's description of a device that is used here."""

    index: int
    name: str
    max_input_channels: int
    max_output_channels: int
    default_samplerate: float


class SoundUnavailable(RuntimeError):
    """A device, or the library that opens it, cannot be used; the message gives a remedy."""


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


def rescan_devices() -> None:
    """Restart PortAudio, which lists devices only when it starts; any open stream ends."""
    try:
        sounddevice = portaudio()
    except SoundUnavailable:
        return  # the attempt to open a device that follows reports it
    sounddevice._terminate()
    sounddevice._initialize()


def channels_of(device: DeviceInfo, direction: Direction) -> int:
    """Number of channels that a device captures ("input") or plays ("output")."""
    return device["max_input_channels"] if direction == "input" else device["max_output_channels"]


def find_device(wanted: str, direction: Direction) -> DeviceInfo:
    """The device that a parameter names.

    Args:
        wanted: index, name, or a part of the name that only one device has; "" for the system's default.

    Raises:
        SoundUnavailable: no device matches, or several do; the message lists the devices found.
    """
    sounddevice = portaudio()
    devices: list[DeviceInfo] = [each for each in sounddevice.query_devices() if channels_of(each, direction) > 0]
    if wanted:
        return match_device(wanted, direction, devices)
    try:
        default: DeviceInfo = sounddevice.query_devices(kind=direction)
    except (sounddevice.PortAudioError, ValueError) as error:
        raise SoundUnavailable(
            f"the system has no default {direction} device; {_listed(devices, direction)}"
        ) from error
    return default


def match_device(wanted: str, direction: Direction, devices: list[DeviceInfo]) -> DeviceInfo:
    """The only device of `devices`, all of one direction, with this index, name or part of a name.

    Raises:
        SoundUnavailable: no device matches, or several do; the message lists `devices`.
    """
    if wanted.isdecimal():
        matching = [device for device in devices if device["index"] == int(wanted)]
    else:
        named = [device for device in devices if wanted.lower() in device["name"].lower()]
        matching = [device for device in named if device["name"].lower() == wanted.lower()] or named
    if len(matching) == 1:
        return matching[0]
    problem = f"{len(matching)} {direction} devices match" if matching else f"no {direction} device matches"
    raise SoundUnavailable(f"device '{wanted}': {problem}; {_listed(devices, direction)}")


def describe_devices(direction: Direction) -> str:
    """One line per device: index, name, channels, rate; `*` marks the default."""
    sounddevice = portaudio()
    default = sounddevice.default.device[0 if direction == "input" else 1]
    lines = [
        f"{'*' if device['index'] == default else ' '} {device['index']:3d}  {device['name']}  "
        f"({channels_of(device, direction)} channels, {device['default_samplerate']:.0f} Hz)"
        for device in sounddevice.query_devices()
        if channels_of(device, direction) > 0
    ]
    return "\n".join(lines) if lines else _listed([], direction)


def _listed(devices: list[DeviceInfo], direction: Direction) -> str:
    if not devices:
        return f"PortAudio finds no {direction} device: start a sound server, or connect a device"
    return "set device to one of " + ", ".join(f"{device['index']} '{device['name']}'" for device in devices)
