"""Publishes audio files as the audio of one or both parties."""

import heapq
import secrets
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from rclpy.duration import Duration
from rclpy.publisher import Publisher

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.files import AudioFileError, open_audio, read_audio
from dystream_ros.msg import AudioChunk, FaceMotion
from dystream_ros.nodes.audio_file.pace import HeadPace, Pace, RealTimePace
from dystream_ros.nodes.audio_input.audio_chunk import audio_chunk
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.diagnostics import OK, WARN, Diagnostics, Health
from dystream_ros.nodes.common.ready_readers import ReadyReaders
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.nodes.common.worker_node import WorkerNode
from dystream_ros.nodes.parameters import AudioFileSettings

FRAME_NS = 40_000_000
_DELIVERY_TIMEOUT = 10.0  # s until the last chunks are acknowledged


class _Chunk(NamedTuple):
    """One chunk to send; `end_ns` is the ROS time of its end."""

    end_ns: int
    party: str
    block: AudioBlock


class AudioFileNode(WorkerNode[AudioFileSettings]):
    """Plays one file or two to self/audio and other/audio; see docs/nodes.md."""

    def __init__(self) -> None:
        super().__init__("audio_file", AudioFileSettings)
        self._files = self._chosen_files()
        self._outputs: dict[str, Publisher] = {
            party: self.create_publisher(AudioChunk, f"{party}/audio", qos.audio_publisher()) for party in self._files
        }
        self._pace: Pace = RealTimePace() if self.settings.pace == "real_time" else HeadPace(self.settings.ahead)
        self._readers = ReadyReaders(self, self._outputs, self.settings.subscribers)
        self.create_subscription(FaceMotion, "motion", self._on_motion, qos.motion(), callback_group=self.messages)
        self._listed = " and ".join(
            f"{path} to {self._outputs[party].topic_name}" for party, (path, _) in self._files.items()
        )
        self._sending = False
        self._diagnostics = Diagnostics(self, self._health, self.reports)

    def work(self) -> None:
        """Play the files to their end; ends with status 2 when there is no file, or one cannot be played."""
        if not self._files:
            self.exit_status = 2
            self.get_logger().error("no audio file is given; set self_file, other_file, or file with both parties")
            return
        settings = self.settings
        self.get_logger().info(
            f"playing {self._listed}, pace {settings.pace}{', again and again' if settings.loop else ''}, once "
            f"{settings.subscribers} subscribers are there"
        )
        self._readers.wait(self.stopping)
        self._sending = True
        start_ns = self.get_clock().now().nanoseconds
        try:
            while not self.stopping.is_set():
                start_ns = self._play_once(start_ns)
                if not self.settings.loop:
                    break
        except AudioFileError as error:
            self.exit_status = 2
            self.get_logger().error(f"cannot play: {error}")
        for output in self._outputs.values():
            output.wait_for_all_acked(Duration(seconds=0 if self.stopping.is_set() else _DELIVERY_TIMEOUT))

    def _health(self) -> Health:
        readers = {output.topic_name: output.get_subscription_count() for output in self._outputs.values()}
        values: dict[str, object] = {f"subscribers of {topic}": count for topic, count in readers.items()}
        if self._sending:
            return OK, f"playing {self._listed}", values
        wanted = f"{self.settings.subscribers} x {' and '.join(readers)}"
        return WARN, f"waiting for subscribers, {wanted}: activate a head, or set subscribers to 0", values

    def _chosen_files(self) -> dict[str, tuple[str, int | None]]:
        """File and channel of each party; None for all channels."""
        settings = self.settings
        single = {"self": settings.self_file, "other": settings.other_file}
        if settings.file and any(single.values()):
            self.reports.error(
                "files",
                "file is set, and self_file or other_file as well; playing only file. Set file, or the other two",
            )
        if settings.file:
            file = str(Path(settings.file).expanduser())
            return {"self": (file, 0), "other": (file, 1)}
        return {party: (str(Path(path).expanduser()), None) for party, path in single.items() if path}

    def _on_motion(self, message: FaceMotion) -> None:
        self._pace.motion_received(nanoseconds(message.header.stamp) + FRAME_NS)

    def _play_once(self, start_ns: int) -> int:
        """Send all files, their first samples at `start_ns`; returns the ROS time at which the longest ends."""
        streams = [self._chunks(party, *file, start_ns) for party, file in self._files.items()]
        self._pace.begin(start_ns)
        end_ns = start_ns
        for chunk in heapq.merge(*streams, key=attrgetter("end_ns")):
            end_ns = chunk.end_ns
            self._pace.wait(end_ns, self.stopping)
            if self.stopping.is_set():
                break
            self._outputs[chunk.party].publish(audio_chunk(chunk.block, self.settings.frame_id))
        return end_ns

    def _chunks(self, party: str, path: str, channel: int | None, start_ns: int) -> Iterator[_Chunk]:
        with open_audio(path) as audio:
            size = max(1, round(audio.sample_rate * self.settings.chunk_ms / 1000))
        stream_id = secrets.randbits(63)
        for block in read_audio(path, block=size, stream_id=stream_id, stamp_ns=start_ns, channel=channel):
            begin_ns = block.stamp_ns or start_ns
            yield _Chunk(begin_ns + round(block.seconds * 1e9), party, block)
