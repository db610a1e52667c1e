"""Watches the chain from outside: what a soak judges, with the times of arrival."""

import array
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from dystream_ros.msg import AudioChunk, FaceExpression, FaceGesture, FaceMotion, StreamStatus, UtteranceEvent
from geometry_msgs.msg import PointStamped
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.task import Future
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger

from benchmarks.soak.ledger import Ledger
from benchmarks.soak.source import COMMANDS, RATE
from dystream_ros.face.expressions import EXPRESSIONS
from dystream_ros.face.gestures import GESTURES
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.stamps import duration_message, nanoseconds

MOTION_COLUMNS = ("at", "latency", "frame", "generation", "missing", "speaking")
_WHOLE = QoSProfile(depth=5000, reliability=QoSReliabilityPolicy.RELIABLE)


@dataclass
class Seen:
    """What arrived, with times in s on the steady clock.

    Attributes:
        motions: one row of `MOTION_COLUMNS` per frame; at and latency in s.
        values: float32, as many per frame as there are coefficients.
        images, previews: times of arrival of images, and of commands to the joints.
        positions: float64, of the joints, as many per preview as there are joints.
        joints: their names.
        diagnostics: times of arrival, by their name.
        statuses: time and figures of each status of the head.
        deaf: service calls that were not answered: time and name.
        refusals: service calls that were refused: time and reason.
    """

    motions: array.array = field(default_factory=lambda: array.array("d"))
    values: array.array = field(default_factory=lambda: array.array("f"))
    images: array.array = field(default_factory=lambda: array.array("d"))
    previews: array.array = field(default_factory=lambda: array.array("d"))
    positions: array.array = field(default_factory=lambda: array.array("d"))
    diagnostics: dict[str, array.array] = field(default_factory=dict)
    statuses: list[dict] = field(default_factory=list)
    deaf: list[tuple[float, str]] = field(default_factory=list)
    refusals: list[tuple[float, str]] = field(default_factory=list)
    joints: tuple[str, ...] = ()

    def motion_table(self) -> np.ndarray:
        """Float64 (frames, columns)."""
        return np.frombuffer(self.motions, np.float64).reshape(-1, len(MOTION_COLUMNS))

    def save(self, path: Path) -> None:
        """Keep the motion, the times of images and the joints."""
        images, previews = np.frombuffer(self.images), np.frombuffer(self.previews)
        positions = np.frombuffer(self.positions).reshape(len(previews), -1)
        np.savez_compressed(
            path,
            motions=self.motion_table(),
            values=self.value_table(),
            images=images,
            previews=previews,
            positions=positions,
        )

    def value_table(self) -> np.ndarray:
        """Float32 (frames, coefficients)."""
        return np.frombuffer(self.values, np.float32).reshape(len(self.motion_table()), -1)


