"""What the server knows of a head: its newest status and motion, levels, latency and faults, as messages for pages."""

import time

from diagnostic_msgs.msg import DiagnosticArray

from dystream_ros.audio.block import AudioBlock, to_mono
from dystream_ros.msg import FaceMotion, PartyStatus, StreamStatus
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.nodes.web.protocol import Json
from dystream_ros.nodes.web.state import SILENCE, Faults, Latency, Meter, motion_json, status_json
from dystream_ros.nodes.web.topics import PARTIES

_BITS = {"self": FaceMotion.SELF, "other": FaceMotion.OTHER}
_UNHEARD = PartyStatus(rms_dbfs=SILENCE, peak_dbfs=SILENCE)
_NO_STATUS = status_json(StreamStatus(self_audio=_UNHEARD, other_audio=_UNHEARD))
_FRAMES = 50  # whose time of publication is remembered


class HeadWatch:
    """The state of a head. Used in the thread of the event loop.

    Attributes:
        lifecycle: its state, or "missing".
        latency: parts that all pages share.
        faults: what went wrong.
    """

    def __init__(self) -> None:
        self.lifecycle = "missing"
        self.latency = Latency()
        self.faults = Faults()
        self._meters = {party: Meter() for party in PARTIES}
        self._status: StreamStatus | None = None
        self._motion: FaceMotion | None = None
        self._published: dict[int, int] = {}  # ROS time of publication by stamp, ns, of the newest frames
        self._pictures: list[float] = []
        self._camera_at = -1e9

    def set_lifecycle(self, state: str) -> bool:
        """Take the state of the lifecycle; whether pages should be told at once."""
        before, self.lifecycle = self.lifecycle, state
        if state == "missing":
            self._status = self._motion = None
        return state != before or self._status is None

    def on_status(self, message: StreamStatus) -> None:
        """Take a status of the head."""
        self._status = message
        self.faults.counted(message, time.monotonic())

    def on_motion(self, message: FaceMotion) -> None:
        """Take a frame."""
        self._motion = message
        latency_ns, stamp_ns = nanoseconds(message.latency), nanoseconds(message.header.stamp)
        self.latency.add("head", latency_ns / 1e6)
        self._published[stamp_ns] = stamp_ns + latency_ns
        while len(self._published) > _FRAMES:
            del self._published[next(iter(self._published))]

    def on_sound(self, party: str, block: AudioBlock) -> None:
        """Take sound for the meters."""
        self._meters[party].add(to_mono(block), time.monotonic())

    def on_picture(self, stamp_ns: int, arrival_ns: int) -> None:
        """Take the instants of a picture."""
        self._pictures = [*self._pictures[-100:], time.monotonic()]
        published_ns = self._published.get(stamp_ns)
        if published_ns is not None:
            self.latency.add("picture", (arrival_ns - published_ns) / 1e6)

    def on_camera(self) -> None:
        """A picture of the camera arrived."""
        self._camera_at = time.monotonic()

    def on_diagnostics(self, message: DiagnosticArray) -> None:
        """Take diagnostics of any node."""
        self.faults.diagnosed(message, time.monotonic())

    def status(self) -> Json:
        """The message `status`, without what the server adds."""
        now = time.monotonic()
        return {
            "type": "status",
            "head": self.lifecycle,
            "camera": now - self._camera_at < 1.0,
            "picture_rate": float(sum(now - at <= 1.0 for at in self._pictures)),
        } | (status_json(self._status) if self._status is not None else _NO_STATUS)

    def motion(self) -> Json | None:
        """The message `motion`; None before the first frame."""
        return motion_json(self._motion) if self._motion is not None else None

    def levels(self) -> Json:
        """The message `levels`."""
        now = time.monotonic()
        message: Json = {"type": "levels"}
        for party in PARTIES:
            rms, peak = self._meters[party].levels(now)
            speaking = self._motion is not None and bool(self._motion.speaking & _BITS[party])
            receiving = rms > SILENCE
            if self._status is not None:
                status = self._status.self_audio if party == "self" else self._status.other_audio
                receiving = receiving or status.receiving
            message |= {party: {"rms": rms, "peak": peak, "speaking": speaking, "receiving": receiving}}
        return message
