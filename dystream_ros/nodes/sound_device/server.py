"""The sound server: PulseAudio, or PipeWire with its PulseAudio interface. Its devices have names of their own.

PortAudio lists the devices of ALSA only. Those of the server, also virtual ones such as an echo-cancelled microphone,
are reached through ALSA's device `pulse`, which reads the name from the environment.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

Direction = Literal["input", "output"]

# The variables from which libpulse takes the name of the device.
VARIABLES = {"input": "PULSE_SOURCE", "output": "PULSE_SINK"}


@dataclass(frozen=True)
class ServerDevice:
    """A source ("input") or sink ("output") of the sound server.

    Attributes:
        index: of the server.
        name: unique, e.g. "alsa_input.usb-Seeed-00.analog-stereo".
        description: for people.
    """

    index: int
    name: str
    description: str
    channels: int
    sample_rate: int


def server_devices(direction: Direction) -> list[ServerDevice]:
    """The devices of the server of this user; empty without a server, or without the library libpulse."""
    with _connected() as server:
        return [] if server is None else _devices(server, direction)


def device_in_use(direction: Direction) -> ServerDevice | None:
    """The device to which the server connects the stream of this process; None where there is none."""
    with _connected() as server:
        if server is None:
            return None
        streams = server.source_output_list() if direction == "input" else server.sink_input_list()
        own = [each for each in streams if each.proplist.get("application.process.id") == str(os.getpid())]
        used = {each.source if direction == "input" else each.sink for each in own}
        return next((each for each in _devices(server, direction) if each.index in used), None)


@contextmanager
def environment(variables: dict[str, str]) -> Iterator[None]:
    """Set variables of the environment within the block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _connected() -> Iterator[Any]:
    """A connection to the server, or None."""
    try:
        import pulsectl
    except (ImportError, OSError):  # OSError: there is no libpulse
        yield None
        return
    server = pulsectl.Pulse("dystream_ros", connect=False)
    try:
        try:
            server.connect(autospawn=False)
        except pulsectl.PulseError:
            yield None
        else:
            yield server
    finally:
        server.close()


def _devices(server: Any, direction: Direction) -> list[ServerDevice]:
    found = server.source_list() if direction == "input" else server.sink_list()
    return [
        ServerDevice(each.index, each.name, each.description, each.channel_count, each.sample_spec.rate)
        for each in found
    ]
