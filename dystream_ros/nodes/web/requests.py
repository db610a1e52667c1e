"""What a page asks for, one method each. Used in the thread of the event loop."""

import functools
from collections.abc import Sequence

from aiortc import RTCIceServer

from dystream_ros.nodes.web import protocol
from dystream_ros.nodes.web.connected_page import Page
from dystream_ros.nodes.web.hub import Hub
from dystream_ros.nodes.web.message_fields import Refused
from dystream_ros.nodes.web.peer import Peer
from dystream_ros.nodes.web.protocol import Message

_PARTIES = {"visitor": "other", "telepresence": "self"}


class Requests:
    """Fulfils the messages of pages.

    Args:
        hub: what the pages share.
        webrtc_pages: largest number of pages with WebRTC.
        ice_servers: for their connections.
        codec: of WebRTC video.
    """

    def __init__(self, hub: Hub, webrtc_pages: int, ice_servers: Sequence[RTCIceServer], codec: str) -> None:
        self._hub = hub
        self._webrtc_pages, self._ice_servers, self._codec = webrtc_pages, ice_servers, codec

    async def fulfil(self, page: Page, message: Message) -> None:
        """Do what a page asks for.

        Raises:
            Refused: with the reason.
        """
        await self._fulfil(message, page)

    @functools.singledispatchmethod
    async def _fulfil(self, message: Message, page: Page) -> None:
        raise Refused("bad_message", f"'{type(message).__name__}' is not expected now")

    @_fulfil.register
    async def _ping(self, message: protocol.Ping, page: Page) -> None:
        page.outbox.send({"type": "pong", "sent": message.sent, "server_ms": self._hub.now_ns() / 1e6})

    @_fulfil.register
    async def _look(self, message: protocol.Look, page: Page) -> None:
        if message.camera and not self._hub.robot.camera:
            raise Refused("unavailable", "no camera is named: start the node web with camera:=<image topic>")
        page.show(message)
        self._hub.demand_changed()

    @_fulfil.register
    async def _latency(self, message: protocol.PageLatency, page: Page) -> None:
        for part, value in vars(message).items():
            if value is not None:
                page.latency.add(part, value)
        if message.playout is not None:
            page.picture_rate.report(message.playout)

    # Seats

    @_fulfil.register
    async def _take_seat(self, message: protocol.TakeSeat, page: Page) -> None:
        await self._hub.seating.take(page, message.seat, message.ask)
        if message.seat == "telepresence":
            await self._warn_of_queued_mode(page)

    @_fulfil.register
    async def _release_seat(self, message: protocol.ReleaseSeat, page: Page) -> None:
        self._hub.seating.seats.release(page.number, message.seat)

    @_fulfil.register
    async def _answer_seat(self, message: protocol.AnswerSeat, page: Page) -> None:
        self._hub.seating.seats.answer(page.number, message.request, message.give)

    # Media

    @_fulfil.register
    async def _rtc_offer(self, message: protocol.RtcOffer, page: Page) -> None:
        others = sum(each.peer is not None for each in self._hub.pages if each is not page)
        if others >= self._webrtc_pages:
            raise Refused("too_many", f"{self._webrtc_pages} pages have WebRTC, which is the limit: use the fallback")
        former = page.peer
        page.new_tracks(self._hub.robot.camera)

        async def state_changed(state: str) -> None:
            page.outbox.send({"type": "rtc_state", "state": state})
            if state in ("failed", "closed") and page.peer is peer:
                page.peer = None
                await peer.close()

        peer = page.peer = Peer(
            page.sound_track,
            page.face_track,
            page.camera_track,
            page.take_sound,
            state_changed,
            self._ice_servers,
            self._codec,
        )
        if former is not None:
            await former.close()
        try:
            sdp = await peer.answer(message.sdp)
        except Refused:
            await page.close_peer()
            raise
        page.outbox.send({"type": "rtc_answer", "sdp": sdp})

    @_fulfil.register
    async def _rtc_candidate(self, message: protocol.RtcCandidate, page: Page) -> None:
        if page.peer is None:
            raise Refused("unavailable", "there is no WebRTC connection: send rtc_offer first")
        await page.peer.add_candidate(message)

    @_fulfil.register
    async def _rtc_close(self, message: protocol.RtcClose, page: Page) -> None:
        await page.close_peer()

    @_fulfil.register
    async def _open_microphone(self, message: protocol.OpenMicrophone, page: Page) -> None:
        seats = [seat for seat in self._hub.seating.seats.of(page.number) if seat in _PARTIES]
        if not seats:
            raise Refused("seat_needed", "to speak take the seat 'visitor' or 'telepresence' first")
        party = _PARTIES[seats[0]]
        self._hub.robot.open_publisher(party)
        page.open_microphone(message.path, party)
        self._tell_microphone(page, f"{party}/audio")

    @_fulfil.register
    async def _close_microphone(self, message: protocol.CloseMicrophone, page: Page) -> None:
        page.close_microphone()
        self._tell_microphone(page, "")

    @_fulfil.register
    async def _barge_in(self, message: protocol.BargeIn, page: Page) -> None:
        page.barge_in = message.enabled

    # Speech

    @_fulfil.register
    async def _say(self, message: protocol.Say, page: Page) -> None:
        self._need_any_seat(page, "to let the face speak")
        if not page.sentences.allow():
            raise Refused("too_many", "five sentences at once and one per second are accepted: wait a second")
        if not self._hub.robot.say_ready():
            raise Refused("unavailable", "there is no node that says texts: start the node say")
        self._hub.robot.say(message.text)
        event = {"type": "speech", "event": "queued", "text": message.text, "position": 0.0}
        self._hub.pages.tell(event | {"server_ms": self._hub.now_ns() / 1e6})

    @_fulfil.register
    async def _interrupt(self, message: protocol.Interrupt, page: Page) -> None:
        self._need_any_seat(page, "to interrupt the face")
        await self._hub.interrupt()

    # The head

    @_fulfil.register
    async def _get_parameters(self, message: protocol.GetParameters, page: Page) -> None:
        await self._hub.tell_parameters([page])

    @_fulfil.register
    async def _set_parameter(self, message: protocol.SetParameter, page: Page) -> None:
        self._need_control(page, "to change a parameter")
        known = {each.name: each for each in await self._hub.robot.client.parameters()}
        if message.name not in known:
            raise Refused(
                "refused",
                f"the head has no parameter '{message.name}' that a page may change; there are: {', '.join(known)}",
            )
        await self._hub.robot.client.set_parameter(message.name, known[message.name].checked(message.value))

    @_fulfil.register
    async def _command(self, message: protocol.Command, page: Page) -> None:
        self._need_control(page, f"for the command '{message.name}'")
        client = self._hub.robot.client
        if message.name == "interrupt":
            await self._hub.interrupt()
        elif message.name == "reset":
            await client.trigger("reset")
        elif message.name in protocol.RESTS:
            await client.rest(message.name, message.on)
            self._hub.rest[message.name] = message.on
        else:
            await client.transition(message.name)
            await self._hub.head_state()
        self._hub.tell_status()

    # Recordings

    @_fulfil.register
    async def _start_recording(self, message: protocol.StartRecording, page: Page) -> None:
        self._need_control(page, "to record")
        await self._hub.recordings.start()

    @_fulfil.register
    async def _stop_recording(self, message: protocol.StopRecording, page: Page) -> None:
        self._need_control(page, "to end a recording")
        await self._hub.recordings.stop()

    @_fulfil.register
    async def _list_recordings(self, message: protocol.ListRecordings, page: Page) -> None:
        self._need_control(page, "to see the recordings")
        page.outbox.send({"type": "recordings", "recordings": self._hub.recordings.kept()})

    @_fulfil.register
    async def _delete_recording(self, message: protocol.DeleteRecording, page: Page) -> None:
        self._need_control(page, "to delete a recording")
        self._hub.recordings.delete(message.recording)

    @_fulfil.register
    async def _download(self, message: protocol.Download, page: Page) -> None:
        self._need_control(page, "to download a recording")
        ticket, name = self._hub.recordings.ticket(message.recording, message.file)
        page.outbox.send({"type": "download", "url": f"/download/{ticket}", "name": name})

    async def _warn_of_queued_mode(self, page: Page) -> None:
        try:
            mode = await self._hub.robot.client.parameter("self_mode")
        except Refused as refused:
            page.outbox.send({"type": "notice", "code": "no_head", "text": refused.text})
            return
        if mode == "queued":
            text = (
                "The head waits for synthetic speech (self_mode: queued), which delays a live voice. For telepresence "
                "set self_mode to live, then deactivate, cleanup, configure and activate the head."
            )
            page.outbox.send({"type": "notice", "code": "self_mode_queued", "text": text})

    def _tell_microphone(self, page: Page, topic: str) -> None:
        page.outbox.send({"type": "microphone", "open": page.microphone_open, "topic": topic, "reason": ""})
        self._hub.tell_status()

    def _need_any_seat(self, page: Page, what: str) -> None:
        if not self._hub.seating.seats.of(page.number):
            raise Refused("seat_needed", f"{what} take the seat 'visitor', 'telepresence' or 'control' first")

    def _need_control(self, page: Page, what: str) -> None:
        if self._hub.seating.seats.holder("control") != page.number:
            raise Refused("seat_needed", f"{what} take the seat 'control' first")
