"""Example programs as processes on a ROS domain of their own, with all that they write."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from patience import PATIENCE

pytest.importorskip("rclpy", reason="ROS is not on the Python path: run `make test`, or source scripts/env.sh")

from dystream_ros.cli.demo.domain import free_domain

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """A running program; its output is collected as it comes."""

    def __init__(self, command: list[str], environment: dict[str, str], output: list[str]) -> None:
        self.lines: list[str] = []
        self._all_lines = output
        self._ended = False
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def until(self, wanted: Callable[[str], object]) -> str:
        """The first line that satisfies `wanted`; fails after a minute, or when the program ends."""

        def found() -> list[str]:
            return [line for line in self.lines if wanted(line)]

        with self._changed:
            self._changed.wait_for(lambda: found() or self._ended, PATIENCE)
            lines = found()
        assert lines, "not found in:\n" + "".join(self._all_lines[-100:])
        return lines[0]

    def stop(self) -> int:
        """End it as Ctrl-C does; returns the exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self) -> int:
        """The exit status."""
        try:
            return self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._reader.join()

    def _read(self) -> None:
        for line in self._process.stdout:
            with self._changed:
                self.lines.append(line)
                self._all_lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


@pytest.fixture
def start() -> Iterator[Callable[..., Program]]:
    """start(*arguments) runs Python with these arguments; start(*command, python=False) any command."""
    environment = os.environ | {
        "ROS_DOMAIN_ID": str(free_domain()),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    programs, output = [], []

    def begin(*command: str, python: bool = True) -> Program:
        programs.append(Program([sys.executable, *command] if python else list(command), environment, output))
        return programs[-1]

    yield begin
    for program in reversed(programs):
        program.stop()
