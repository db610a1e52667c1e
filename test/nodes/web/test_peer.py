"""A WebRTC connection to a peer of aiortc: sound and pictures arrive, the microphone is taken at once."""

import asyncio
import time

import aioice.ice
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from aiortc.rtp import RtpPacket
from av import AudioFrame
from patience import PATIENCE

from dystream_ros.audio.block import AudioBlock
from dystream_ros.nodes.web import peer as peer_module
from dystream_ros.nodes.web import pictures, tracks
from dystream_ros.nodes.web.message_fields import Refused
from dystream_ros.nodes.web.peer import Peer, PromptBuffer, ice_servers, is_address_candidate
from dystream_ros.nodes.web.protocol import RtcCandidate
from dystream_ros.nodes.web.sound import SECOND, Listener, PartySound
from dystream_ros.nodes.web.tracks import PictureTrack, SoundTrack


class Tone(MediaStreamTrack):
    """A microphone: 440 Hz."""

    kind = "audio"
    _count = 0

    async def recv(self):
        await asyncio.sleep(0.02)
        at = self._count + np.arange(960)
        self._count += 960
        samples = (8000 * np.sin(2 * np.pi * 440 * at / 48_000)).astype(np.int16)
        frame = AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48_000, int(at[0])
        return frame


def face(stamp_ns):
    picture = np.full((480, 480, 3), 90, np.uint8)
    return pictures.timed_picture(picture, stamp_ns, stamp_ns, mark=True)


async def converse(codec):
    """What a browser and a server have of each other after a second."""
    heard, sent, party = [], [], PartySound()
    sound, track = SoundTrack(time.time_ns), PictureTrack(sent.append)
    sound.listener = Listener([party], time.time_ns(), 50_000_000)
    connected = asyncio.Event()

    async def state(name):
        if name == "connected":
            connected.set()

    peer = Peer(sound, track, None, lambda *chunk: heard.append(chunk), state, [], codec)
    browser = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    browser.addTransceiver(Tone(), "sendrecv")
    browser.addTransceiver("video", "recvonly")
    shown, listened = [], []

    async def collect(remote):
        while True:
            frame = await remote.recv()
            (shown if remote.kind == "video" else listened).append(frame.to_ndarray(**_FORMATS[remote.kind]))

    tasks = []
    browser.on("track", lambda remote: tasks.append(asyncio.ensure_future(collect(remote))))
    await browser.setLocalDescription(await browser.createOffer())
    answer = await peer.answer(browser.localDescription.sdp)
    await browser.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await asyncio.wait_for(connected.wait(), PATIENCE)
    first, end = time.time_ns(), time.monotonic() + PATIENCE
    loud = np.full(1920, 12_000, np.int16)
    loud[::2] = -12_000
    while time.monotonic() < end and not (
        len(shown) > 3 and len(heard) > 20 and listened and np.abs(listened[-1]).max() > 3000
    ):
        now = time.time_ns()
        track.put(face(now))
        party.add(AudioBlock(1, 0, 48_000, 1, now, np.repeat(loud[::24], 24)[:1920]), now)
        await asyncio.sleep(0.04)
    for task in tasks:
        task.cancel()
    await peer.close()
    await browser.close()
    return answer, heard, sent, shown, listened, first


