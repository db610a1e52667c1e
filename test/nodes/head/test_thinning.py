"""Pictures that take too long are shown evenly: every second, every third, and all of them again."""

import numpy as np
import pytest

from dystream_ros.nodes.head.thinning import LONGEST_INTERVAL, Thinning

PERIOD = 40_000_000


def play(thinning, frames, cost_ms, processing_ms=5.0, first=0):
    """Frames that are shown when each takes `cost_ms`, drawn one after the other as in a thread of their own."""
    shown, free, waiting = [], first, None
    cost = cost_ms / 40
    for frame in range(first, first + frames):
        while waiting is not None and free <= frame:
            shown.append(waiting)
            free, waiting = max(free, waiting) + cost, None
            thinning.shown(round(cost_ms * 1e6))
        if thinning.takes(frame, PERIOD, round(processing_ms * 1e6)):
            waiting = frame
    return shown


@pytest.mark.parametrize("cost_ms", [5, 20, 35, 42])
def test_pictures_that_fit_are_all_shown(cost_ms):
    shown = play(Thinning(), 250, cost_ms)
    assert len(shown) >= 0.9 * 250


@pytest.mark.parametrize(("cost_ms", "interval"), [(60, 2), (75, 2), (100, 3), (150, 4), (230, 6)])
def test_pictures_that_take_longer_are_evenly_spaced(cost_ms, interval):
    shown = play(Thinning(), 500, cost_ms)
    spacing = np.diff(shown[10:])
    assert np.mean(spacing == interval) > 0.95


def test_the_interval_is_never_longer_than_a_quarter_of_a_second():
    thinning = Thinning()
    play(thinning, 500, 2000)
    assert thinning.interval == LONGEST_INTERVAL
    assert LONGEST_INTERVAL * 40 <= 250


def test_all_pictures_are_shown_within_a_second_after_the_load_ends():
    thinning = Thinning()
    play(thinning, 250, 200)
    assert thinning.interval > 3
    after = play(thinning, 100, 15, first=250)
    assert np.all(np.diff([frame for frame in after if frame >= 250 + 25]) == 1)


def test_late_motion_thins_pictures_that_would_fit():
    thinning = Thinning()
    play(thinning, 100, 15, processing_ms=120)
    assert thinning.interval == LONGEST_INTERVAL
    play(thinning, 50, 15, first=100)
    assert thinning.interval == 1


def test_a_new_count_of_frames_is_shown_from_its_beginning():
    thinning = Thinning()
    play(thinning, 250, 200, first=1000)
    assert thinning.takes(0, PERIOD)
