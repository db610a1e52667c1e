"""Seats: what a page may do beside looking, one page at a time, with a visible hand-over. Needs no ROS."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from dystream_ros.nodes.web.message_fields import Refused
from dystream_ros.nodes.web.protocol import SEATS

# A microphone has one destination.
_EXCLUDES = {"visitor": "telepresence", "telepresence": "visitor"}
ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class Request:
    """A page asks for the seat of another.

    Attributes:
        number: in `seat_request` and `answer_seat`.
        seat: one of `SEATS`.
        holder, page: numbers of the one who has it and the one who asks.
        deadline: steady seconds from which it is handed over without an answer.
    """

    number: int
    seat: str
    holder: int
    page: int
    deadline: float


class Seats:
    """Who has which seat. A page is known by its number.

    Args:
        clock: steady seconds.
        lost: called with a seat, its former holder and the new one (None: nobody).
        answered: called with a request and whether the seat was handed over.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        lost: Callable[[str, int, int | None], None],
        answered: Callable[[Request, bool], None],
    ) -> None:
        self._clock, self._lost, self._answered = clock, lost, answered
        self._holders: dict[str, int | None] = dict.fromkeys(SEATS)
        self._requests: dict[int, Request] = {}
        self._numbers = itertools.count(1)

    def holder(self, seat: str) -> int | None:
        """The page that has the seat."""
        return self._holders[seat]

    def of(self, page: int) -> list[str]:
        """The seats of a page."""
        return [seat for seat, holder in self._holders.items() if holder == page]

    def take(self, page: int, seat: str, ask: bool) -> Request | None:
        """Take a free seat; a seat that is taken is asked for, and the request is returned.

        Raises:
            Refused: `seat_taken` without `ask`; `busy`: somebody asks for it already.
        """
        holder = self._holders[seat]
        if holder == page:
            return None
        if holder is None:
            self._give(seat, page)
            return None
        if not ask:
            raise Refused("seat_taken", f"another page has the seat '{seat}': ask for it with ask: true")
        if any(request.seat == seat for request in self._requests.values()):
            raise Refused("busy", f"somebody asks for the seat '{seat}' already: try again in some seconds")
        request = Request(next(self._numbers), seat, holder, page, self._clock() + ANSWER_SECONDS)
        self._requests[request.number] = request
        return request

    def answer(self, page: int, number: int, give: bool) -> None:
        """The holder hands the seat over, or keeps it.

        Raises:
            Refused: `bad_message`: this page was not asked, or the time is over.
        """
        request = self._requests.get(number)
        if request is None or request.holder != page:
            raise Refused("bad_message", f"there is no request {number} for a seat of this page; it may be over")
        self._close(request, give)

    def release(self, page: int, seat: str) -> None:
        """Give a seat up; a page that asks for it gets it. Does nothing if the page does not have it."""
        if self._holders[seat] != page:
            return
        waiting = next((request for request in self._requests.values() if request.seat == seat), None)
        if waiting is not None:
            self._close(waiting, give=True)
            return
        self._holders[seat] = None
        self._lost(seat, page, None)

    def leave(self, page: int) -> None:
        """A page is gone: its seats are free, its requests void."""
        for request in [each for each in self._requests.values() if each.page == page]:
            del self._requests[request.number]
        for seat in self.of(page):
            self.release(page, seat)

    def expire(self) -> None:
        """Hand over what nobody answered in time; call it regularly."""
        now = self._clock()
        for request in [each for each in self._requests.values() if each.deadline <= now]:
            self._close(request, give=True)

    def _close(self, request: Request, give: bool) -> None:
        del self._requests[request.number]
        if give:
            self._give(request.seat, request.page)
        self._answered(request, give)

    def _give(self, seat: str, page: int) -> None:
        former, self._holders[seat] = self._holders[seat], page
        if former is not None:
            self._lost(seat, former, page)
        other = _EXCLUDES.get(seat)
        if other is not None and self._holders[other] == page:
            self.release(page, other)
