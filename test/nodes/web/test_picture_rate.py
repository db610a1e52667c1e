"""A browser that falls behind gets fewer pictures, and all of them again when it can."""

import itertools

from dystream_ros.nodes.web.picture_rate import MOST, PictureRate

FRAME_NS = 40_000_000


def taken(rate, frames, jitter_ns=0, begin=0):
    """Numbers of the frames that are sent, of so many in a row."""
    stamps = [(begin + frame) * FRAME_NS + (jitter_ns if frame % 2 else 0) for frame in range(frames)]
    return [frame for frame, stamp in enumerate(stamps) if rate.takes(stamp)]


def report(rate, milliseconds, seconds):
    for _ in range(seconds):
        rate.report(milliseconds)


def test_a_browser_that_keeps_up_gets_every_picture():
    rate = PictureRate()
    report(rate, 60.0, 600)
    assert taken(rate, 100) == list(range(100))


def test_a_browser_that_falls_behind_gets_evenly_fewer_pictures():
    rate = PictureRate()
    rate.report(500.0)
    assert rate.interval == 1  # once is a hiccup
    rate.report(500.0)
    assert set(itertools.starmap(lambda a, b: b - a, itertools.pairwise(taken(rate, 60, jitter_ns=9_000_000)))) == {2}
    report(rate, 500.0, 60)
    assert rate.interval == MOST
    assert taken(rate, 60, begin=100) == list(range(0, 60, MOST))


def test_what_waits_in_the_browser_is_shown_before_the_next_judgement():
    rate = PictureRate()
    report(rate, 500.0, 4)
    assert rate.interval == 2
    report(rate, 80.0, 1)
    assert rate.interval == 2


def test_all_pictures_come_back_and_trials_that_fail_become_rare():
    rate = PictureRate()
    report(rate, 500.0, 2)
    seconds, changes = 0, []
    for seconds in range(1200):
        before = rate.interval
        rate.report(70.0 if rate.interval > 1 else 500.0)
        if rate.interval < before:
            changes.append(seconds)
    waits = [later - earlier for earlier, later in itertools.pairwise(changes)]
    assert waits == sorted(waits)
    assert waits[-1] >= 240
    report(rate, 70.0, 300)
    assert rate.interval == 1


def test_a_clock_that_steps_back_stops_no_pictures():
    rate = PictureRate()
    report(rate, 500.0, 2)
    assert taken(rate, 4, begin=1000) == [0, 2]
    assert taken(rate, 4, begin=10) == [0, 2]
