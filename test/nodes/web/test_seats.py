"""Seats are held by one page at a time and handed over visibly."""

import pytest

from dystream_ros.nodes.web.message_fields import Refused
from dystream_ros.nodes.web.seats import ANSWER_SECONDS, Seats


class Watched(Seats):
    def __init__(self):
        self.now, self.losses, self.answers = 0.0, [], []
        super().__init__(
            lambda: self.now,
            lambda seat, former, new: self.losses.append((seat, former, new)),
            lambda request, given: self.answers.append((request.number, given)),
        )


@pytest.fixture
def seats():
    return Watched()


def test_a_free_seat_is_given_and_a_taken_one_refused(seats):
    assert seats.take(1, "control", ask=False) is None
    assert seats.of(1) == ["control"]
    with pytest.raises(Refused) as refused:
        seats.take(2, "control", ask=False)
    assert refused.value.code == "seat_taken"
    assert seats.holder("control") == 1


def test_the_holder_hands_over_or_keeps_a_seat(seats):
    seats.take(1, "control", ask=False)
    first = seats.take(2, "control", ask=True)
    with pytest.raises(Refused, match="somebody asks"):
        seats.take(3, "control", ask=True)
    with pytest.raises(Refused):
        seats.answer(3, first.number, give=True)
    seats.answer(1, first.number, give=False)
    assert seats.holder("control") == 1
    second = seats.take(2, "control", ask=True)
    seats.answer(1, second.number, give=True)
    assert seats.holder("control") == 2
    assert seats.losses == [("control", 1, 2)]
    assert seats.answers == [(first.number, False), (second.number, True)]


def test_without_an_answer_the_seat_is_handed_over(seats):
    seats.take(1, "visitor", ask=False)
    seats.take(2, "visitor", ask=True)
    seats.now = ANSWER_SECONDS - 0.1
    seats.expire()
    assert seats.holder("visitor") == 1
    seats.now = ANSWER_SECONDS
    seats.expire()
    assert seats.holder("visitor") == 2


def test_a_page_speaks_for_one_party_and_may_control_beside_it(seats):
    for seat in ("control", "visitor", "telepresence"):
        seats.take(1, seat, ask=False)
    assert seats.of(1) == ["telepresence", "control"]
    assert seats.losses == [("visitor", 1, None)]


def test_a_page_that_leaves_frees_its_seats_for_whoever_asks(seats):
    seats.take(1, "control", ask=False)
    seats.take(2, "control", ask=True)
    seats.leave(1)
    assert seats.holder("control") == 2
    seats.take(3, "control", ask=True)
    seats.leave(3)
    seats.now = 100.0
    seats.expire()
    assert seats.holder("control") == 2
    seats.release(3, "control")
    assert seats.holder("control") == 2
