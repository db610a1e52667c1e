"""What all pages share: seats, sound, pictures, the state of the head. Used in the thread of the event loop."""

import asyncio
import itertools
import time
from collections.abc import Iterable

from rcl_interfaces.msg import ParameterEvent

from dystream_ros.audio.block import AudioBlock
from dystream_ros.nodes.web.arrivals import Arrivals
from dystream_ros.nodes.web.connected_page import Page
from dystream_ros.nodes.web.head_watch import HeadWatch
from dystream_ros.nodes.web.message_fields import Refused
from dystream_ros.nodes.web.pages import Pages
from dystream_ros.nodes.web.protocol import RESTS, Json
from dystream_ros.nodes.web.recordings import Recordings
from dystream_ros.nodes.web.robot import Robot
from dystream_ros.nodes.web.seating import Seating
from dystream_ros.nodes.web.sound import PartySound
from dystream_ros.nodes.web.topics import PARTIES, Demand

_BARGE_IN_PAUSE = 1.0  # s between two interruptions by one voice


class Hub:
    """The pages of a server and what they share.

    Args:
        robot: the ROS side.
        recordings: of this server; its `changed` calls `recordings_changed`.

    Attributes:
        pages: those that are connected.
        seating: who may do what.
        arrivals: takes what arrives from ROS.
        watch: the state of the head.
        rest: as last asked through this server.
    """

    def __init__(self, robot: Robot, recordings: Recordings) -> None:
        self.robot, self.recordings = robot, recordings
        self.pages = Pages()
        self.rest = dict.fromkeys(RESTS, False)
        self.seating = Seating(self.pages, robot)
        self.watch = HeadWatch()
        self.arrivals = Arrivals(self.pages, self.watch, robot, self.tell_status)
        self._parameters_pending = False
        self._interrupted_at = -1e9
        self._tasks: set[asyncio.Task[None]] = set()

    # What a page needs

    def now_ns(self) -> int:
        return self.robot.now_ns()

    def sound_of(self, party: str) -> PartySound:
        return self.arrivals.sounds[party]

    def publish(self, party: str, block: AudioBlock) -> None:
        self.robot.publish(party, block)

    def voice(self, page: Page, party: str) -> None:
        """The visitor speaks: speech of the face stops, if the page wants that."""
        now = time.monotonic()
        wanted = party == "other" and page.barge_in and self.arrivals.speaking
        if not wanted or now - self._interrupted_at < _BARGE_IN_PAUSE:
            return
        self._interrupted_at = now
        self.arrivals.tell_speech("barge_in")
        self.background(self.interrupt())

    # Pages

    def join(self, page: Page) -> None:
        """A page has connected."""
        self.pages.add(page)
        self.demand_changed()
        self.seating.joined(page)

    def leave(self, page: Page, for_good: bool) -> None:
        """A page has left, or lost its connection: then it keeps its seats for a while."""
        if self.pages.remove(page):
            self.seating.left(page.number, for_good)
        self.demand_changed()

    def demand_changed(self) -> None:
        """Subscribe to what the pages need now."""
        pages = list(self.pages)
        measuring = any(page.look.levels for page in pages)
        hears = {party for page in pages for party in page.hears}
        shows = {page.look.path for page in pages if page.look.face}
        self.robot.need(
            Demand(
                pages=bool(pages),
                video="webrtc" in shows,
                jpeg="websocket" in shows,
                sound=frozenset(PARTIES if measuring else hears),
                camera=any(page.look.camera for page in pages),
                motion=measuring or bool(shows),
            )
        )

    def background(self, work: "asyncio.Future[None] | object") -> None:
        """Let a coroutine run; what is refused in it is told to everyone, another exception is reported."""

        async def guarded() -> None:
            try:
                await work  # type: ignore[misc]
            except Refused as refused:
                self.pages.tell({"type": "error", "code": refused.code, "text": refused.text})
            except Exception as error:
                self.robot.failed(error)

        task = asyncio.ensure_future(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Requests of pages that concern all

    async def interrupt(self) -> None:
        """Stop the speech of say and of the head, at once and both."""
        results = await asyncio.gather(
            self.robot.client.trigger("interrupt"), self.robot.client.trigger("say"), return_exceptions=True
        )
        refused = [each for each in results if isinstance(each, BaseException)]
        # One of the two may be missing: the other one has stopped.
        if len(refused) == 2:
            raise refused[0]

    async def head_state(self) -> str:
        """The state of the head, asked for now."""
        state = await self.robot.client.state()
        if self.watch.set_lifecycle(state):
            self.tell_status()
        return state

    async def tell_parameters(self, to: Iterable[Page] | None = None) -> None:
        """Send the parameters of the head."""
        parameters = [each.json() for each in await self.robot.client.parameters()]
        self.pages.tell({"type": "parameters", "parameters": parameters}, to)

    def recordings_changed(self) -> None:
        """Send the recordings to whoever may have them."""
        holder = self.pages.get(self.seating.seats.holder("control"))
        if holder is not None:
            holder.outbox.send({"type": "recordings", "recordings": self.recordings.kept()})
        self.tell_status()

    def parameters_changed(self, message: ParameterEvent) -> None:
        """Parameters of some node have changed; those of the head are sent to everyone."""
        if message.node == self.robot.client.head and self.pages and not self._parameters_pending:
            self._parameters_pending = True
            self.background(self._tell_changed_parameters())

    # Regular messages

    async def run(self) -> None:
        """Send levels, status and the rest at their times, until cancelled; an exception is reported."""
        for tick in itertools.count(1):
            await asyncio.sleep(0.1)
            try:
                self._tick(tick)
            except Exception as error:  # one message that cannot be sent must not be the last one
                self.robot.failed(error)

    def _tick(self, tick: int) -> None:
        """What is due every tenth of a second; seats and the head come first, as they depend on no message."""
        self.seating.seats.expire()
        if tick % 10 == 0 and self.pages:
            self.background(self._every_second())
        watching = [page for page in self.pages if page.look.levels]
        if watching:
            self.pages.tell(self.watch.levels(), watching)
            motion = self.watch.motion()
            if motion is not None and tick % 2 == 0:
                self.pages.tell(motion, watching)

    async def _every_second(self) -> None:
        await self.head_state()
        now = time.monotonic()
        control = self.seating.seats.holder("control")
        for page in self.pages:
            if page.look.levels or page.number == control:
                page.outbox.send(self.watch.faults.json(now))
                page.outbox.send(page.latency.json(self.watch.latency))

    def tell_status(self) -> None:
        """Send the state of head and server to everyone."""
        shared = self.watch.status() | {
            "say": self.robot.say_ready(),
            "recording": self.recordings.running(),
            "rest": dict(self.rest),
        }
        for page in self.pages:
            page.outbox.send(shared | {"pages": [self._page_json(each, page) for each in self.pages]})

    def _page_json(self, page: Page, viewer: Page) -> Json:
        return {
            "page": page.number,
            "name": page.name,
            "you": page is viewer,
            "path": page.look.path,
            "seats": self.seating.seats.of(page.number),
            "microphone": page.microphone_open,
        }

    async def _tell_changed_parameters(self) -> None:
        await asyncio.sleep(0.1)  # several that are set at once
        self._parameters_pending = False
        await self.tell_parameters()
