"""Nodes that play on the null sink of a real sound server, for measurements of what comes out of it."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.live import check_running
from dystream_ros.cli.demo.domain import local_environment
from dystream_ros.cli.demo.processes import Child, children
from dystream_ros.cli.measuring import ProcessorTimes

ROOT = Path(__file__).resolve().parents[1]
SINK = "fakespeaker"
WARM_UP = 10.0  # s before what is measured


@dataclass(frozen=True)
class Stage:
    """A folder, the variables of the sound server, and the processes on it.

    Attributes:
        folder: for logs and outputs; gone with the stage.
        environment: of all processes, with their ROS domain.
        sound: variables with which a process finds the sound server.
        running: all processes; they end with the stage.
    """

    folder: Path
    environment: dict[str, str]
    sound: dict[str, str]
    running: list[Child]

    def start(self, module: str, *arguments: str, sound: bool = False) -> Child:
        """A module as a process; `sound`: with the sound server."""
        log = self.folder / f"{module.rpartition('.')[2]}.log"
        child = Child(module, arguments, self.environment | (self.sound if sound else {}), log)
        self.running.append(child)
        return child

    def run(self, minutes: float) -> dict[str, float]:
        """Wait for `WARM_UP` and some minutes; the use of the cores meanwhile.

        Raises:
            RuntimeError: a process ended.
        """
        before, end = ProcessorTimes.now(), time.monotonic() + 60 * minutes + WARM_UP
        while time.monotonic() < end:
            time.sleep(1.0)
            check_running(self.running)
        return ProcessorTimes.now().since(before)


@contextmanager
def sounding_nodes() -> Iterator[Stage]:
    """A stage with the sound server of the tests, whose sink is called `SINK`."""
    sys.path.append(str(ROOT / "test" / "shared"))
    from sound_server import SoundServer

    with tempfile.TemporaryDirectory() as name, SoundServer(Path(name)) as server, children() as running:
        yield Stage(Path(name), local_environment(), server.environment, running)
