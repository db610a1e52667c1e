"""Faults that are too expensive for the tests, on real processes: python -m benchmarks.faults NAME

kill         kill -9 and return of each node beside a running head
subscribers  20 subscribers of the images, five of which stand still
discovery    40 participants that come and go within seconds
clock        the clock of the head is set by an hour, forward and back (needs libfaketime: --faketime LIBRARY)
network      the second host is cut off for 5 s (needs root: network namespaces)

Each prints a table: motion per second before, during and after the fault, the longest gap, and the seconds until the
rate is right again.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

DOMAIN = 93
STEADY, SETTLE = 5.0, 20.0  # s before the fault; longest time until it is over
# Frames per second at which a head counts as started, also on a machine with other work; after a fault it is right
# again at this share of the rate before.
_STARTED, _RIGHT = 5.0, 0.9
_HOSTS = {"robot": "10.231.7.1", "desk": "10.231.7.2"}

# Prints the arrival (steady clock) of each motion, or of each picture of the given nodes.
_WATCH = """
import sys, time, rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import Image
from dystream_ros.msg import FaceMotion
from dystream_ros.nodes.common import qos
topic, nodes = sys.argv[1], int(sys.argv[2])
context = Context(); context.init()
executor = SingleThreadedExecutor(context=context)
for index in range(nodes):
    node = Node(f"watch_{index}_{time.monotonic_ns()}", context=context)
    kind, profile = (Image, qos.image(True)) if topic == "image" else (FaceMotion, qos.motion())
    take = (lambda m: None) if topic == "image" else (lambda m: print(time.monotonic(), m.header.stamp.sec, flush=True))
    node.create_subscription(kind, topic, take, profile)
    executor.add_node(node)
print("ready", flush=True)
try: executor.spin()
except KeyboardInterrupt: pass
"""


class Processes:
    """Processes of one run; all are ended with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {"ROS_DOMAIN_ID": str(DOMAIN), "PYTHONUNBUFFERED": "1"}
        self._started: list[subprocess.Popen] = []

    def node(self, name: str, *arguments: str, prefix: tuple[str, ...] = (), **variables: str) -> subprocess.Popen:
        """Start a node of the package; its log is `<name>.log` in the folder."""
        command = [*prefix, sys.executable, "-m", f"dystream_ros.nodes.{name}", "--ros-args", *arguments]
        log = (self.folder / f"{name}.log").open("ab")
        return self._keep(subprocess.Popen(command, env=self.environment | variables, stdout=log, stderr=log))

    def watch(self, topic: str = "motion", nodes: int = 1, prefix: tuple[str, ...] = ()) -> subprocess.Popen:
        """Start a process with so many subscribers of a topic."""
        command = [*prefix, sys.executable, "-c", _WATCH, topic, str(nodes)]
        watching = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        assert watching.stdout is not None
        assert watching.stdout.readline() == "ready\n"
        return self._keep(watching)

    def close(self) -> None:
        for process in self._started:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGINT)
        for process in self._started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()

    def _keep(self, process: subprocess.Popen) -> subprocess.Popen:
        self._started.append(process)
        return process


class Motion:
    """The arrivals of the motion, from a watching process."""

    def __init__(self, watching: subprocess.Popen) -> None:
        self.arrivals: list[float] = []
        self.stamps: list[int] = []
        self._watching = watching
        threading.Thread(target=self._read, daemon=True).start()

    def until_steady(self, rate: float = _STARTED, timeout: float = 60.0) -> float:
        """Wait for a second at this rate or more; returns the instant of its end."""
        end = time.monotonic() + timeout
        while self.rate(time.monotonic() - 1, time.monotonic()) < rate:
            if time.monotonic() > end:
                return float("inf")
            time.sleep(0.05)
        return time.monotonic()

    def rate(self, begin: float, end: float) -> float:
        """Messages per second between two instants."""
        return sum(begin <= each < end for each in self.arrivals) / max(end - begin, 1e-3)

    def gap(self, begin: float) -> float:
        """Longest time without a message since an instant, in seconds."""
        return float(np.diff([begin, *(each for each in self.arrivals if each >= begin), time.monotonic()]).max())

    def _read(self) -> None:
        assert self._watching.stdout is not None
        for line in self._watching.stdout:
            arrival, stamp = line.split()
            self.arrivals.append(float(arrival))
            self.stamps.append(int(stamp))


def measure(name: str, motion: Motion, fault: Callable[[], None]) -> None:
    """Run a fault, and print what the motion did."""
    motion.until_steady()
    time.sleep(STEADY)
    begun = time.monotonic()
    before = motion.rate(begun - STEADY, begun)
    fault()
    over = time.monotonic()
    right = motion.until_steady(_RIGHT * before, SETTLE)
    time.sleep(1.0)
    print(
        f"| {name} | {before:.1f} | {motion.rate(begun, over):.1f} | {motion.rate(right - 1, right):.1f} | "
        f"{motion.gap(begun):.2f} | {max(0.0, right - 1 - over):.1f} |",
        flush=True,
    )


