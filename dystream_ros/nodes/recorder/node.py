"""Records a conversation: the thread of `messages` receives them, the worker thread writes the files."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from sensor_msgs.msg import CompressedImage, Image

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.msg import FaceMotion
from dystream_ros.nodes.audio_input.party_input import PartyInput
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.diagnostics import ERROR, OK, WARN, Diagnostics, Health
from dystream_ros.nodes.common.image_messages import TRANSPORTS, ImageRejected
from dystream_ros.nodes.common.priority import niceness, set_niceness
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.nodes.common.worker_node import WorkerNode
from dystream_ros.nodes.parameters import RecorderSettings
from dystream_ros.nodes.parameters.audio_source import source_of
from dystream_ros.nodes.recorder.backlog import Backlog, Job
from dystream_ros.nodes.recorder.motion_table import MotionTable
from dystream_ros.nodes.recorder.recording import PARTIES, Recording
from dystream_ros.recording.claim import claimed
from dystream_ros.recording.disk import LITTLE_SPACE, check_writable, free_space, writing_failed
from dystream_ros.recording.time_line import StampRefused
from dystream_ros.recording.video_file import KINDS, PictureRefused

# While the disk is slow, so much waits; further messages are dropped to bound the memory.
_MOST_WAITING, _MOST_BYTES = 2000, 128_000_000
_GIVES_WAY = 5  # niceness of the writing
_LAST_MOTION = 0.2  # s; the motion of the last image arrives on another topic, possibly after the image


class RecorderNode(WorkerNode[RecorderSettings]):
    """Writes a video with the sound of both parties, and the motion beside it; see docs/nodes.md."""

    def __init__(self) -> None:
        super().__init__("recorder", RecorderSettings)
        self.failure = f"{self.settings.output} could not be written"
        self._output = Path(self.settings.output).expanduser()
        self._recording = Recording(self.settings, lambda reason: self.reports.warning("stamps_jumped", reason))
        self._table = MotionTable(self._output.with_suffix(".csv") if self._output.name else self._output)
        self._backlog = Backlog(_MOST_WAITING, _MOST_BYTES)
        self._awaited: set[str] = set()
        self._transport = TRANSPORTS[self.settings.image_transport]
        message, topic = self._transport.message, self._transport.topic
        self.create_subscription(message, topic, self._on_image, qos.image_recording(), callback_group=self.messages)
        self.create_subscription(FaceMotion, "motion", self._on_motion, qos.recording(), callback_group=self.messages)
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
        self._diagnostics = Diagnostics(self, self._health, self.reports)

    def start(self) -> None:
        settings = self.settings
        limit = f"{settings.duration:g} s" if settings.duration else "until both streams end or the node is stopped"
        topic = self.resolve_topic_name(self._transport.topic)
        self.get_logger().info(
            f"recording to {settings.output}: {topic} at {settings.frame_rate} Hz, sound {settings.sound}, "
            f"{limit}; {free_space(self._output) / 1e9:.1f} GB free"
        )
        super().start()

    def _health(self) -> Health:
        """For the diagnostics: what is missing, and what to do."""
        recording = self._recording
        free = free_space(self._output)
        values: dict[str, object] = {
            "output": self.settings.output,
            "seconds": f"{recording.pictures / self.settings.frame_rate:.1f}",
            "frames": recording.pictures,
            "frames_repeated": recording.repeated,
            "free [MB]": free // 1_000_000,
        }
        if free < LITTLE_SPACE:
            return ERROR, f"only {free / 1e6:.0f} MB are free for {self.settings.output}; free space", values
        if not recording.started:
            topic = self.resolve_topic_name(self._transport.topic)
            return WARN, f"no image has arrived on {topic}; activate a head with images", values
        return OK, "recording", values

    def work(self) -> None:
        """Write until the recording is complete, and complete the files, whatever failed before."""
        # Also of the threads of the encoder, which begin later: messages wait for it, a head or a display cannot.
        set_niceness(niceness() + _GIVES_WAY)
        with ExitStack() as held:
            if (refused := _failure(partial(self._claim_output, held))) is None:
                self._record()
                return
        self.exit_status = 2
        reason = writing_failed(refused, self._output) if isinstance(refused, OSError) else str(refused)
        self.get_logger().error(f"{self.settings.output!r} cannot be recorded to: {reason}")

    def _record(self) -> None:
        parts = (self._write_until_done, self._recording.close, self._table.close)
        failures = [failure for part in parts if (failure := _failure(part)) is not None]
        if failures:
            self.exit_status = 2
            first = failures[0]
            reason = f"{type(first).__name__}: {first}"
            if isinstance(first, OSError):
                reason = writing_failed(first, self._output)
            self.get_logger().error(f"the recording ends: {reason}")
        self._log_result(cut=bool(failures))

    def _claim_output(self, held: ExitStack) -> None:
        """Before the first message, since a recording cannot be repeated. Raises OSError, ValueError or OutputInUse."""
        if self._output.suffix not in KINDS:
            raise ValueError(
                f"output is {self.settings.output!r}; accepted is a file that ends in {' or '.join(KINDS)}"
            )
        for path in (self._output, self._output.with_suffix(".csv")):
            check_writable(path)
            held.enter_context(claimed(path))

    def _on_image(self, message: Image | CompressedImage) -> None:
        arrival_ns = self.get_clock().now().nanoseconds
        if not self._put(lambda: self._add_picture(message, arrival_ns), len(message.data)):
            self._dropped("pictures_dropped", "images; reduce the image size")

    def _on_motion(self, message: FaceMotion) -> None:
        if not self._put(lambda: self._table.add(message), 4 * len(message.values)):
            self._dropped("messages_dropped", "messages")

    def _on_audio(self, party: str, block: AudioBlock) -> None:
        arrival_ns = self.get_clock().now().nanoseconds
        if not self._put(lambda: self._add_sound(party, block, arrival_ns), block.data.nbytes):
            self._dropped("messages_dropped", "messages")

    def _put(self, job: Job, size: int) -> bool:
        """Add a job; False where there is no room. What comes after the request to stop is not recorded.

        Messages come in a thread of their own, which goes on while the worker writes the rest.
        """
        return self.stopping.is_set() or self._backlog.put(job, size)

    def _dropped(self, counter: str, what: str) -> None:
        self.reports.warning(
            counter,
            f"{_MOST_WAITING} messages or {_MOST_BYTES // 10**6} MB wait to be written, further ones are dropped: "
            f"{what}, or write to a faster disk",
        )

    def _watch_publishers(self) -> None:
        for source in self._sources.values():
            source.watch_publishers()
        # The recording waits for the end of each party that has a publisher, also before its first block.
        self._awaited = {party for party, source in self._sources.items() if source.publishers}

    def _add_picture(self, message: Image | CompressedImage, arrival_ns: int) -> None:
        stamp_ns = nanoseconds(message.header.stamp) or arrival_ns
        try:
            self._recording.add_picture(stamp_ns, self._transport.picture(message, self.settings.behind))
        except (ImageRejected, PictureRefused) as rejected:
            self.reports.warning("pictures_refused", f"{self._transport.topic}: {rejected}")
        except StampRefused as rejected:
            self.reports.warning("stamps_refused", f"{self._transport.topic}: {rejected}")

    def _add_sound(self, party: str, block: AudioBlock, arrival_ns: int) -> None:
        before = self._recording.stamps_ignored
        try:
            self._recording.add_sound(party, block, arrival_ns)
        except AudioRejected as rejected:
            self.reports.warning(rejected.reason, f"{party}/audio: {rejected}", about=party)
        if self._recording.stamps_ignored > before:
            self.reports.warning(
                "stamp_far",
                f"{party}/audio: a stamp is far from those of the pictures; the sound is placed by its arrival. "
                "Synchronize the clocks (chrony), or send stamp 0",
                about=party,
            )

    def _write_until_done(self) -> None:
        while not self._done():
            job = self._backlog.take(timeout=0.1)
            if job is not None:
                self._run(job)
            elif self.stopping.is_set():
                return
            self._recording.advance()
        end = time.monotonic() + _LAST_MOTION
        while (remaining := end - time.monotonic()) > 0:
            if (job := self._backlog.take(timeout=remaining)) is not None:
                self._run(job)

    def _run(self, job: Job) -> None:
        """Run a job; one odd message does not end a recording, a disk that cannot be written does."""
        try:
            job()
        except OSError:
            raise
        except Exception as error:
            self.reports.error("messages_refused", f"a message is left out: {type(error).__name__}: {error}")

    def _done(self) -> bool:
        recording = self._recording
        return recording.full or (self.settings.exit_at_end and recording.ended(self._awaited))

    def _log_result(self, cut: bool) -> None:
        recording, output = self._recording, self.settings.output
        if not recording.started:
            self.exit_status = 2
            self.get_logger().error(
                f"no image arrived on {self.resolve_topic_name(self._transport.topic)}, {output} was not written; "
                "activate a head with images, and check the topic name and image_transport"
            )
            return
        seconds = recording.pictures / self.settings.frame_rate
        frames = f"{recording.pictures} frames, {recording.repeated} of them repeated"
        plays = "; it plays, possibly without its last three seconds" if cut else ""
        self.get_logger().info(f"wrote {output}: {seconds:.2f} s, {frames}{plays}")


def _failure(part: Callable[[], None]) -> Exception | None:
    try:
        part()
    except Exception as error:
        return error
    return None
