"""Records a conversation: the executor's thread receives messages, the worker thread writes the files."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sensor_msgs.msg import CompressedImage, Image

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.msg import FaceMotion
from dystream_ros.nodes.audio_input.party_input import PartyInput
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.image_messages import TRANSPORTS, ImageRejected
from dystream_ros.nodes.common.priority import niceness, set_niceness
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.nodes.common.worker_node import WorkerNode
from dystream_ros.nodes.parameters import RecorderSettings
from dystream_ros.nodes.parameters.audio_source import source_of
from dystream_ros.nodes.recorder.motion_table import MotionTable
from dystream_ros.nodes.recorder.recording import PARTIES, Recording

_QUEUE_LENGTH = 2000  # messages
# Images of 0.8 MB; when more wait for a slow disk, the newest are dropped to bound the memory.
_IMAGES_WAITING = 100
_GIVES_WAY = 5  # niceness of the writing
_LAST_MOTION = 0.2  # s; the motion of the last image arrives on another topic, possibly after the image


class RecorderNode(WorkerNode[RecorderSettings]):
    """Writes a video with the sound of both parties, and the motion beside it; see docs/nodes.md."""

    _table: MotionTable  # of the worker thread

    def __init__(self) -> None:
        super().__init__("recorder", RecorderSettings)
        self.failure = f"{self.settings.output} could not be written"
        self._recording = Recording(self.settings)
        self._jobs: queue.Queue[Callable[[], None]] = queue.Queue(_QUEUE_LENGTH)
        self._room = threading.Semaphore(_IMAGES_WAITING)
        self._awaited: set[str] = set()
        self._transport = TRANSPORTS[self.settings.image_transport]
        self.create_subscription(self._transport.message, self._transport.topic, self._on_image, qos.image_recording())
        self.create_subscription(FaceMotion, "motion", self._on_motion, qos.recording())
        self._sources = {
            party: PartyInput(
                self,
                f"{party}/audio",
                self.settings.audio_type,
                qos.whole_audio(),
                partial(self._on_audio, party),
                self.reports,
                source_of(self.settings, f"{party}_audio"),
            )
            for party in PARTIES
        }
        self.create_timer(0.5, self._watch_publishers)

    def start(self) -> None:
        super().start()
        self.get_logger().info(f"recording to {self.settings.output}")

    def work(self) -> None:
        """Write until the recording is complete, and complete the files."""
        # Also of the threads of the encoder, which begin later: messages wait for it, a head or a display cannot.
        set_niceness(niceness() + _GIVES_WAY)
        table = MotionTable(Path(self.settings.output).with_suffix(".csv"))
        with contextlib.closing(table) as self._table:
            self._write_until_done()
            self._recording.close()
        self._log_result()

    def _on_image(self, message: Image | CompressedImage) -> None:
        if self._room.acquire(blocking=False):
            self._enqueue(lambda: self._add_picture(message))
        else:
            self.reports.warning(
                "pictures_dropped",
                f"{_IMAGES_WAITING} images wait to be written, further images are dropped; reduce the image size, or "
                "write to a faster disk",
            )

    def _on_motion(self, message: FaceMotion) -> None:
        self._enqueue(lambda: self._table.add(message))

    def _on_audio(self, party: str, block: AudioBlock) -> None:
        arrival_ns = self.get_clock().now().nanoseconds
        self._enqueue(lambda: self._add_sound(party, block, arrival_ns))

    def _enqueue(self, job: Callable[[], None]) -> None:
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            self.reports.warning(
                "messages_dropped",
                f"{_QUEUE_LENGTH} messages wait to be written, further messages are dropped; write to a faster disk",
            )

    def _watch_publishers(self) -> None:
        for source in self._sources.values():
            source.watch_publishers()
        # The recording waits for the end of each party that has a publisher, also before its first block.
        self._awaited = {party for party, source in self._sources.items() if source.publishers}

    def _add_picture(self, message: Image | CompressedImage) -> None:
        self._room.release()
        try:
            picture = self._transport.picture(message, self.settings.behind)
        except ImageRejected as rejected:
            self.reports.warning("pictures_refused", f"{self._transport.topic}: {rejected}")
            return
        self._recording.add_picture(nanoseconds(message.header.stamp), picture)

    def _add_sound(self, party: str, block: AudioBlock, arrival_ns: int) -> None:
        try:
            self._recording.add_sound(party, block, arrival_ns)
        except AudioRejected as rejected:
            self.reports.warning(rejected.reason, f"{party}/audio: {rejected}", about=party)

    def _write_until_done(self) -> None:
        while not self._done():
            try:
                self._jobs.get(timeout=0.1)()
            except queue.Empty:
                if self.stopping.is_set():
                    return
            self._recording.advance()
        end = time.monotonic() + _LAST_MOTION
        while (remaining := end - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                self._jobs.get(timeout=remaining)()

    def _done(self) -> bool:
        recording = self._recording
        return recording.full or (self.settings.exit_at_end and recording.ended(self._awaited))

    def _log_result(self) -> None:
        recording, output = self._recording, self.settings.output
        if not recording.started:
            self.exit_status = 2
            self.get_logger().error(
                f"no image arrived on {self.resolve_topic_name(self._transport.topic)}, {output} was not written; "
                "activate a head with images, and check the topic name and image_transport"
            )
            return
        seconds = recording.pictures / self.settings.frame_rate
        self.get_logger().info(
            f"wrote {output}: {seconds:.2f} s, {recording.pictures} frames, {recording.repeated} of them repeated"
        )