def kill(processes: Processes, _: argparse.Namespace) -> None:
    """kill -9 and return of each node."""
    motion = Motion(processes.watch())
    arguments = {
        "head": [],
        "recorder": ["-p", f"output:={processes.folder}/video.mp4"],
        "terminal": [],
        "actuators": [],
        "speaker": [],
        "microphone": [],
    }
    running = {name: processes.node(name, *given) for name, given in arguments.items()}

    def killed(name: str) -> None:
        running[name].kill()
        running[name].wait()
        processes.node(name, *arguments[name])

    for name in ("recorder", "terminal", "actuators", "speaker", "microphone", "head"):
        measure(f"kill -9 and start of {name}", motion, lambda name=name: killed(name))


def subscribers(processes: Processes, _: argparse.Namespace) -> None:
    """20 subscribers of images, five of which stand still."""
    processes.node("head", "-p", "image_reliable:=true")
    motion = Motion(processes.watch())
    motion.until_steady()
    watching = [processes.watch("image", 5) for _ in range(4)]

    def stand_still() -> None:
        watching[0].send_signal(signal.SIGSTOP)
        time.sleep(15)
        watching[0].send_signal(signal.SIGCONT)

    measure("20 subscribers of images, 5 of them stopped for 15 s", motion, stand_still)


def discovery(processes: Processes, _: argparse.Namespace) -> None:
    """Participants that come and go."""
    processes.node("head")
    motion = Motion(processes.watch())

    def storm() -> None:
        import rclpy
        from rclpy.context import Context

        for _ in range(40):
            context = Context()
            rclpy.init(context=context, domain_id=DOMAIN)
            node = rclpy.create_node("passing", context=context)
            node.destroy_node()
            context.try_shutdown()

    measure("40 participants that come and go", motion, storm)


def clock(processes: Processes, args: argparse.Namespace) -> None:
    """The wall clock of the head is set by an hour, forward and back."""
    offset = processes.folder / "offset"
    offset.write_text("+0")
    processes.node(
        "head",
        LD_PRELOAD=str(args.faketime),
        FAKETIME_TIMESTAMP_FILE=str(offset),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    )
    motion = Motion(processes.watch())
    for text, hours in (("+3600", 1), ("+0", 0)):
        measure(
            f"clock of the head set to {hours} h ahead", motion, lambda text=text: (offset.write_text(text), None)[1]
        )
        print(f"  the stamps are {(motion.stamps[-1] - time.time()) / 3600:+.2f} h from now")


def network(processes: Processes, _: argparse.Namespace) -> None:
    """The second host is cut off for 5 s."""
    with _two_hosts():
        robot, desk = (("ip", "netns", "exec", f"face_{host}") for host in _HOSTS)
        processes.node("head", prefix=robot)
        motion = Motion(processes.watch(prefix=desk))

        def cut() -> None:
            _run("ip -n face_desk link set eth0 down")
            time.sleep(5)
            _run("ip -n face_desk link set eth0 up")

        measure("second host cut off for 5 s", motion, cut)


@contextlib.contextmanager
def _two_hosts() -> Iterator[None]:
    """Two network namespaces with a cable between them."""
    for host in _HOSTS:
        _run(f"ip netns add face_{host}")
    try:
        _run("ip link add eth0 netns face_robot type veth peer name eth0 netns face_desk")
        for host, address in _HOSTS.items():
            _run(f"ip -n face_{host} addr add {address}/24 dev eth0")
            for device in ("lo", "eth0"):
                _run(f"ip -n face_{host} link set {device} up")
            _run(f"ip -n face_{host} link set eth0 multicast on")
            _run(f"ip -n face_{host} route add 239.0.0.0/8 dev eth0")
        yield
    finally:
        for host in _HOSTS:
            _run(f"ip netns del face_{host}")


def _run(command: str) -> None:
    subprocess.run(command.split(), check=True)


FAULTS = {each.__name__: each for each in (kill, subscribers, discovery, clock, network)}


def main() -> int:
    """Run one fault; returns the exit status."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=FAULTS)
    parser.add_argument("--faketime", type=Path, help="libfaketimeMT.so.1, for clock")
    args = parser.parse_args()
    if args.name == "clock" and (args.faketime is None or not args.faketime.is_file()):
        parser.error("clock needs libfaketime: --faketime /usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
    print("| Fault | Motion before | during | after [1/s] | Longest gap [s] | Right again after [s] |")
    print("|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(Path(folder))
        try:
            FAULTS[args.name](processes, args)
        finally:
            processes.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
