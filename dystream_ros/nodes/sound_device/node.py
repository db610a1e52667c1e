"""The base of a node with one sound device, and its command line."""

import sys
from abc import abstractmethod
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from dystream_ros.nodes.common.diagnostics import ERROR, OK, WARN, Diagnostics, Health
from dystream_ros.nodes.common.executable import run
from dystream_ros.nodes.common.suspension import LEASE
from dystream_ros.nodes.common.worker_node import WorkerNode
from dystream_ros.nodes.parameters.parameter import Dataclass
from dystream_ros.nodes.sound_device.devices import Direction, SoundUnavailable, describe_devices, rescan_devices
from dystream_ros.nodes.sound_device.server_connection import ServerConnection
from dystream_ros.nodes.sound_device.stream import DeviceStream


class DeviceSettings(Dataclass, Protocol):
    """Parameters that every node with a sound device has."""

    @property
    def watchdog(self) -> float:
        """Seconds without audio after which the device is opened again."""
        ...

    @property
    def device(self) -> str:
        """Name of the device; "" for the default."""
        ...

    @property
    def retry(self) -> float:
        """Seconds between attempts to open the device."""
        ...


Settings = TypeVar("Settings", bound=DeviceSettings)
Stream = TypeVar("Stream", bound=DeviceStream)


class SoundDeviceNode(WorkerNode[Settings], Generic[Settings, Stream]):
    """Opens a device, serves it in the worker thread, and opens it again when it fails or stops.

    Args:
        name: of the node.
        settings: dataclass of the node's parameters.
        activity: activity of the node for log and diagnostics, before the name of the device: "playing on".
        xruns: counter of overruns or underruns.

    Its topic is `audio`.
    """

    forgotten_after = LEASE

    def __init__(self, name: str, settings: type[Settings], activity: str, xruns: str) -> None:
        super().__init__(name, settings)
        self._activity = activity
        self._xruns = xruns
        self._device = ""
        self._without_device = "it is not open yet"
        self._diagnostics = Diagnostics(self, self._health, self.reports)

    @abstractmethod
    def open_device(self) -> Stream:
        """Open the device of the settings.

        Raises:
            SoundUnavailable: it does not exist, or does not open with these settings.
        """

    @abstractmethod
    def serve(self, stream: Stream) -> None:
        """Called repeatedly while the device is open; takes 0.1 s at most."""

    @abstractmethod
    def device_values(self) -> dict[str, object]:
        """Values of this node for the diagnostics."""

    def lacking(self) -> str:
        """What this node lacks beside its device, and what to do; "" for nothing."""
        return ""

    def report_format(self, stream: Stream, sample_rate: int, channels: int) -> None:
        """Log that a device was opened in another format than the wanted one."""
        if (stream.sample_rate, stream.channels) != (sample_rate, channels):
            self.get_logger().warning(
                f"'{stream.name}' does not have {channels} channels at {sample_rate} Hz; it is opened with "
                f"{stream.channels} channels at {stream.sample_rate} Hz"
            )

    def work(self) -> None:
        while not self.stopping.is_set():
            try:
                with self.open_device() as stream:
                    self.get_logger().info(
                        f"{self._activity} '{stream.name}', {stream.sample_rate} Hz, {stream.channels} channels; "
                        f"topic {self.resolve_topic_name('audio')}"
                    )
                    self._device = stream.name
                    self._without_device = self._serve_while_running(stream)
            except SoundUnavailable as unavailable:
                self._without_device = f"{unavailable}; trying again every {self.settings.retry:g} s"
                self.reports.error("device_unavailable", self._without_device)
            except (
                Exception
            ) as error:  # whatever a driver or a library raises: a node that stays without sound is worse
                self._report_failure(error)
            self._device = ""
            if not self.stopping.wait(self.settings.retry):
                self._rescan()

    def _rescan(self) -> None:
        """Look for new devices; a sound system that fails to is tried again later."""
        try:
            rescan_devices()
        except Exception as error:
            self._report_failure(error)

    def _report_failure(self, error: Exception) -> None:
        self._without_device = (
            f"the sound device failed: {type(error).__name__}: {error}; opening it again in {self.settings.retry:g} s"
        )
        self.reports.error("device_failures", self._without_device)

    def _serve_while_running(self, stream: Stream) -> str:
        """Serve the stream until the node is stopped, its device is gone or has transferred no audio for `watchdog`.

        Returns:
            why it ended, for the diagnostics.
        """
        reported = 0
        connection = ServerConnection(stream.direction, bool(self.settings.device))
        while not self.stopping.is_set():
            self.serve(stream)
            if moved := connection.moved():
                self.reports.warning("device_moved", moved)
            if connection.lost:
                return moved
            if stream.xruns > reported:
                lost, reported = stream.xruns - reported, stream.xruns
                self.reports.warning(
                    self._xruns,
                    f"'{stream.name}' lost audio, {self._xruns}: {lost}; raise latency_ms, or reduce the CPU load",
                    lost,
                )
            if stream.idle > self.settings.watchdog:
                silent = (
                    f"'{stream.name}' transferred no audio for {self.settings.watchdog:g} s (watchdog); reopening it"
                )
                self.reports.error("device_silent", silent)
                return silent
        return "the node stops"

    def _health(self) -> Health:
        values = {"device": self._device or "none", **self.device_values()}
        if not self._device:
            return ERROR, f"no device: {self._without_device}", values
        if lacking := self.lacking():
            return WARN, lacking, values
        return OK, f"{self._activity} '{self._device}'", values


def run_or_list_devices(
    make_node: Callable[[], WorkerNode], direction: Direction, argv: list[str] | None, description: str
) -> int:
    """Run the node, or with --list-devices list the devices of its direction; returns the exit status."""
    if "--list-devices" not in (sys.argv if argv is None else argv):
        return run(make_node, argv, f"{description} With --list-devices: list the devices and exit.")
    try:
        sys.stdout.write(describe_devices(direction) + "\n")
    except SoundUnavailable as unavailable:
        sys.stderr.write(f"{unavailable}\n")
        return 2
    return 0
