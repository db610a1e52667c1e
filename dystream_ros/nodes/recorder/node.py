"""Takes the messages of a conversation and hands them to the thread that writes the files."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sensor_msgs.msg import CompressedImage, Image

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.msg import FaceMotion
from dystream_ros.nodes.audio_input.party_input import PartyInput
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.nodes.parameters import RecorderSettings
from dystream_ros.nodes.recorder.motion_table import MotionTable
from dystream_ros.nodes.recorder.pictures import PictureRefused, picture_from_compressed, picture_from_image
from dystream_ros.nodes.recorder.recording import PARTIES, Recording

_QUEUE_LENGTH = 2000
# Pictures of 0.8 MB: beyond that many the newest are dropped, so that a slow disk does not eat the memory.
_PICTURES_WAITING = 100
_LAST_MOTION = 0.2  # s


class RecorderNode(RunnableNode):
    """Writes a video with the sound of both parties, and the motion beside it; see docs/nodes.md."""

    def __init__(self) -> None:
        super().__init__("recorder", automatically_declare_parameters_from_overrides=True)
        self.reports = Reports(self.get_logger())
        declare(self, RecorderSettings, self.reports)
        self._settings = settings = read(self, RecorderSettings)
        self.exit_status = 0
        self._recording = Recording(settings)
        self._table = MotionTable(Path(settings.output).with_suffix(".csv"))
        self._queue: queue.Queue[Callable[[], None]] = queue.Queue(_QUEUE_LENGTH)
        self._room = threading.Semaphore(_PICTURES_WAITING)
        self._stopping = threading.Event()
        self._unheard: set[str] = set()
        self._thread = threading.Thread(target=self._write, name="writing", daemon=True)

        raw = settings.image_transport == "raw"
        topic, message, convert = (
            ("image", Image, picture_from_image)
            if raw
            else ("image/compressed", CompressedImage, picture_from_compressed)
        )
        profile = qos.image_recording()
        self.create_subscription(message, topic, lambda each: self._on_image(each, convert), profile)
        self.create_subscription(
            FaceMotion, "motion", lambda each: self._put(lambda: self._table.add(each)), qos.recording()
        )
        self._sources = {
            party: PartyInput(
                self,
                f"{party}/audio",
                "auto",
                qos.whole_audio(),
                lambda block, party=party: self._on_audio(party, block),
                self.reports,
            )
            for party in PARTIES
        }
        self.create_timer(0.5, self._watch)

    def start(self) -> None:
        self._thread.start()
        self.get_logger().info(f"recording to {self._settings.output}")

    def finished(self) -> bool:
        """Whether the files are complete."""
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Write what has come so far and complete the files."""
        self._stopping.set()
        self._thread.join()

    def _on_image(self, message: Any, convert: Callable) -> None:
        if not self._room.acquire(blocking=False):
            self.reports.warning("pictures_dropped", "pictures come faster than they can be written; some are left out")
            return

        def add() -> None:
            self._room.release()
            try:
                self._recording.add_picture(nanoseconds(message.header.stamp), convert(message, self._settings.behind))
            except PictureRefused as refused:
                self.reports.warning("pictures_refused", str(refused))

        self._put(add)

    def _on_audio(self, party: str, block: AudioBlock) -> None:
        arrival_ns = self.get_clock().now().nanoseconds

        def add() -> None:
            try:
                self._recording.add_sound(party, block, arrival_ns)
            except AudioRejected as rejected:
                self.reports.warning(rejected.reason, str(rejected), about=party)

        self._put(add)

    def _put(self, job: Callable[[], None]) -> None:
        try:
            self._queue.put_nowait(job)
        except queue.Full:
            self.reports.warning("messages_dropped", "messages come faster than they can be written; some are left out")

    def _watch(self) -> None:
        for source in self._sources.values():
            source.watch_publishers()
        # A party that has a source and was not heard yet will be waited for.
        self._unheard = {party for party, source in self._sources.items() if source.publishers}

    def _write(self) -> None:
        try:
            self._write_until_done()
            self._recording.close()
        except Exception as error:
            self.exit_status = 2
            self.get_logger().error(f"{self._settings.output} could not be written: {type(error).__name__}: {error}")
        finally:
            self._table.close()
        if self.exit_status == 0:
            self._tell()

    def _write_until_done(self) -> None:
        while not self._done():
            try:
                self._queue.get(timeout=0.1)()
            except queue.Empty:
                if self._stopping.is_set():
                    return
            self._recording.advance()
        # The motion of the last picture comes on a topic of its own, and may come after the picture.
        end = time.monotonic() + _LAST_MOTION
        while (remaining := end - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                self._queue.get(timeout=remaining)()

    def _done(self) -> bool:
        recording = self._recording
        return recording.full or (self._settings.exit_at_end and recording.ended(self._unheard))

    def _tell(self) -> None:
        recording = self._recording
        if not recording.begun:
            self.exit_status = 2
            self.get_logger().error(
                "no picture came: no video was written; is a head active, and its image topic there?"
            )
            return
        seconds = recording.pictures / self._settings.frame_rate
        self.get_logger().info(
            f"{self._settings.output}: {seconds:.2f} s, {recording.pictures} pictures, {recording.repeated} repeated"
        )
