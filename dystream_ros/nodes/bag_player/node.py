"""Publishes the audio of a bag as the audio of both parties."""

import threading
import time
from pathlib import Path

from rclpy.duration import Duration
from rclpy.publisher import Publisher
from rosgraph_msgs.msg import Clock

from dystream_ros.bags.definitions import BagError
from dystream_ros.bags.reading import Bag, open_bag
from dystream_ros.msg import FaceMotion
from dystream_ros.nodes.audio_input.message_class import TypeUnavailable, message_class
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.diagnostics import OK, WARN, Diagnostics, Health
from dystream_ros.nodes.common.ready_readers import ReadyReaders
from dystream_ros.nodes.common.stamps import time_message
from dystream_ros.nodes.common.worker_node import WorkerNode
from dystream_ros.nodes.parameters import BagPlayerSettings

_FRAME_NS = 40_000_000
_TICK = 0.01  # s between two messages on /clock while nothing is sent
_PATIENCE = 5.0  # s without motion after which the next message is sent all the same
_DELIVERY_TIMEOUT = 10.0  # s until the last messages are acknowledged


class BagPlayerNode(WorkerNode[BagPlayerSettings]):
    """Plays a bag to self/audio and other/audio, message by message as it was recorded; see docs/nodes.md."""

    def __init__(self) -> None:
        super().__init__("bag_player", BagPlayerSettings)
        self._progress = _Progress()
        self._began = 0.0
        self._sent = 0
        self._state = "the bag is being opened"
        self._diagnostics = Diagnostics(self, self._health, self.reports)
        self._ticks = self.create_publisher(Clock, "/clock", qos.motion()) if self.settings.clock else None
        self.create_subscription(FaceMotion, "motion", self._on_motion, qos.recording(), callback_group=self.messages)

    def work(self) -> None:
        """Play the bag to its end; ends with status 2 when there is none, or it cannot be played."""
        settings = self.settings
        try:
            if not settings.bag:
                raise BagError("no bag is given; set the parameter bag to the folder that was recorded")
            with open_bag(Path(settings.bag).expanduser()) as bag:
                self._play(bag)
        except (BagError, TypeUnavailable, ModuleNotFoundError) as error:
            self.exit_status = 2
            self.get_logger().error(f"cannot play: {error}")

    def _topics(self, bag: Bag) -> dict[str, str]:
        """Party by topic of the bag."""
        settings = self.settings
        wanted = [settings.self_topic] if settings.self_topic else ["self/audio_aligned", "self/audio"]
        own = next((found for name in wanted if (found := bag.topic(name))), "")
        other = bag.topic(settings.other_topic)
        # A party that nobody named may be missing; one that was named would be silent without a word.
        named = [(settings.self_topic, "", own), (settings.other_topic, BagPlayerSettings.other_topic, other)]
        missing = [name for name, default, found in named if name not in ("", default) and not found]
        if missing or not (own or other):
            raise BagError(
                f"{settings.bag} has no topic {' or '.join(missing or (*wanted, settings.other_topic))}; it has "
                + ", ".join(f"{topic} ({kind})" for topic, kind in sorted(bag.topics.items()))
            )
        return {topic: party for topic, party in ((own, "self"), (other, "other")) if topic}

    def _play(self, bag: Bag) -> None:
        parties = self._topics(bag)
        outputs = {
            party: self.create_publisher(message_class(bag.topics[topic]), f"{party}/audio", qos.audio_publisher())
            for topic, party in parties.items()
        }
        listed = " and ".join(f"{topic} as {outputs[party].topic_name}" for topic, party in parties.items())
        self.get_logger().info(f"playing {self.settings.bag}, {bag.seconds:.1f} s: {listed}")
        topics = " and ".join(each.topic_name for each in outputs.values())
        self._state = f"waiting for subscribers of {topics}: activate a head, or set subscribers to 0"
        ReadyReaders(self, outputs, self.settings.subscribers).wait(self.stopping)
        first_ns: int | None = None
        self._state = ""
        for record in bag.records(list(parties), decode=False):
            if first_ns is None:
                first_ns, self._began = record.recorded_ns, time.monotonic()
                self._progress.begin()
            self._wait(first_ns, record.recorded_ns - first_ns)
            if self.stopping.is_set():
                break
            outputs[parties[record.topic]].publish(record.serialized)
            self._sent += 1
        self._deliver(outputs)
        self.get_logger().info(f"played {self._sent} messages")

    def _health(self) -> Health:
        values: dict[str, object] = {"bag": self.settings.bag, "messages": self._sent}
        if self._state:
            return WARN, self._state, values
        return OK, f"playing {self.settings.bag}", values

    def _wait(self, first_ns: int, position_ns: int) -> None:
        """Wait until the message at this position, counted from the first, may be sent."""
        if self.settings.pace == "head":
            if not self._progress.wait_for(position_ns, round(self.settings.ahead * 1e9), self.stopping):
                self.reports.warning(
                    "no_motion",
                    f"no motion for {_PATIENCE:g} s, the bag goes on: the head is not active, or waits for a party "
                    "that the bag lacks; see its parameter parties",
                )
            self._tell(first_ns + position_ns)
            return
        due = self._began + position_ns / 1e9 / self.settings.rate
        while (left := due - time.monotonic()) > 0 and not self.stopping.wait(min(left, _TICK)):
            passed_ns = round((time.monotonic() - self._began) * self.settings.rate * 1e9)
            self._tell(first_ns + min(position_ns, passed_ns))
        self._tell(first_ns + position_ns)

    def _tell(self, now_ns: int) -> None:
        if self._ticks is not None:
            self._ticks.publish(Clock(clock=time_message(now_ns)))

    def _deliver(self, outputs: dict[str, Publisher]) -> None:
        seconds = 0.0 if self.stopping.is_set() else _DELIVERY_TIMEOUT
        for output in outputs.values():
            output.wait_for_all_acked(Duration(seconds=seconds))

    def _on_motion(self, message: FaceMotion) -> None:
        self._progress.add(message.frame)


class _Progress:
    """How far the head has come in the bag, in frames, by the motion that is received.

    A head that is reset counts from 0 again, and one that lost audio, or got none in a pause of the bag, stays behind
    for good. After `_PATIENCE` without motion all that was sent is therefore taken for passed.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._newest: int | None = None  # index of the newest motion
        self._passed = 0.0

    def begin(self) -> None:
        """Count from here on."""
        with self._changed:
            self._newest, self._passed = None, 0.0

    def add(self, frame: int) -> None:
        """A motion with this index was received; any thread."""
        with self._changed:
            goes_on = self._newest is not None and frame >= self._newest
            self._passed += frame - (self._newest or 0) if goes_on else 1
            self._newest = frame
            self._changed.notify_all()

    def wait_for(self, position_ns: int, ahead_ns: int, stopping: threading.Event) -> bool:
        """Wait until motion is at most `ahead_ns` behind a position; False if it has not moved for `_PATIENCE`."""
        with self._changed:
            seen, since = self._passed, time.monotonic()
            while self._passed * _FRAME_NS < position_ns - ahead_ns and not stopping.is_set():
                self._changed.wait(0.1)
                if self._passed != seen:
                    seen, since = self._passed, time.monotonic()
                elif time.monotonic() - since > _PATIENCE:
                    self._passed = position_ns / _FRAME_NS
                    return False
        return True
