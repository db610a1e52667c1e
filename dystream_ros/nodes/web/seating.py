"""Seats of the connected pages: hand-over, and the seats of a page that has lost its connection."""

import asyncio
import time
from dataclasses import dataclass, field

from dystream_ros.nodes.web.connected_page import Page
from dystream_ros.nodes.web.message_fields import Refused
from dystream_ros.nodes.web.pages import Pages
from dystream_ros.nodes.web.protocol import SEATS
from dystream_ros.nodes.web.robot import Robot
from dystream_ros.nodes.web.seats import ANSWER_SECONDS, Request, Seats

RETURN_SECONDS = 10.0  # within which a page that lost its connection has its seats again
_MICROPHONE_SEATS = {"visitor": "other", "telepresence": "self"}


@dataclass(frozen=True)
class _Absence:
    """A page that may come back.

    Attributes:
        over: set when it has come back, or has lost its seats.
        timer: takes its seats.
    """

    timer: asyncio.TimerHandle
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Seating:
    """Gives seats to pages. Used in the thread of the event loop.

    Args:
        pages: those that are connected.
        robot: whose microphone topics belong to seats.

    Attributes:
        seats: who may do what.
    """

    def __init__(self, pages: Pages, robot: Robot) -> None:
        self.seats = Seats(time.monotonic, self._lost, self._answered)
        self._pages, self._robot = pages, robot
        self._asked: dict[int, asyncio.Future[bool]] = {}
        self._absences: dict[int, _Absence] = {}

    def joined(self, page: Page) -> None:
        """A page has connected, for the first time or again."""
        absence = self._absences.pop(page.number, None)
        if absence is not None:
            absence.timer.cancel()
            absence.over.set()
        self.tell()

    def left(self, number: int, for_good: bool) -> None:
        """A page has left, or lost its connection: then it keeps its seats for `RETURN_SECONDS`."""
        if for_good:
            self._give_up(number)
            return
        timer = asyncio.get_running_loop().call_later(RETURN_SECONDS, self._give_up, number)
        self._absences[number] = _Absence(timer)

    def tell(self) -> None:
        """Send everyone who has which seat."""
        for page in self._pages:
            seats = {}
            for seat in SEATS:
                holder = self.seats.holder(seat)
                entry = {"page": holder, "name": self._pages.name_of(holder), "you": holder == page.number}
                seats[seat] = entry if holder is not None else None
            page.outbox.send({"type": "seats", "seats": seats})

    async def take(self, page: Page, seat: str, ask: bool) -> None:
        """Give a page a seat.

        A seat whose holder has lost its connection is waited for, unless `ask`: the holder comes back, or loses the
        seat after `RETURN_SECONDS`. A page that is gone without a word thus blocks nobody.

        Raises:
            Refused: it is taken, or its holder keeps it.
        """
        absence = self._absences.get(self.seats.holder(seat) or 0)
        if absence is not None and not ask:
            await self._wait(page, seat, absence)
        request = self.seats.take(page.number, seat, ask)
        if request is None:
            self.tell()
            return
        future = self._asked[request.number] = asyncio.get_running_loop().create_future()
        holder = self._pages.get(request.holder)
        if holder is None:  # it has lost its connection
            self.seats.answer(request.holder, request.number, give=True)
        else:
            entry = {"type": "seat_request", "request": request.number, "seat": seat, "name": page.name}
            holder.outbox.send(entry | {"seconds": ANSWER_SECONDS})
        if not await future:
            name = self._pages.name_of(request.holder) or "the holder"
            raise Refused("seat_refused", f"{name} keeps the seat '{seat}'")

    async def _wait(self, page: Page, seat: str, absence: _Absence) -> None:
        seconds = max(1, round(absence.timer.when() - asyncio.get_running_loop().time()))
        holder = self._pages.name_of(self.seats.holder(seat)) or "the holder"
        text = (
            f"'{holder}' has the seat '{seat}' and lost its connection. You get the seat in {seconds} s, unless it "
            "comes back."
        )
        page.outbox.send({"type": "notice", "code": "seat_waits", "text": text})
        await absence.over.wait()

    def _give_up(self, number: int) -> None:
        self.seats.leave(number)
        self._pages.forget(number)
        absence = self._absences.pop(number, None)
        if absence is not None:
            absence.over.set()
        self.tell()

    def _lost(self, seat: str, former: int, new: int | None) -> None:
        party = _MICROPHONE_SEATS.get(seat)
        page = self._pages.get(former)
        if page is not None:
            if party is not None and page.microphone_party == party:
                page.close_microphone()
                topic = f"{party}/audio"
                reason = f"the seat '{seat}' was given up"
                page.outbox.send({"type": "microphone", "open": False, "topic": topic, "reason": reason})
            if new is not None:
                page.outbox.send({"type": "seat_lost", "seat": seat, "name": self._pages.name_of(new)})
        if party is not None and new is None:
            self._robot.close_publisher(party)
        self.tell()

    def _answered(self, request: Request, given: bool) -> None:
        asked = self._asked.pop(request.number, None)
        if asked is not None and not asked.done():
            asked.set_result(given)
        self.tell()
