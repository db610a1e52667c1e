"""Nodes as processes on a ROS domain of their own, and a node in the test process that listens and calls."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from patience import PATIENCE

pytest.importorskip("rclpy", reason="ROS is not on the Python path: run `make test`, or source scripts/env.sh")

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import ListParameters, SetParameters
from rclpy.context import Context
from rclpy.exceptions import InvalidHandle
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile

from dystream_ros.cli.demo.domain import reserve

DOMAINS = range(1, 100)


class Messages(list):
    """Messages of a topic in order; `until` waits for further ones."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = threading.Condition()

    def take(self, message: Any) -> None:
        with self.changed:
            self.append(message)
            self.changed.notify_all()

    def until(self, condition: Callable[["Messages"], Any], what: str, timeout: float = PATIENCE) -> Any:
        """The condition's first true value; fails with `what` after `timeout` seconds."""
        end = time.monotonic() + timeout
        with self.changed:
            while not (value := condition(self)):
                left = end - time.monotonic()
                assert left > 0, f"waited {timeout:g} s for {what}; {len(self)} messages, the last: {self[-1:]}"
                self.changed.wait(left)
            return value

    def next(self, count: int = 1, timeout: float = PATIENCE) -> list:
        """The next `count` messages from now."""
        have = len(self)
        self.until(lambda all_: len(all_) >= have + count, f"{count} more messages", timeout)
        return self[have : have + count]


