"""The WebRTC connection of one page."""

import asyncio
import ipaddress
import re
import uuid
from collections.abc import Awaitable, Callable, Sequence

import aioice.ice
import av
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket
from aiortc.sdp import candidate_from_sdp
from aiortc.utils import uint16_add
from numpy.typing import NDArray

from dystream_ros.nodes.web.message_fields import Refused
from dystream_ros.nodes.web.protocol import RtcCandidate
from dystream_ros.nodes.web.tracks import PictureTrack, SoundTrack

CODECS = ("auto", "vp8", "h264")
_HALF = 2**15
_ANSWER_SECONDS = 10.0
_MOST_CANDIDATES = 40
# Every 5 s aioice asks the browser, once and for half a second, whether it may still send, and closes after six times
# without an answer. A busy machine answers later than that, while sound and pictures arrive. A browser that is gone
# loses its WebSocket, which closes the connection too.
aioice.ice.CONSENT_FAILURES = 24
# foundation, component, transport, priority, address, port: an IP address, or the name that a browser gives one.
_CANDIDATE = re.compile(r"\w+ \d+ udp \d+ (\S+) (\d+) typ \w+( .*)?", re.IGNORECASE)
_HIDDEN_ADDRESS = re.compile(r"[0-9a-f-]+\.local", re.IGNORECASE)
_BUFFER = "_RTCRtpReceiver__jitter_buffer"  # where a receiver of aiortc keeps its buffer
# Sound per packet of the browser. With 10 ms a sample arrives up to 10 ms earlier, for twice the work (0.08 of a slow
# core), whose jitter delays all sound by more.
_PACKET_MS = 20

# Takes samples (n,), their rate, and the index of the first one.
TakeSound = Callable[[NDArray[np.int16], int, int], None]


class PromptBuffer(JitterBuffer):
    """Passes each packet of sound on as it arrives, and drops those that a newer one has overtaken.

    The buffer of aiortc holds four packets back. Here the stamps of the sound bridge its jitter (`stamping`), and the
    head decides how long it waits.
    """

    def __init__(self) -> None:
        super().__init__(capacity=1)
        self._last: int | None = None

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """The frame of this packet, unless a newer one has been passed on."""
        number = packet.sequence_number
        if self._last is not None and not 0 < uint16_add(number, -self._last) < _HALF:
            return False, None
        self._last = number
        # Opus has no header of its own in a packet.
        return False, JitterFrame(data=packet.payload, timestamp=packet.timestamp)


