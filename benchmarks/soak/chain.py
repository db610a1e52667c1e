"""The processes of a soak: started, killed, suspended and started again, and what each of them uses."""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dystream_ros.cli.demo.processes import Child
from dystream_ros.cli.measuring import ProcessorTimes, processor_seconds, proportional_memory

RAMP = 0.5  # s, of the joints
SAMPLE = 2.0  # s between two samples of memory, threads and files


@dataclass
class Life:
    """One process of a node from its start to its end.

    Attributes:
        begun, ended: s on the steady clock; `ended` is None while it runs.
        killed: it was killed on purpose; else it must not end.
        at: times of the samples.
        memory: proportional set size, MiB.
        threads, files: number of threads, and of open file handles.
    """

    node: str
    pid: int
    begun: float
    ended: float | None = None
    killed: bool = False
    status: int | None = None
    at: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)


@dataclass
class Machine:
    """Use of the machine, one value per sample: times, and shares of all cores, 0 to 1.

    Attributes:
        busy, steal: of all programs, and stolen by the host.
        others: used by programs that are not of this soak, or stolen by the host.
    """

    at: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    steal: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)


class Chain:
    """The nodes of a soak.

    Args:
        environment: of the processes.
        folder: for logs and recordings.
        size: pixels of the images.
        images: whether the head draws any.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path, size: int, images: bool = True) -> None:
        self.lives: list[Life] = []
        self.machine = Machine()
        self._environment, self._folder, self._size, self._images = dict(environment), folder, size, images
        self._children: dict[str, Child] = {}
        self._current: dict[str, Life] = {}
        self._suspended: set[str] = set()
        self._loops: list[subprocess.Popen] = []
        self._used: dict[int, float] = {}
        self._times = ProcessorTimes.now()
        self._lock = threading.Lock()

    def start(self, node: str) -> None:
        """Start a node, for the first time or again."""
        number = sum(life.node == node for life in self.lives)
        log = self._folder / f"{node}.{number}.log"
        module, arguments = self._command(node, number)
        with self._lock:
            child = Child(module, arguments, self._environment, log)
            self._children[node] = child
            self._current[node] = life = Life(node, child.pid, time.monotonic())
            self.lives.append(life)

    def kill(self, node: str) -> None:
        """End a node as a crash does."""
        life, child = self._current[node], self._children[node]
        life.killed, life.ended = True, time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        while child.exit_status is None:
            time.sleep(0.01)
        self._suspended.discard(node)

    def suspend(self, node: str) -> None:
        """SIGSTOP."""
        with contextlib.suppress(ProcessLookupError):  # it may just have ended by itself
            os.killpg(self._children[node].pid, signal.SIGSTOP)
        self._suspended.add(node)

    def resume(self, node: str) -> None:
        """SIGCONT."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._children[node].pid, signal.SIGCONT)
        self._suspended.discard(node)

    def busy(self, count: int) -> None:
        """Run this number of programs that only compute; 0 ends them."""
        for loop in self._loops:
            loop.kill()
            loop.wait()
        command = ["python3", "-c", "while True: pass"]
        self._loops = [subprocess.Popen(command, start_new_session=True) for _ in range(count)]

    def ended(self) -> list[str]:
        """The nodes that ended by themselves, with their last error; each is registered and reported once."""
        found = []
        for node, child in self._children.items():
            life = self._current[node]
            if life.ended is None and child.exit_status is not None:
                life.ended, life.status = time.monotonic(), child.exit_status
                found.append(f"{node} ended by itself with {child.exit_status}: {child.last_error()}")
        return found

    def runs(self, node: str) -> bool:
        """Whether a process of the node exists and is not suspended."""
        life = self._current.get(node)
        return life is not None and life.ended is None and node not in self._suspended

    def sample(self) -> None:
        """Take one sample of every process and of the machine."""
        now = time.monotonic()
        with self._lock:
            lives = [life for life in self._current.values() if life.ended is None]
        for life in lives:
            with contextlib.suppress(OSError, IndexError):
                memory = proportional_memory(life.pid)
                threads = len(os.listdir(f"/proc/{life.pid}/task"))
                files = len(os.listdir(f"/proc/{life.pid}/fd"))
                life.at.append(now)
                life.memory.append(round(memory, 2))
                life.threads.append(threads)
                life.files.append(files)
        self._sample_machine(now, [life.pid for life in lives])

    def _sample_machine(self, now: float, nodes: list[int]) -> None:
        used: dict[int, float] = {}
        for pid in (*nodes, os.getpid(), *(loop.pid for loop in self._loops)):
            with contextlib.suppress(OSError, IndexError):
                used[pid] = processor_seconds(pid)
        own = sum(seconds - self._used.get(pid, 0.0) for pid, seconds in used.items() if pid in self._used)
        times, before = ProcessorTimes.now(), self._times
        load = times.since(before)
        self.machine.at.append(now)
        self.machine.busy.append(load["busy_percent"] / 100)
        self.machine.steal.append(load["steal_percent"] / 100)
        # Work of lower priority excuses nothing; in a soak that is niced itself (the tests), all work counts.
        self.machine.others.append(round(times.others_since(before, own, yielding=os.nice(0) <= 0), 3))
        self._times, self._used = times, used

    def recordings(self) -> list[Path]:
        """The videos that were written, in order."""
        return sorted(self._folder.glob("recording.*.mp4"))

    def close(self) -> dict[str, int | None]:
        """End every process; returns the exit status of each, that of a clean end is 0."""
        self.busy(0)
        for node in list(self._suspended):
            self.resume(node)
        for child in self._children.values():
            child.interrupt()
        statuses = {}
        for node, child in reversed(self._children.items()):
            child.stop()
            statuses[node] = child.exit_status
            if self._current[node].ended is None:
                self._current[node].ended = time.monotonic()
        return statuses

    def _command(self, node: str, number: int) -> tuple[str, list[str]]:
        size = self._size
        parameters = {
            "head": [f"image_width:={size}", f"image_height:={size}", f"images:={str(self._images).lower()}"],
            "recorder": [f"output:={self._folder / f'recording.{number:03d}.mp4'}", "exit_at_end:=false"],
            "display": ["fullscreen:=false", f"window_width:={size}", f"window_height:={size}"],
            "actuators": ["engage:=true", "use_joint_states:=false", f"ramp:={RAMP}"],
        }
        if node == "source":
            return "benchmarks.soak.source", []
        arguments = ["--ros-args", *(part for each in parameters[node] for part in ("-p", each))]
        if node == "recorder":
            arguments += ["-r", "self/audio:=self/audio_aligned"]
        return f"dystream_ros.nodes.{node}", arguments


@contextlib.contextmanager
def virtual_screen(wanted: bool) -> Iterator[str | None]:
    """The name of an X server without a monitor, for the display; None where Xvfb is not installed or not wanted."""
    if not wanted or shutil.which("Xvfb") is None:
        yield None
        return
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-nolisten", "tcp", "-noreset", "-screen", "0", "640x480x24"]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, pass_fds=[writing], stdout=quiet, stderr=quiet, start_new_session=True)
    os.close(writing)
    with os.fdopen(reading) as ready:
        number = ready.readline().strip()
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()