class Process:
    """A node that runs as `python -m dystream_ros.nodes.<name>`, or a script."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.log_file = log
        self._log = log.open("w")
        self._popen = subprocess.Popen(command, env=environment, stdout=self._log, stderr=subprocess.STDOUT)

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    @property
    def pid(self) -> int:
        return self._popen.pid

    def wait(self, timeout: float = PATIENCE) -> int:
        """The exit status."""
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            pytest.fail(f"{self._popen.args} did not end within {timeout} s:\n{self.log}")

    def until_log(self, text: str, timeout: float = PATIENCE) -> str:
        """The log, once it holds the text."""
        end = time.monotonic() + timeout
        while text not in (log := self.log):
            assert time.monotonic() < end, f"no {text!r} in the log:\n{log}"
            assert self.running or text in self.log, f"the process ended with {self._popen.poll()}:\n{log}"
            time.sleep(0.02)
        return log

    def stop(self, by: int = signal.SIGINT) -> int:
        """Ask the process to end; returns its exit status."""
        if self.running:
            self._popen.send_signal(by)
        return self.wait()

    def kill(self) -> None:
        if self.running:
            self._popen.kill()
            self._popen.wait()
        self._log.close()


class Graph:
    """Processes and a listening node on one ROS domain."""

    def __init__(self, folder: Path, domain: int) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "ROS_DOMAIN_ID": str(domain),
            "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
            "OMP_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
        }
        self.processes: list[Process] = []
        self.domain = domain
        self._context = Context()
        self._context.init(domain_id=domain)
        self.node = Node("test", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._spin)
        self._thread.start()

    def start(
        self,
        name: str,
        *,
        remap: dict[str, str] | None = None,
        overlay: dict[str, str] | None = None,
        **parameters: object,
    ) -> Process:
        """Start a node of the package with these parameters; `overlay` replaces variables of the environment."""
        command = [sys.executable, "-m", f"dystream_ros.nodes.{name}"]
        return self.run(command, remap=remap, overlay=overlay, **parameters)

    def run(
        self,
        command: list[str],
        *,
        remap: dict[str, str] | None = None,
        overlay: dict[str, str] | None = None,
        **parameters: object,
    ) -> Process:
        """Start a command with ROS arguments."""
        arguments = [part for key, value in parameters.items() for part in ("-p", f"{key}:={_yaml(value)}")]
        arguments += [part for old, new in (remap or {}).items() for part in ("-r", f"{old}:={new}")]
        log = self.folder / f"{len(self.processes)}_{Path(command[-1]).stem.rpartition('.')[2][:40]}.log"
        process = Process([*command, "--ros-args", *arguments], self.environment | (overlay or {}), log)
        self.processes.append(process)
        return process

    def control(self, *action: str) -> subprocess.CompletedProcess:
        """Call `python -m dystream_ros.nodes.control`."""
        command = [sys.executable, "-m", "dystream_ros.nodes.control", *action]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def listen(self, topic: str, message_type: type, profile: QoSProfile | int = 1000, of: str = "") -> Messages:
        """Collect the messages of a topic from now on.

        Args:
            of: node whose first message on the topic from now on must not be missed; it has discovered the subscription
                when this returns.
        """
        messages = Messages()
        messages.subscription = self.node.create_subscription(message_type, topic, messages.take, profile)
        if of:
            self.until(lambda: self.node.count_publishers(topic), f"a publisher of {topic}")
            # A node that answers a client newer than the subscription has discovered the subscription: see publisher().
            self.call(f"{of}/list_parameters", ListParameters, ListParameters.Request())
        return messages

    def forget(self, messages: Messages) -> None:
        self.node.destroy_subscription(messages.subscription)

    def publisher(self, topic: str, message_type: type, profile: QoSProfile | int = 1000, subscribers: int = 1) -> Any:
        """A publisher that has discovered its subscribers and that they have discovered."""
        publisher = self.node.create_publisher(message_type, topic, profile)
        self.until(lambda: publisher.get_subscription_count() >= subscribers, f"subscribers of {topic}")
        # The two sides discover each other one after the other, and a best-effort subscription receives nothing before
        # it has. It discovers the writers of this process in the order of their creation, so a subscriber that answers
        # a client newer than the publisher has discovered the publisher too.
        for name in self.until(
            lambda: self._subscribed(publisher.topic_name, subscribers), f"the subscribers of {topic}"
        ):
            self.call(f"{name}/list_parameters", ListParameters, ListParameters.Request())
        return publisher

    def _subscribed(self, topic: str, count: int) -> list[str]:
        """Full names of the nodes that subscribe to a topic, this one not counted; none before `count` are known."""
        ends = self.node.get_subscriptions_info_by_topic(topic)
        names = {f"{end.node_namespace.rstrip('/')}/{end.node_name}" for end in ends}
        known = len(ends) >= count and not any("UNKNOWN" in name for name in names)
        return sorted(names - {self.node.get_fully_qualified_name()}) if known else []

    @contextlib.contextmanager
    def stranger(self) -> Iterator[Node]:
        """A node of another participant, which has not discovered the topics of this one."""
        context = Context()
        context.init(domain_id=self.domain)
        node = Node("stranger", context=context)
        try:
            yield node
        finally:
            node.destroy_node()
            context.try_shutdown()

    def call(self, name: str, service_type: type, request: Any) -> Any:
        """The answer of a service."""
        client = self.node.create_client(service_type, name)
        assert client.wait_for_service(PATIENCE), f"no service {name}"
        answered = threading.Event()
        future = client.call_async(request)
        future.add_done_callback(lambda _: answered.set())
        assert answered.wait(PATIENCE), f"{name} did not answer"
        self.node.destroy_client(client)
        return future.result()

    def set(self, node: str, name: str, value: object) -> Any:
        """Set a parameter; the result has `successful` and `reason`."""
        request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
        return self.call(f"{node}/set_parameters", SetParameters, request).results[0]

    def change(self, node: str, transition: int) -> bool:
        """Make a transition of the lifecycle; whether it succeeded."""
        request = ChangeState.Request(transition=Transition(id=transition))
        return self.call(f"{node}/change_state", ChangeState, request).success

    def until(self, condition: Callable[[], Any], what: str, timeout: float = PATIENCE) -> Any:
        """The condition's first true value."""
        end = time.monotonic() + timeout
        while not (value := condition()):
            assert time.monotonic() < end, f"waited {timeout:g} s for {what}"
            time.sleep(0.02)
        return value

    def close(self) -> None:
        """End all processes; fails if one does not end on request."""
        try:
            for process in reversed(self.processes):
                process.stop()
        finally:
            for process in self.processes:
                process.kill()
            self._context.try_shutdown()
            self._thread.join()

    def _spin(self) -> None:
        with contextlib.suppress(ExternalShutdownException):
            while self._context.ok():
                # An entity that a test destroys while rclpy collects what to wait for.
                with contextlib.suppress(InvalidHandle):
                    self._executor.spin_once()
        self.node.destroy_node()


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    """A domain that no other test on this machine uses; its processes live as long as the test module."""
    with _free_domain() as domain:
        graph = Graph(tmp_path_factory.mktemp("logs"), domain)
        try:
            yield graph
        finally:
            graph.close()


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a compact model with its initial values: enough for the nodes, and always available."""
    import torch

    from dystream_ros.models.compact import weights
    from dystream_ros.models.compact.model import CompactModel

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("model") / "untrained.safetensors"
    weights.save(CompactModel(), path)
    return path


@pytest.fixture(scope="session")
def babble() -> Callable[[float, int, int], np.ndarray]:
    """Int16 (n,) with syllables of changing vowels, which the detectors of voices take for speech."""
    vowels = [(700, 1200, 2500), (300, 2200, 2900), (500, 900, 2400), (400, 1900, 2600)]

    def make(seconds: float, rate: int = 16_000, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        time_ = np.arange(round(seconds * rate)) / rate
        pitch = (150 + 15 * (seed % 4)) * (1 + 0.08 * np.sin(2 * np.pi * 1.3 * time_ + seed))
        pulses = np.diff(np.floor(np.cumsum(pitch) / rate), prepend=0.0)
        voice, ringing = np.zeros(time_.size), np.arange(rate // 20) / rate
        for first in range(0, voice.size, rate // 4):
            formants = vowels[rng.integers(len(vowels))]
            rings = sum(np.exp(-250 * ringing) * np.sin(2 * np.pi * formant * ringing) for formant in formants)
            part = np.convolve(pulses[first : first + rate // 4], rings)[: voice.size - first]
            voice[first : first + part.size] += part
        syllables = np.clip(0.15 + np.sin(2 * np.pi * 4 * time_) ** 2, 0, 1)
        voice *= syllables * (np.sin(2 * np.pi * 0.4 * time_ + seed) > -0.3)
        return (8000 * voice / max(np.abs(voice).max(), 1e-9)).astype(np.int16)

    return make


@contextlib.contextmanager
def _free_domain() -> Iterator[int]:
    for domain in np.random.default_rng().permutation(DOMAINS):
        if (reservation := reserve(int(domain))) is not None:
            with reservation:
                yield int(domain)
            return
    pytest.fail(f"all ROS domains of {DOMAINS} are in use by other programs")


def _yaml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # Quoted, so that YAML reads an empty text, or one of digits, as a text.
    return f"'{value}'" if isinstance(value, str) else str(value)
