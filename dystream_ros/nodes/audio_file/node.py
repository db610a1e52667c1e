"""Reads the files and sends their chunks, in the order of time, from a thread of its own."""

import heapq
import secrets
import threading
import time
from collections.abc import Iterator

from rclpy.duration import Duration
from rclpy.publisher import Publisher

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.files import AudioFileError, open_audio, read_audio
from dystream_ros.msg import AudioChunk, FaceMotion, StreamStatus
from dystream_ros.nodes.audio_file.pace import HeadPace, RealTimePace
from dystream_ros.nodes.audio_input.audio_chunk import audio_chunk
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.nodes.parameters import AudioFileSettings

FRAME_NS = 40_000_000
_LONGEST_DELIVERY = 10.0  # s for the last chunks to be acknowledged
_LONGEST_GREETING = 5.0  # s for a head to say that it sees this node


class AudioFileNode(RunnableNode):
    """Plays one file or two into self/audio and other/audio; see docs/nodes.md."""

    def __init__(self) -> None:
        super().__init__("audio_file", automatically_declare_parameters_from_overrides=True)
        self.reports = Reports(self.get_logger())
        declare(self, AudioFileSettings, self.reports)
        self._settings = settings = read(self, AudioFileSettings)
        self.exit_status = 0
        self._files = self._chosen_files()
        self._outputs: dict[str, Publisher] = {
            party: self.create_publisher(AudioChunk, f"{party}/audio", qos.audio_publisher()) for party in self._files
        }
        self._pace = RealTimePace() if settings.pace == "real_time" else HeadPace(settings.ahead)
        self.create_subscription(FaceMotion, "motion", self._on_motion, qos.motion())
        self.create_subscription(StreamStatus, "status", self._on_status, qos.status())
        self._seen_by_head = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._play, name="playing", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finished(self) -> bool:
        """Whether everything was sent."""
        return not self._thread.is_alive()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _chosen_files(self) -> dict[str, tuple[str, int | None]]:
        """File and channel of each party; None for all channels."""
        settings = self._settings
        own = {"self": settings.self_file, "other": settings.other_file}
        if settings.file and any(own.values()):
            self.reports.error("files", "both `file` and `self_file` or `other_file` are given; `file` is played alone")
        if settings.file:
            return {"self": (settings.file, 0), "other": (settings.file, 1)}
        return {party: (path, None) for party, path in own.items() if path}

    def _on_motion(self, message: FaceMotion) -> None:
        self._pace.saw_motion(nanoseconds(message.header.stamp) + FRAME_NS)

    def _on_status(self, message: StreamStatus) -> None:
        parties = {"self": message.self_audio, "other": message.other_audio}
        if all(parties[party].publishers for party in self._files):
            self._seen_by_head.set()

    def _play(self) -> None:
        if not self._files:
            self.exit_status = 2
            self.get_logger().error("no audio file is given; set self_file, other_file, or file with both parties")
            return
        self._await_subscribers()
        start_ns = self.get_clock().now().nanoseconds
        try:
            while not self._stopped.is_set():
                start_ns = self._play_once(start_ns)
                if not self._settings.loop:
                    break
        except AudioFileError as error:
            self.exit_status = 2
            self.get_logger().error(f"cannot play: {error}")
        for output in self._outputs.values():
            output.wait_for_all_acked(Duration(seconds=0 if self._stopped.is_set() else _LONGEST_DELIVERY))

    def _await_subscribers(self) -> None:
        """Until this node sees its subscribers, and the head, where there is one, sees this node.

        The two ends of a topic find each other one after the other, and what is sent between is lost to a head that
        listens live (best effort); only the far end can say that it is ready.
        """
        wanted = self._settings.subscribers
        while not all(output.get_subscription_count() >= wanted for output in self._outputs.values()):
            if self._stopped.wait(0.05):
                return
        if not wanted or not self.count_publishers(self.resolve_topic_name("status")):
            return
        end = time.monotonic() + _LONGEST_GREETING
        while not self._stopped.is_set() and not self._seen_by_head.wait(0.05):
            if time.monotonic() > end:
                self.get_logger().warning(
                    f"a head publishes its status, but in {_LONGEST_GREETING:g} s did not see "
                    f"{' and '.join(output.topic_name for output in self._outputs.values())}; is it in another "
                    "namespace? Playing anyway"
                )
                return

    def _play_once(self, start_ns: int) -> int:
        """Send all files, the first sample at `start_ns`; returns the ROS time of the last one's end."""
        streams = [self._stream(party, *chosen, start_ns) for party, chosen in self._files.items()]
        self._pace.begin(start_ns)
        last_ns = start_ns
        for last_ns, party, block in heapq.merge(*streams, key=lambda each: each[0]):
            self._pace.wait(last_ns, self._stopped)
            if self._stopped.is_set():
                break
            self._outputs[party].publish(audio_chunk(block, self._settings.frame_id))
        return last_ns

    def _stream(
        self, party: str, path: str, channel: int | None, start_ns: int
    ) -> Iterator[tuple[int, str, AudioBlock]]:
        with open_audio(path) as audio:
            size = max(1, round(audio.sample_rate * self._settings.chunk_ms / 1000))
        stream_id = secrets.randbits(63)
        for block in read_audio(path, block=size, stream_id=stream_id, stamp_ns=start_ns, channel=channel):
            yield block.stamp_ns + round(block.seconds * 1e9), party, block
