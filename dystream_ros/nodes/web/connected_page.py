"""One page: what it shows and hears, its microphone, its connection."""

import asyncio
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.block import AudioBlock
from dystream_ros.nodes.web.binary_frames import DROP_WAITING, SOUND, SOUND_RATE, MicrophoneFrame, binary
from dystream_ros.nodes.web.limits import Rate
from dystream_ros.nodes.web.microphone import Microphone
from dystream_ros.nodes.web.outbox import Outbox
from dystream_ros.nodes.web.peer import Peer
from dystream_ros.nodes.web.picture_rate import PictureRate
from dystream_ros.nodes.web.pictures import TimedPicture
from dystream_ros.nodes.web.protocol import Json, Look
from dystream_ros.nodes.web.sound import Listener, PartySound
from dystream_ros.nodes.web.state import Latency
from dystream_ros.nodes.web.tracks import PictureTrack, SoundTrack

SECOND = 1_000_000_000
_HEARS = {"none": (), "self": ("self",), "other": ("other",), "both": ("self", "other")}
# Sound of a page: as much as real time, and a pause that is caught up.
_SOUND_SECONDS, _SOUND_BURST = 1.2, 3.0


class Surroundings(Protocol):
    """What a page needs of the server."""

    def now_ns(self) -> int: ...

    def sound_of(self, party: str) -> PartySound: ...

    def publish(self, party: str, block: AudioBlock) -> None: ...

    def voice(self, page: "Page", party: str) -> None: ...