class Peer:
    """Sends the tracks of a page and receives its microphone.

    Args:
        sound, face, camera: tracks that it sends; `camera` is None where there is none.
        take_sound: called with what the microphone of the page sends.
        state_changed: called with "connecting", "connected", "failed" or "closed".
        ice_servers: for connections across networks.
        codec: one of `CODECS`.
    """

    def __init__(
        self,
        sound: SoundTrack,
        face: PictureTrack,
        camera: PictureTrack | None,
        take_sound: TakeSound,
        state_changed: Callable[[str], Awaitable[None]],
        ice_servers: Sequence[RTCIceServer],
        codec: str,
    ) -> None:
        self._tracks: list[MediaStreamTrack] = [sound, face, *([camera] if camera is not None else [])]
        self._take_sound = take_sound
        self._codec = codec
        # Without a list aiortc would ask a server of another company for the address of this machine.
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=list(ice_servers)))
        self._reader: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()
        self._candidates = 0

        @self._connection.on("connectionstatechange")
        async def changed() -> None:
            await state_changed(self._connection.connectionState)

        @self._connection.on("track")
        def received(track: MediaStreamTrack) -> None:
            if track.kind == "audio" and self._reader is None:
                self._reader = asyncio.ensure_future(self._read(track))

    async def answer(self, offer: str) -> str:
        """The answer to an offer, with all candidates of this machine.

        Raises:
            Refused: `bad_message`: it is no offer of the media in docs/web_protocol.md.
        """
        kinds = re.findall(r"^m=(\w+) ", offer, re.MULTILINE)
        wanted = [track.kind for track in self._tracks]
        if kinds != wanted:
            raise Refused("bad_message", f"the offer has the media {kinds}; accepted are {wanted}, in this order")
        offer = _with_known_addresses(offer)
        connection = self._connection
        for track in self._tracks:
            connection.addTrack(track)
        self._choose_codec()
        try:
            await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            _use_prompt_buffer(connection)
            await connection.setLocalDescription(await connection.createAnswer())
        except (ValueError, AssertionError, KeyError, IndexError, AttributeError, TypeError) as error:
            # What the parser of aiortc raises for a text that is no session description.
            raise Refused("bad_message", f"the offer cannot be used: {type(error).__name__}: {error}") from error
        except Exception as error:
            raise Refused("unavailable", f"WebRTC failed: {type(error).__name__}: {error}; use the fallback") from error
        self._answered.set()
        return _adapted(connection.localDescription.sdp)

    async def add_candidate(self, message: RtcCandidate) -> None:
        """Add an address of the page; one that is no UDP address is left out, as browsers also send those of TCP.

        Raises:
            Refused: `too_many`; `unavailable`: the offer was not answered.
        """
        if not message.candidate:
            return
        # Addresses come while the offer is still being answered.
        try:
            await asyncio.wait_for(self._answered.wait(), _ANSWER_SECONDS)
        except asyncio.TimeoutError as late:
            text = f"the offer was not answered within {_ANSWER_SECONDS:g} s: send another rtc_offer"
            raise Refused("unavailable", text) from late
        text = message.candidate.removeprefix("candidate:")
        self._candidates += 1
        if self._candidates > _MOST_CANDIDATES:
            raise Refused("too_many", f"more than {_MOST_CANDIDATES} candidates: close the connection and begin again")
        if not is_address_candidate(text):
            return
        candidate = candidate_from_sdp(text)
        candidate.sdpMid, candidate.sdpMLineIndex = message.mid, message.index
        await self._connection.addIceCandidate(candidate)

    async def close(self) -> None:
        """End the connection and its tracks."""
        if self._reader is not None:
            self._reader.cancel()
        for track in self._tracks:
            track.stop()
        await self._connection.close()

    def _choose_codec(self) -> None:
        if self._codec == "auto":
            return
        name = f"video/{self._codec}".lower()
        known = [each for each in RTCRtpSender.getCapabilities("video").codecs if each.mimeType.lower() == name]
        for transceiver in self._connection.getTransceivers():
            if transceiver.kind == "video":
                transceiver.setCodecPreferences(known)

    async def _read(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                if not isinstance(frame, av.AudioFrame) or frame.pts is None:
                    continue
                samples = frame.to_ndarray().reshape(-1, len(frame.layout.channels))
                mono = samples[:, 0] if samples.shape[1] == 1 else samples.astype(np.int32).mean(axis=1)
                self._take_sound(mono.astype(np.int16), frame.sample_rate, frame.pts)
        except (MediaStreamError, asyncio.CancelledError):
            return


def _use_prompt_buffer(connection: RTCPeerConnection) -> None:
    """aiortc has no setting for its buffer of sound; test_peer.py checks that its place has not changed."""
    for receiver in connection.getReceivers():
        if receiver.track is not None and receiver.track.kind == "audio":
            vars(receiver)[_BUFFER] = PromptBuffer()


def is_address_candidate(text: str) -> bool:
    """Whether a candidate is a UDP address: a name would be looked up, TCP is not used."""
    found = _CANDIDATE.fullmatch(text)
    if found is None or not 0 < int(found[2]) < 65536:
        return False
    try:
        return _HIDDEN_ADDRESS.fullmatch(found[1]) is not None or bool(ipaddress.ip_address(found[1]))
    except ValueError:
        return False


def _with_known_addresses(offer: str) -> str:
    """The offer without candidates that are no addresses."""
    mark = "a=candidate:"
    lines = offer.splitlines()
    kept = [line for line in lines if not line.startswith(mark) or is_address_candidate(line.removeprefix(mark))]
    return "\r\n".join([*kept, ""])


def _adapted(answer: str) -> str:
    """The answer with short packets of sound, and the camera in a stream of its own, not in step with the face."""
    session, *media = re.split(r"^(?=m=)", answer, flags=re.MULTILINE)
    media[0] = media[0].rstrip("\r\n") + f"\r\na=ptime:{_PACKET_MS}\r\n"
    if len(media) > 2:
        media[2] = re.sub(r"(?<=a=msid:)\S+", str(uuid.uuid4()), media[2])
    return session + "".join(media)


def ice_servers(text: str) -> list[RTCIceServer]:
    """The servers of the parameter `ice_servers`: "stun:host:port; turn:host:port user password".

    Raises:
        ValueError: an entry is neither an address, nor an address with a name and a password.
    """
    servers = []
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        urls, *credentials = entry.split()
        if not urls.startswith(("stun:", "turn:", "turns:")) or len(credentials) not in (0, 2):
            raise ValueError(
                f"ice_servers: '{entry}'; accepted are 'stun:host:port' and 'turn:host:port user password', "
                "with ; between"
            )
        servers.append(RTCIceServer(urls, *credentials))
    return servers