_FORMATS = {"video": {"format": "bgr24"}, "audio": {}}


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_a_browser_sees_and_hears_the_face_and_is_heard(codec):
    answer, heard, sent, shown, listened, first = asyncio.run(converse(codec))
    marks = [pictures.mark_of(picture) for picture in shown]
    frame = 40_000_000
    assert all(first // frame <= mark + (first // frame >> 24 << 24) <= time.time_ns() // frame for mark in marks)
    assert marks == sorted(marks)
    assert sent
    assert np.abs(np.concatenate(listened, axis=1)).max() > 3000
    samples = np.concatenate([samples for samples, _, _ in heard[5:]])
    assert {rate for _, rate, _ in heard} == {48_000}
    assert np.diff([position for _, _, position in heard]).tolist() == [960] * (len(heard) - 1)
    assert 5000 < np.abs(samples).max() < 9000
    assert "a=ptime:20" in answer
    assert "stun" not in answer
    assert f"{codec.upper()}/90000" in answer


@pytest.mark.parametrize(("busy", "longest"), [(0.6, 30.0), (1.5, 0.7)])
def test_sound_begins_when_the_server_is_calm_or_after_a_while(monkeypatch, busy, longest):
    monkeypatch.setattr(tracks, "_CALM_LOOKS", 5)
    monkeypatch.setattr(tracks, "_LONGEST_CALM", longest)

    async def first_sound():
        track, begun = SoundTrack(time.time_ns), time.monotonic()
        sound = asyncio.ensure_future(track.recv())
        while not sound.done() and time.monotonic() - begun < busy:
            time.sleep(0.05)
            await asyncio.sleep(0)
        frame = await sound
        assert frame.pts == 0
        return time.monotonic() - begun

    assert asyncio.run(first_sound()) >= min(busy, longest)


def test_nothing_that_is_said_waits_for_a_calm_server(monkeypatch):
    monkeypatch.setattr(tracks, "_CALM_LOOKS", 10**9)
    monkeypatch.setattr(tracks, "_LONGEST_CALM", 10**9)

    async def first_sound():
        sound, track = PartySound(), SoundTrack(time.time_ns)
        now = time.time_ns()
        track.listener = Listener([sound], now, 50_000_000)
        spoken = np.full(24_000, 5000, np.int16)
        sound.add(AudioBlock(1, 0, 48_000, 1, now + 300_000_000, spoken), now)
        return (await track.recv()).to_ndarray()

    assert np.abs(asyncio.run(first_sound())).max() > 3000


def test_a_connection_that_ends_before_its_sound_begins_waits_for_nothing(monkeypatch):
    monkeypatch.setattr(tracks, "_CALM_LOOKS", 10**9)

    async def ended():
        track = SoundTrack(time.time_ns)
        sound = asyncio.ensure_future(track.recv())
        await asyncio.sleep(0)
        track.stop()
        with pytest.raises(MediaStreamError):
            await sound

    asyncio.run(ended())


def test_the_buffer_of_aiortc_is_where_it_is_replaced():
    assert "_RTCRtpReceiver__jitter_buffer" in vars(RTCRtpReceiver("audio", _Open()))


class _Open:
    state = "new"


def test_sound_is_passed_on_as_it_arrives_and_never_backwards():
    buffer, passed = PromptBuffer(), []
    for number in (65_534, 65_535, 1, 0, 1, 2):
        packet = RtpPacket(sequence_number=number, timestamp=number)
        packet.payload = b"x"
        _, frame = buffer.add(packet)
        passed += [frame.timestamp] if frame is not None else []
    assert passed == [65_534, 65_535, 1, 2]


@pytest.mark.parametrize(
    "offer", ["", "hello", "v=0\r\nm=video 9 a b\r\n", "v=0\r\nm=audio 9 x\r\nm=video 9 x\r\n" * 3]
)
def test_an_offer_of_other_media_is_refused(offer):
    async def answer():
        peer = Peer(SoundTrack(time.time_ns), PictureTrack(), None, lambda *_: None, _ignore, [], "auto")
        try:
            await peer.answer(offer)
        finally:
            await peer.close()

    with pytest.raises(Refused):
        asyncio.run(answer())


async def _ignore(_):
    pass


def test_a_candidate_of_an_offer_that_is_not_answered_is_refused(monkeypatch):
    monkeypatch.setattr(peer_module, "_ANSWER_SECONDS", 0.01)

    async def add():
        peer = Peer(SoundTrack(time.time_ns), PictureTrack(), None, lambda *_: None, _ignore, [], "auto")
        try:
            await peer.add_candidate(RtcCandidate("candidate:1 1 udp 1 192.0.2.7 5000 typ host", "0", 0))
        finally:
            await peer.close()

    with pytest.raises(Refused, match="not answered within"):
        asyncio.run(add())


def test_a_candidate_is_an_address_and_no_name_that_would_be_looked_up():
    for address in ("192.0.2.7", "2001:db8::1", "0a1b2c3d-1111-2222-3333-444455556666.local"):
        assert is_address_candidate(f"1 1 udp 2113937151 {address} 5000 typ host generation 0")
    for address in ("evil.example", "localhost", "x.local.evil.example", "/etc/passwd"):
        assert not is_address_candidate(f"1 1 udp 2113937151 {address} 5000 typ host")
    assert not is_address_candidate("1 1 tcp 2113937151 192.0.2.7 9 typ host tcptype active")
    assert not is_address_candidate("1 1 udp 2113937151 192.0.2.7 99999 typ host")
    assert not is_address_candidate("")


def test_servers_for_other_networks_are_read_or_refused():
    assert ice_servers("") == []
    stun, turn = ice_servers("stun:one:3478; turn:two:3478 user password")
    assert (stun.urls, stun.username, turn.credential) == ("stun:one:3478", None, "password")
    with pytest.raises(ValueError, match="http://one"):
        ice_servers("http://one")


def test_a_picture_of_an_earlier_time_is_left_out_but_a_clock_may_be_set_back():
    async def sent():
        track, stamps = PictureTrack(), []
        for at in (100, 140, 120, 140, 180, 180 - 3600 * 25):
            track.put(face(at * SECOND // 1000 + 7200 * SECOND))
            try:
                stamps.append((await asyncio.wait_for(track.recv(), 0.05)).pts)
            except asyncio.TimeoutError:
                stamps.append(None)
        return stamps

    assert asyncio.run(sent()) == [0, 3600, None, None, 7200, 10_800]


def test_the_mark_of_a_picture_is_read_back():
    picture = np.full((64, 512, 3), 128, np.uint8)
    assert pictures.mark_of(picture) is None
    for number in (0, 1, 2**24 - 1, 0xABCDEF):
        pictures.draw_mark(picture, number * 40_000_000 + 123)
        assert pictures.mark_of(picture) == number
    assert pictures.mark_of(picture[:, :100]) is None


def test_a_busy_browser_that_answers_late_keeps_its_connection_for_minutes():
    # The number counts in aioice as it is installed; its checks are 4 to 6 s apart.
    assert "CONSENT_FAILURES" in aioice.ice.Connection.query_consent.__code__.co_names
    assert 4 * aioice.ice.CONSENT_FAILURES > 90