class Page:
    """A connected page.

    Attributes:
        number: shown to others, and kept when the page comes back after a loss of its connection.
        look: what it shows.
        outbox: what is sent to it.
        peer: its WebRTC connection.
        listener: reads what it hears; None: nothing.
        barge_in: whether its voice interrupts the face.
        latency: parts that belong to this page.
        picture_rate: chooses the pictures of the face that it gets by WebRTC.
    """

    def __init__(self, number: int, name: str, outbox: Outbox, surroundings: Surroundings) -> None:
        self.number, self.name, self.outbox = number, name, outbox
        self.look = Look()
        self.barge_in = True
        self.latency = Latency()
        self.picture_rate = PictureRate()
        self.peer: Peer | None = None
        self.sound_track = SoundTrack(surroundings.now_ns)
        self.face_track = PictureTrack(self._picture_sent)
        self.camera_track: PictureTrack | None = None
        self.listener: Listener | None = None
        self.microphone_path = ""
        self.microphone_party = ""
        self.sentences = Rate(per_second=1.0, burst=5.0)
        self._surroundings = surroundings
        self._microphone: Microphone | None = None
        self._sound = Rate(_SOUND_SECONDS, _SOUND_BURST)
        self._player: asyncio.Task[None] | None = None

    @property
    def hears(self) -> tuple[str, ...]:
        """The parties that it hears."""
        return _HEARS[self.look.hear]

    @property
    def microphone_open(self) -> bool:
        return bool(self.microphone_party)

    def show(self, look: Look) -> None:
        """Show and send something else from now on."""
        changed = (look.hear, look.path) != (self.look.hear, self.look.path)
        self.look = look
        if changed:
            around = self._surroundings
            parties = [around.sound_of(party) for party in self.hears]
            self.listener = Listener(parties, around.now_ns()) if parties else None
        by_webrtc = look.path == "webrtc"
        self.sound_track.listener = self.listener if by_webrtc else None
        playing = self.listener is not None and not by_webrtc
        if self._player is not None and (changed or not playing):
            self._player.cancel()
            self._player = None
        if playing and self._player is None:
            self._player = asyncio.ensure_future(self._play())

    def new_tracks(self, camera: bool) -> None:
        """Tracks for a new WebRTC connection."""
        self.picture_rate = PictureRate()
        self.sound_track = SoundTrack(self._surroundings.now_ns)
        self.face_track = PictureTrack(self._picture_sent)
        self.camera_track = PictureTrack() if camera else None
        self.show(self.look)

    def sound_arrived(self, party: str, first: int, now_ns: int) -> None:
        """Sound of a party arrived, from this position on."""
        if self.listener is not None and party in self.hears:
            self.listener.arrived(first, now_ns)

    def put_face(self, picture: TimedPicture) -> None:
        """Send this picture of the face by WebRTC, if the browser can take it in time."""
        if self.picture_rate.takes(picture.stamp_ns):
            self.face_track.put(picture)

    def drop_sound(self) -> None:
        """An utterance was cut off: nothing of it is played any more."""
        if self.listener is not None and "self" in self.hears and self.look.path == "websocket":
            self.outbox.drop_sound()
            stamp_ms = self._surroundings.now_ns() / 1e6
            self.outbox.send_sound(binary(SOUND, b"", stamp_ms, SOUND_RATE, DROP_WAITING))

    def open_microphone(self, path: str, party: str) -> None:
        """Publish what arrives by this path from now on."""
        self.close_microphone()
        self.microphone_path, self.microphone_party = path, party

    def close_microphone(self) -> None:
        """End the stream of the microphone."""
        if self._microphone is not None:
            self._microphone.close()
        self._microphone = None
        self.microphone_path = self.microphone_party = ""

    def take_frame(self, frame: MicrophoneFrame) -> bool:
        """Sound by the WebSocket; returns False when it is too much."""
        samples = np.frombuffer(frame.pcm, "<i2").astype(np.int16, copy=False)
        if not self._sound.allow(samples.size / frame.rate):
            return False
        if self.microphone_path == "websocket":
            self._take(samples, frame.rate, frame.first_sample)
        return True

    def take_sound(self, samples: NDArray[np.int16], rate: int, first_sample: int) -> None:
        """Sound by WebRTC."""
        if self.microphone_path == "webrtc" and self._sound.allow(samples.size / rate):
            self._take(samples, rate, first_sample)

    async def close_peer(self) -> None:
        """End the WebRTC connection."""
        peer, self.peer = self.peer, None
        if peer is not None:
            await peer.close()

    async def close(self) -> None:
        """The page is gone."""
        self.close_microphone()
        if self._player is not None:
            self._player.cancel()
        await self.close_peer()

    def _take(self, samples: NDArray[np.int16], rate: int, first_sample: int) -> None:
        party, around = self.microphone_party, self._surroundings
        if self._microphone is None or self._microphone.rate != rate:
            if self._microphone is not None:
                self._microphone.close()
            self._microphone = Microphone(lambda block: around.publish(party, block), rate)
        microphone = self._microphone
        voice = microphone.add(samples, first_sample, around.now_ns())
        self.latency.add("microphone_buffer", microphone.jitter_ms)
        if voice:
            around.voice(self, party)

    def _picture_sent(self, picture: TimedPicture) -> None:
        now_ns = self._surroundings.now_ns()
        self.latency.add("encoding", (now_ns - picture.arrival_ns) / 1e6)
        if self.listener is not None and "self" in self.hears:
            self.listener.delay.picture_sent(now_ns - picture.stamp_ns, now_ns)

    async def _play(self) -> None:
        """Send what the page hears by the WebSocket."""
        listener = self.listener
        assert listener is not None
        while True:
            while (left := listener.due_ns - self._surroundings.now_ns()) > 0:
                await asyncio.sleep(min(left / SECOND, 0.02))
            stamp_ns, samples = listener.read(self._surroundings.now_ns())
            self.outbox.send_sound(binary(SOUND, samples.astype("<i2").tobytes(), stamp_ns / 1e6, SOUND_RATE))


def result(number: int, code: str = "", text: str = "") -> Json:
    """The answer to a request."""
    return {"type": "result", "id": number, "ok": not code} | ({"code": code, "text": text} if code else {})
