"""Records the topics of a head into bags: motion and audio, not a frame of which is decoded."""

import os
import queue
import time
from collections.abc import Callable
from pathlib import Path

from rclpy.subscription import Subscription

from dystream_ros.bags.definitions import BagError
from dystream_ros.bags.writing import BagWriter
from dystream_ros.nodes.audio_input.message_class import TypeUnavailable, message_class
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.diagnostics import ERROR, OK, WARN, Diagnostics, Health
from dystream_ros.nodes.common.worker_node import WorkerNode
from dystream_ros.nodes.parameters import BagRecorderSettings
from dystream_ros.recording.disk import LITTLE_SPACE, free_space

# Topic, type, quality of service. The type of audio is that of its publisher.
_TOPICS = {
    "motion": ("dystream_ros/msg/FaceMotion", qos.recording),
    "motion_layout": ("dystream_ros/msg/MotionLayout", qos.latched),
    "status": ("dystream_ros/msg/StreamStatus", qos.status),
    "self/utterance": ("dystream_ros/msg/UtteranceEvent", qos.events),
    "self/audio": ("", qos.whole_audio),
    "self/audio_aligned": ("", qos.whole_audio),
    "other/audio": ("", qos.whole_audio),
}
_IMAGES = {"image/compressed": ("sensor_msgs/msg/CompressedImage", qos.image_recording)}
_WAITING = 5000  # messages
_Job = tuple[str, str, int, bytes]  # topic, type, time of recording, message in CDR
_LOOK_PERIOD = 0.1  # s between looks for new topics; what is published before a topic is found is not recorded


class BagRecorderNode(WorkerNode[BagRecorderSettings]):
    """Writes bags that `ros2 bag`, Foxglove, `dystream bag` and the node bag_player read; see docs/replay.md."""

    def __init__(self) -> None:
        super().__init__("bag_recorder", BagRecorderSettings)
        self.failure = f"{self.settings.output} could not be written"
        self._output = os.path.expanduser(self.settings.output)
        self._jobs: queue.Queue[_Job] = queue.Queue(_WAITING)
        self._known: dict[str, Subscription] = {}
        self._expected: dict[str, str] = {}  # topics that have not found their publisher yet, with their types
        self._unavailable: set[str] = set()  # topics whose type cannot be imported
        self._latched: _Job | None = None
        self._wanted = _TOPICS | (_IMAGES if self.settings.images else {})
        self._taken = 0
        self.create_timer(_LOOK_PERIOD, self._look_for_topics)
        self._look_for_topics()
        self._diagnostics = Diagnostics(self, self._health, self.reports)
        topics = ", ".join(map(self.resolve_topic_name, self._wanted))
        free = free_space(Path(self._output)) / 1e9
        self.get_logger().info(
            f"recording to {self.settings.output}_N, {self.settings.storage}: {topics}; {free:.1f} GB free"
        )

    def work(self) -> None:
        """Write until the node is stopped; a bag per `split` seconds."""
        number, bags = 0, 0
        while not self.stopping.is_set():
            path = Path(f"{self._output}_{number}")
            number += 1
            if path.exists():
                continue
            try:
                with BagWriter(path, self.settings.storage) as writer:
                    self._write(writer)
                    written = writer.messages
            except (BagError, ModuleNotFoundError) as error:
                self.exit_status = 2
                self.get_logger().error(str(error))
                return
            if written:
                bags += 1
                self.get_logger().info(f"wrote {path}: {written} messages")
        if not bags:
            self.exit_status = 2
            self.get_logger().error(
                f"no message arrived, {self.settings.output}_0 was not written; check the topic names and the namespace"
            )

    def _health(self) -> Health:
        free = free_space(Path(self._output))
        values: dict[str, object] = {
            "output": self.settings.output,
            "messages": self._taken,
            "topics": ", ".join(self._known) or "none",
            "free [MB]": free // 1_000_000,
        }
        if free < LITTLE_SPACE:
            return ERROR, f"only {free / 1e6:.0f} MB are free for {self.settings.output}; free space", values
        if not self._taken:
            return WARN, "no message has arrived; activate a head, and check the namespace", values
        return OK, f"recording {len(self._known)} topics", values

    def _write(self, writer: BagWriter) -> None:
        """Write one bag, which ends `split` after its first message."""
        end = float("inf")
        while time.monotonic() < end:
            try:
                job = self._jobs.get(timeout=0.1)
            except queue.Empty:
                if self.stopping.is_set():
                    return
                continue
            if not writer.messages:
                end = time.monotonic() + self.settings.split if self.settings.split else end
                if self._latched is not None:
                    # Each bag has the layout of its motion. It comes with the first message: no bag has it alone.
                    topic, type_name, _, data = self._latched
                    self._add(writer, (topic, type_name, job[2], data))
            self._add(writer, job)

    def _add(self, writer: BagWriter, job: _Job) -> None:
        """Write a message; one of a type that has no definition here is left out, and the others go on."""
        topic, type_name, recorded_ns, data = job
        try:
            writer.add_topic(topic, type_name)
        except BagError as unknown:
            self.reports.error("topics_left_out", f"{topic} is not recorded: {unknown}", about=topic)
            return
        writer.write(topic, recorded_ns, data)

    def _look_for_topics(self) -> None:
        """Subscribe to the topics that have a publisher."""
        for name, (fixed, profile) in self._wanted.items():
            topic = self.resolve_topic_name(name)
            if topic in self._known:
                continue
            found = self.get_publishers_info_by_topic(topic)
            if not found:
                continue
            type_name = fixed or found[0].topic_type
            wanted = profile()
            if any(each.qos_profile.reliability == qos.BEST_EFFORT for each in found):
                wanted.reliability = qos.BEST_EFFORT
            try:
                kind = message_class(type_name)
            except TypeUnavailable as missing:
                if topic not in self._unavailable:
                    self._unavailable.add(topic)
                    self.reports.error("topics_left_out", f"{topic} is not recorded: {missing}", about=topic)
                continue
            take = self._taker(topic, type_name)
            self._known[topic] = self.create_subscription(kind, topic, take, wanted, raw=True)
            self._expected[topic] = type_name
        for topic in [each for each in self._expected if self._known[each].get_publisher_count()]:
            self.get_logger().info(f"recording {topic} ({self._expected.pop(topic)})")

    def _taker(self, topic: str, type_name: str) -> Callable[[bytes], None]:
        def take(data: bytes) -> None:
            self._taken += 1
            job = (topic, type_name, self.get_clock().now().nanoseconds, bytes(data))
            if type_name == _TOPICS["motion_layout"][0]:
                self._latched = job
            try:
                self._jobs.put_nowait(job)
            except queue.Full:
                self.reports.warning(
                    "messages_dropped",
                    f"{_WAITING} messages wait to be written, further messages are dropped; write to a faster disk",
                )

        return take
