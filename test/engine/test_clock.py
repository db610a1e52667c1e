"""The paced clock: steady, with slow corrections towards the stamps of the audio."""

import pytest

from dystream_ros.engine.clock import SLEW_LIMIT, PacedClock

SECOND = 1_000_000_000


def follow(clock, seconds, ppm=0.0, ahead=0.0, start=0):
    """Blocks of 10 ms whose stamps run `ppm` fast and arrive `ahead` samples before their stamped end."""
    rates = []
    for tick in range(start * 100, (start + seconds) * 100):
        now_ns = tick * SECOND // 100
        clock.observe(tick * 160 * (1 + ppm * 1e-6) + ahead, now_ns)
        rates.append(clock.rate)
    return rates


def test_instant_and_position_are_inverse_functions():
    clock = PacedClock(5 * SECOND, 100, 240)
    assert clock.position(5 * SECOND) == 100
    assert clock.instant(100 + 16_000) == 6 * SECOND
    assert clock.position(clock.instant(12_345)) == pytest.approx(12_345)


@pytest.mark.parametrize("ppm", [-100, 100])
def test_it_follows_drifting_stamps_within_the_rate_limit(ppm):
    clock = PacedClock(0, 0, 240)
    rates = follow(clock, 600, ppm)
    assert abs(clock.position(600 * SECOND) - 9_600_000 * (1 + ppm * 1e-6)) <= 240 + 50
    assert max(abs(rate - 1) for rate in rates) <= SLEW_LIMIT


def test_audio_within_the_tolerance_does_not_move_it():
    clock = PacedClock(0, 0, 240)
    follow(clock, 60, ahead=-200)
    assert clock.position(60 * SECOND) == pytest.approx(960_000)


def test_the_clock_steps_to_stamps_that_are_far_ahead_in_two_windows():
    clock = PacedClock(0, 0, 240)
    follow(clock, 10, ahead=12_800)
    assert clock.steps == 1
    assert abs(clock.position(10 * SECOND) - 160_000 - 12_800) < 100


def test_a_single_outlier_of_the_stamps_is_ignored():
    clock = PacedClock(0, 0, 240)
    follow(clock, 3)
    clock.observe(1e6, 3 * SECOND)
    follow(clock, 10, start=3)
    assert clock.steps == 0
    assert clock.position(13 * SECOND) == pytest.approx(208_000, abs=100)


def test_without_audio_it_settles_at_the_steady_rate():
    clock = PacedClock(0, 0, 240)
    follow(clock, 5, ahead=1600)
    assert clock.rate > 1
    clock.settle(20 * SECOND)
    assert clock.rate == 1


@pytest.mark.parametrize(("position", "late"), [(100, 120), (-100, 50)])
def test_on_a_grid_it_moves_to_the_nearest_place_that_keeps_the_audio_in_time(position, late):
    clock = PacedClock(0, position, 240, grid=(640, 640))
    follow(clock, 60, ahead=position - late)
    apart = (clock.instant(640 * 1500) + SECOND // 50) % (SECOND // 25) - SECOND // 50
    assert abs(apart) < 100_000  # ns
    assert abs(clock.position(60 * SECOND) - 960_000) < 2


def test_off_a_grid_that_would_make_audio_late_it_stays_where_it_is():
    clock = PacedClock(0, 300, 240, grid=(640, 0))
    follow(clock, 60, ahead=290)
    assert clock.position(60 * SECOND) == pytest.approx(960_300)
