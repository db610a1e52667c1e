"""The sound devices of the machine, and the one that a parameter names."""

from types import ModuleType
from typing import TypedDict

from dystream_ros.nodes.sound_device.server import VARIABLES, Direction, ServerDevice, server_devices

# ALSA's device that leads to the sound server.
_TO_SERVER = "pulse"


class _PortAudioInfo(TypedDict):
    """The part of PortAudio's description of a device that is used here."""

    index: int
    name: str
    max_input_channels: int
    max_output_channels: int
    default_samplerate: float


class DeviceInfo(_PortAudioInfo, total=False):
    """A device; `variables` are set in the environment while it is opened."""

    variables: dict[str, str]


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
        wanted: index, name, or a part of the name that only one device has; "" for the system's default. A name is
            looked for among the devices of PortAudio and among those of the sound server.

    Raises:
        SoundUnavailable: no device matches, or several do; the message lists the devices found.
    """
    sounddevice = portaudio()
    devices: list[DeviceInfo] = [each for each in sounddevice.query_devices() if channels_of(each, direction) > 0]
    if wanted:
        return match_device(wanted, direction, devices, [] if wanted.isdecimal() else server_devices(direction))
    try:
        default: DeviceInfo = sounddevice.query_devices(kind=direction)
    except (sounddevice.PortAudioError, ValueError) as error:
        raise SoundUnavailable(
            f"the system has no default {direction} device; {_listed(devices, direction, server_devices(direction))}"
        ) from error
    return default


def match_device(
    wanted: str, direction: Direction, devices: list[DeviceInfo], of_server: list[ServerDevice]
) -> DeviceInfo:
    """The only device, of PortAudio or of the sound server, with this index, name or part of a name.

    A whole name comes before a part of one, and a device of PortAudio before one of the server.

    Args:
        devices, of_server: all of one direction.

    Raises:
        SoundUnavailable: no device matches, or several do; the message lists the devices.
    """
    name = wanted.lower()
    matching: list[DeviceInfo] | list[ServerDevice]
    if wanted.isdecimal():
        matching = [device for device in devices if device["index"] == int(wanted)]
    else:
        matching = (
            [device for device in devices if device["name"].lower() == name]
            or [device for device in of_server if device.name.lower() == name]
            or [device for device in devices if name in device["name"].lower()]
            or [device for device in of_server if name in f"{device.name} {device.description}".lower()]
        )
    if len(matching) == 1:
        found = matching[0]
        return _through_server(found, direction, devices) if isinstance(found, ServerDevice) else found
    problem = f"{len(matching)} {direction} devices match" if matching else f"no {direction} device matches"
    raise SoundUnavailable(f"device '{wanted}': {problem}; {_listed(devices, direction, of_server)}")


def _through_server(device: ServerDevice, direction: Direction, devices: list[DeviceInfo]) -> DeviceInfo:
    """PortAudio's device that leads to the server, with the name and format of the server's device."""
    for each in devices:
        if each["name"] == _TO_SERVER:
            return {
                "index": each["index"],
                "name": device.name,
                "max_input_channels": device.channels,
                "max_output_channels": device.channels,
                "default_samplerate": float(device.sample_rate),
                "variables": {VARIABLES[direction]: device.name},
            }
    raise SoundUnavailable(
        f"device '{device.name}' belongs to the sound server, and ALSA has no device '{_TO_SERVER}' that leads there: "
        "run `apt install libasound2-plugins`"
    )


def describe_devices(direction: Direction) -> str:
    """One line per device: index, name, channels, rate; `*` marks the default. Those of the server have no index."""
    sounddevice = portaudio()
    default = sounddevice.default.device[0 if direction == "input" else 1]
    lines = [
        f"{'*' if device['index'] == default else ' '} {device['index']:3d}  {device['name']}  "
        f"({channels_of(device, direction)} channels, {device['default_samplerate']:.0f} Hz)"
        for device in sounddevice.query_devices()
        if channels_of(device, direction) > 0
    ]
    lines += [
        f"      -  {device.name}  ({device.channels} channels, {device.sample_rate} Hz)  {device.description}"
        for device in server_devices(direction)
    ]
    return "\n".join(lines) if lines else _listed([], direction, [])


def _listed(devices: list[DeviceInfo], direction: Direction, of_server: list[ServerDevice]) -> str:
    if not devices and not of_server:
        return (
            f"PortAudio finds no {direction} device: start a sound server, or connect a device; into a container pass "
            "/dev/snd, or the server's socket and cookie (PULSE_SERVER, PULSE_COOKIE)"
        )
    names = [f"{device['index']} '{device['name']}'" for device in devices]
    return "set device to one of " + ", ".join(names + [f"'{device.name}'" for device in of_server])