class Observer:
    """A node that receives everything, and through which faults are sent; `spin` runs in a thread of its own."""

    def __init__(self, images: bool = True) -> None:
        self.node = node = Node("soak_observer")
        self.seen, self.ledger = Seen(), Ledger()
        self._pending: dict[Future, tuple[float, str]] = {}
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        self._ended = threading.Event()
        node.create_subscription(FaceMotion, "motion", self._on_motion, _WHOLE)
        if images:
            node.create_subscription(Image, "image", self._on_image, qos.image_recording())
        node.create_subscription(StreamStatus, "status", self._on_status, _WHOLE)
        node.create_subscription(AudioChunk, "self/audio", self._on_said, _WHOLE)
        node.create_subscription(AudioChunk, "self/audio_aligned", self._on_heard, _WHOLE)
        node.create_subscription(UtteranceEvent, "self/utterance", self._on_utterance, _WHOLE)
        node.create_subscription(JointState, "joint_preview", self._on_joints, _WHOLE)
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, _WHOLE)
        self._voices = node.create_publisher(String, COMMANDS, qos.events())
        self._looks = node.create_publisher(PointStamped, "look_at", qos.motion())
        self._expressions = node.create_publisher(FaceExpression, "expression", qos.motion())
        self._gestures = node.create_publisher(FaceGesture, "gesture", qos.motion())
        self._clients = {
            name: node.create_client(kind, f"/head/{name}")
            for name, kind in (
                ("reset", Trigger),
                ("interrupt", Trigger),
                ("mute", SetBool),
                ("idle", SetBool),
                ("sleep", SetBool),
                ("set_parameters", SetParameters),
                ("change_state", ChangeState),
            )
        }
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread, and settle all accounts."""
        self._ended.set()
        self._executor.wake()
        self._thread.join(5)
        self.ledger.settle(np.inf)
        self.node.destroy_node()

    def command(self, text: str) -> None:
        """Send a command to the voices."""
        self._voices.publish(String(data=text))

    def trigger(self, name: str) -> None:
        """Call reset or interrupt."""
        self._call(name, Trigger.Request())

    def rest(self, name: str, on: bool) -> None:
        """Call mute, idle or sleep."""
        self._call(name, SetBool.Request(data=on))

    def set_parameter(self, name: str, value: object) -> None:
        """Set a parameter of the head; a refusal is expected of some values."""
        parameter = Parameter(name, value=value).to_parameter_msg()
        self._call("set_parameters", SetParameters.Request(parameters=[parameter]))

    def change(self, transition: str, seconds: float = 20.0) -> bool:
        """Make a lifecycle transition and await its end; False if it failed."""
        number = getattr(Transition, f"TRANSITION_{transition.upper()}")
        done = threading.Event()
        future = self._call("change_state", ChangeState.Request(transition=Transition(id=number)), done.set)
        return future is not None and done.wait(seconds) and bool(future.result() and future.result().success)

    def direct(self, kind: str, number: int) -> None:
        """Publish a look_at, expression or gesture; one of ten is nonsense."""
        random = np.random.default_rng(number)
        if kind == "look_at":
            point = PointStamped()
            point.header.frame_id = "face" if random.random() < 0.9 else "nowhere"
            x, y, z = random.uniform((0.3, -1.0, -0.5), (2.0, 1.0, 0.5)) * (1 if random.random() < 0.9 else np.nan)
            point.point.x, point.point.y, point.point.z = float(x), float(y), float(z)
            self._looks.publish(point)
        elif kind == "expression":
            name = str(random.choice([*EXPRESSIONS, "nonsense", ""]))
            valence, arousal = (float(value) for value in random.uniform(-1, 1, 2))
            size = float(random.choice([0.3, 1.0, 1.0, np.nan]))
            message = FaceExpression(name=name, valence=valence, arousal=arousal, intensity=size)
            message.duration = duration_message(round(random.uniform(0.5, 3.0) * 1e9))
            self._expressions.publish(message)
        else:
            name = str(random.choice([*GESTURES, "nonsense", ""]))
            message = FaceGesture(name=name, intensity=float(random.choice([0.5, 1.0, 7.0])))
            message.interrupt = bool(random.random() < 0.5)
            self._gestures.publish(message)

    def end_directions(self) -> None:
        """End a running expression and gesture."""
        self._expressions.publish(FaceExpression(name="neutral"))
        self._gestures.publish(FaceGesture(interrupt=True))

    def _spin(self) -> None:
        while not self._ended.is_set():
            self._executor.spin_once(timeout_sec=0.5)

    def _call(self, name: str, request: object, then: Callable[[], object] | None = None):
        client, called = self._clients[name], time.monotonic()
        if not client.wait_for_service(3.0):
            self.seen.deaf.append((called, f"{name}: no service"))
            return None
        future = client.call_async(request)
        self._pending[future] = (called, name)

        def answered(done: Future) -> None:
            self._pending.pop(done, None)
            if refused := _refusal(done.result()):
                self.seen.refusals.append((called, f"{name}: {refused}"[:200]))
            if then is not None:
                then()

        future.add_done_callback(answered)
        return future

    def unanswered(self, seconds: float) -> None:
        """Register the calls that were made longer ago and have no answer; those to a dead head are forgotten."""
        for future, (called, name) in list(self._pending.items()):
            if time.monotonic() - called > seconds:
                self._pending.pop(future, None)
                self.seen.deaf.append((called, f"{name}: no answer within {seconds:g} s"))

    def forget_calls(self) -> None:
        """No answer is expected of the calls until now: their head was killed."""
        self._pending.clear()

    def _on_motion(self, message: FaceMotion) -> None:
        self.seen.values.extend(message.values)
        self.seen.motions.extend(
            (
                time.monotonic(),
                nanoseconds(message.latency) / 1e9,
                message.frame,
                message.generation,
                message.audio_missing,
                message.speaking,
            )
        )

    def _on_image(self, _: Image) -> None:
        self.seen.images.append(time.monotonic())

    def _on_status(self, status: StreamStatus) -> None:
        counters = dict(zip(status.counters, status.counts))
        self.seen.statuses.append(
            {
                "at": time.monotonic(),
                "generation": status.generation,
                "frames": status.frames,
                "frames_dropped": status.frames_dropped,
                "images_dropped": status.images_dropped,
                "accepted": status.self_audio.samples,
                "rejected": status.self_audio.rejected,
                "queued": status.self_audio.queued,
                "self_receiving": status.self_audio.receiving,
                "other_receiving": status.other_audio.receiving,
                "heard": self.ledger.heard_samples,
                "counters": {name: int(count) for name, count in counters.items()},
            }
        )

    def _on_said(self, chunk: AudioChunk) -> None:
        if chunk.sample_rate == RATE and chunk.channels == 1:
            data = np.frombuffer(chunk.data, np.int16)
            self.ledger.send(chunk.stream_id, chunk.first_sample, data, time.monotonic())

    def _on_heard(self, chunk: AudioChunk) -> None:
        data = np.frombuffer(chunk.data, np.int16)
        self.ledger.hear(chunk.stream_id, chunk.first_sample, data, time.monotonic())
        self.ledger.settle(time.monotonic())

    def _on_utterance(self, event: UtteranceEvent) -> None:
        if event.event == UtteranceEvent.INTERRUPTED:
            self.ledger.interrupt(event.stream_id, time.monotonic())

    def _on_joints(self, message: JointState) -> None:
        self.seen.joints = tuple(message.name)
        self.seen.previews.append(time.monotonic())
        self.seen.positions.extend(message.position)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self.seen.diagnostics.setdefault(status.name, array.array("d")).append(time.monotonic())


def _refusal(response: object) -> str:
    """Why a response refuses its request; "" when it does not."""
    if isinstance(response, SetParameters.Response):
        if not response.results:
            return "an answer without a result"
        return "; ".join(each.reason or "no reason" for each in response.results if not each.successful)
    if isinstance(response, ChangeState.Response):
        return "" if response.success else "the transition failed"
    return "" if response.success else response.message
