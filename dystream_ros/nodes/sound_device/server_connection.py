"""Watches to which device the sound server connects the stream of this process."""

import time

from dystream_ros.nodes.sound_device.server import Direction, ServerDevice, device_in_use, server_devices

_PERIOD = 1.0  # s


class ServerConnection:
    """The server moves a stream to another device when its device disappears, and when a user asks it to.

    Attributes:
        lost: whether a chosen device has disappeared; the stream must be closed, since it now belongs to another one.

    Args:
        chosen: whether a certain device was asked for, not the default.
    """

    def __init__(self, direction: Direction, chosen: bool) -> None:
        self.lost = False
        self._direction = direction
        self._chosen = chosen
        self._used: ServerDevice | None = None
        self._next = 0.0

    def moved(self) -> str:
        """A message when the stream was moved since the last call, else ""; asks the server once per second."""
        if time.monotonic() < self._next:
            return ""
        self._next = time.monotonic() + _PERIOD
        before, used = self._used, device_in_use(self._direction)
        self._used = used or before
        if before is None or used is None or used.name == before.name:
            return ""
        gone = before.name not in [device.name for device in server_devices(self._direction)]
        self.lost = gone and self._chosen
        what = "is gone, and the sound server moved the stream" if gone else "is no longer used: the stream was moved"
        then = "; it is closed until the device is back" if self.lost else ""
        return f"'{before.name}' {what} to '{used.name}'{then}"
