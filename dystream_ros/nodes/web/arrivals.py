"""What arrives from ROS, on its way to the pages. Used in the thread of the event loop."""

from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.msg import FaceMotion, StreamStatus, UtteranceEvent
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.nodes.web.binary_frames import CAMERA, FACE, binary
from dystream_ros.nodes.web.head_watch import HeadWatch
from dystream_ros.nodes.web.pages import Pages
from dystream_ros.nodes.web.pictures import TimedPicture
from dystream_ros.nodes.web.robot import Robot
from dystream_ros.nodes.web.sound import PartySound, position_of
from dystream_ros.nodes.web.topics import PARTIES

_EVENTS = {UtteranceEvent.BEGAN: "began", UtteranceEvent.ENDED: "ended", UtteranceEvent.INTERRUPTED: "interrupted"}


class Arrivals:
    """Passes sound, pictures and events on to whoever wants them.

    Args:
        pages: those that are connected.
        watch: the state of the head, which takes what it needs.
        robot: the ROS side.
        status_changed: called after a new status of the head.

    Attributes:
        sounds: of each party, for whoever hears it.
        speaking: whether the face says an utterance.
    """

    def __init__(self, pages: Pages, watch: HeadWatch, robot: Robot, status_changed: Callable[[], None]) -> None:
        self.sounds = {party: PartySound() for party in PARTIES}
        self.speaking = False
        self._pages, self._watch, self._robot, self._status_changed = pages, watch, robot, status_changed

    def status(self, message: StreamStatus) -> None:
        """A status of the head."""
        self._watch.on_status(message)
        self._status_changed()

    def motion(self, message: FaceMotion) -> None:
        """A frame."""
        self._watch.on_motion(message)

    def utterance(self, message: UtteranceEvent) -> None:
        """The face begins or ends an utterance."""
        event = _EVENTS.get(message.event)
        if event is None:
            return
        self.speaking = event == "began"
        if event == "interrupted":
            own = self.sounds["self"]
            cursors = [page.listener.cursor for page in self._pages if page.listener and "self" in page.hears]
            own.cut(max(cursors, default=position_of(self._robot.now_ns())))
            for page in self._pages:
                page.drop_sound()
        self.tell_speech(event, position=nanoseconds(message.position) / 1e9)

    def said(self, event: str, text: str) -> None:
        """What the node say tells of a text."""
        if text:
            self.tell_speech(event, text[:1000])

    def tell_speech(self, event: str, text: str = "", position: float = 0.0) -> None:
        """Send everyone an event of speech; `position` in seconds."""
        message = {"type": "speech", "event": event, "text": text, "position": position}
        self._pages.tell(message | {"server_ms": self._robot.now_ns() / 1e6})

    def sound(self, party: str, block: AudioBlock, arrival_ns: int) -> None:
        """Sound of a party."""
        try:
            first = self.sounds[party].add(block, arrival_ns)
        except AudioRejected as error:
            self._robot.audio_refused(party, error)
            return
        self._watch.on_sound(party, block)
        for page in self._pages:
            page.sound_arrived(party, first, self._robot.now_ns())

    def face(self, picture: TimedPicture) -> None:
        """A picture of the face for WebRTC."""
        self._watch.on_picture(picture.stamp_ns, picture.arrival_ns)
        for page in self._pages:
            if page.look.face and page.look.path == "webrtc":
                page.put_face(picture)

    def face_file(self, data: bytes, stamp_ns: int) -> None:
        """A picture of the face as a file, for the WebSocket."""
        self._watch.on_picture(stamp_ns, self._robot.now_ns())
        frame = binary(FACE, data, stamp_ns / 1e6)
        for page in self._pages:
            if page.look.face and page.look.path == "websocket":
                page.outbox.send_picture(FACE, frame)

    def camera(self, picture: TimedPicture, data: bytes) -> None:
        """A picture of the camera, also as a file."""
        self._watch.on_camera()
        for page in self._pages:
            if not page.look.camera:
                continue
            if page.look.path == "websocket":
                page.outbox.send_picture(CAMERA, binary(CAMERA, data, picture.stamp_ns / 1e6))
            elif page.camera_track is not None:
                page.camera_track.put(picture)

    def diagnostics(self, message: DiagnosticArray) -> None:
        """Diagnostics of any node."""
        self._watch.on_diagnostics(message)
