"""A queue between the clock of a source and that of a playback device."""

import numpy as np
import pytest

from dystream_ros.nodes.speaker.elastic_buffer import ElasticBuffer

RATE = 48_000


def tone(samples, start=0):
    return np.sin(2 * np.pi * 440 * (start + np.arange(samples)) / RATE).astype(np.float32)


def play(buffer, seconds, source_ppm, chunk=1920, period=480):
    """What is played, `period` samples at a time, while chunks arrive at a rate that differs by `source_ppm`."""
    played, sent, due = [], 0, 0.0
    for index in range(round(seconds * RATE / period)):
        now = index * period
        while due <= now:
            buffer.push(tone(chunk, sent))
            sent += chunk
            due = sent / (1 + source_ppm * 1e-6)
        played.append(buffer.pull(period))
    return np.concatenate(played)


def test_playback_starts_when_the_target_level_is_queued():
    buffer = ElasticBuffer(RATE, target=0.05, limit=1.0)
    buffer.push(tone(2000))
    assert not buffer.pull(480).any()
    buffer.push(tone(400, 2000))
    played = buffer.pull(480)
    assert played[200:] == pytest.approx(tone(480)[200:], abs=1e-3)


@pytest.mark.parametrize("ppm", [-1000, -100, 0, 100, 1000])
def test_a_source_with_another_clock_is_followed_without_a_gap(ppm):
    buffer = ElasticBuffer(RATE, target=0.06, limit=1.0)
    played = play(buffer, 60, ppm)
    assert buffer.underruns == 0
    assert buffer.dropped == 0
    assert buffer.level == pytest.approx(0.06, abs=0.045)
    assert (buffer.speed - 1) * 1e6 == pytest.approx(ppm, abs=400)
    # Without clicks, no step is larger than the slope of the tone.
    assert np.abs(np.diff(played[RATE:])).max() < 2 * np.pi * 440 / RATE * 1.02


def test_after_a_stall_of_the_device_the_sound_is_not_late_by_the_stall():
    now = [0.0]
    buffer = ElasticBuffer(RATE, target=0.06, limit=60.0, clock=lambda: now[0])
    for stalled in (0.0, 0.7):
        for _ in range(100):
            buffer.push(tone(480))
            now[0] += 0.01
            buffer.pull(480)
        assert buffer.level == pytest.approx(0.06, abs=0.012)
        buffer.push(tone(round(stalled * RATE)))
        now[0] += stalled
    buffer.pull(480)
    assert buffer.level == pytest.approx(0.06, abs=0.012)


def test_many_short_stalls_do_not_add_up():
    now = [0.0]
    buffer = ElasticBuffer(RATE, target=0.06, limit=60.0, clock=lambda: now[0])
    levels = []
    for number in range(2000):
        pause = 0.01 if number % 20 else 0.05
        buffer.push(tone(round(pause * RATE)))
        now[0] += pause
        buffer.pull(480)
        levels.append(buffer.level)
    assert max(levels) < 0.06 + 0.1 + 0.06
    assert buffer.underruns == 0


def test_a_stall_leaves_out_no_more_of_a_burst_than_its_own_duration():
    now = [0.0]
    buffer = ElasticBuffer(RATE, target=0.06, limit=60.0, clock=lambda: now[0])
    buffer.push(tone(10 * RATE))
    buffer.pull(480)
    now[0] += 0.51
    buffer.pull(480)
    assert buffer.level == pytest.approx(10 - 0.02 - 0.5, abs=0.005)


def test_what_arrived_before_the_device_was_opened_is_not_played_late():
    now = [0.0]
    buffer = ElasticBuffer(RATE, target=0.06, limit=60.0, clock=lambda: now[0])
    for first in range(0, 90 * RATE, 1920):
        buffer.push(tone(1920, first))
        now[0] += 0.04
    assert buffer.dropped == 0
    late = buffer.level
    assert late == pytest.approx(0.06, abs=0.041)  # by up to a chunk more, for which the speed makes up
    assert buffer.stalled == pytest.approx((90 - late) * RATE, abs=2)
    assert buffer.pull(480)[200:] == pytest.approx(tone(480, round((90 - late) * RATE))[200:], abs=0.1)


@pytest.mark.parametrize(("waits", "left_out"), [(0.09, 0.0), (0.5, 0.5)])
def test_a_burst_before_the_device_was_opened_loses_no_more_than_the_time_until_then(waits, left_out):
    now = [0.0]
    buffer = ElasticBuffer(RATE, target=0.06, limit=60.0, clock=lambda: now[0])
    buffer.push(tone(RATE))
    now[0] += 30.0
    buffer.push(tone(20 * RATE))
    assert buffer.level == pytest.approx(20.06)
    now[0] += waits
    buffer.pull(480)
    assert buffer.level == pytest.approx(20.06 - left_out - 0.01, abs=0.001)


def test_an_empty_queue_fades_out_and_playback_starts_again_at_the_target_level():
    buffer = ElasticBuffer(RATE, target=0.02, limit=1.0)
    buffer.push(tone(4800))
    played = np.concatenate([buffer.pull(480) for _ in range(15)])
    assert buffer.underruns == 1
    assert np.abs(np.diff(played)).max() < 0.07
    assert not played[4900:].any()
    buffer.push(tone(960))
    assert np.abs(buffer.pull(480)).max() > 0.5


def test_samples_beyond_the_limit_are_dropped_and_counted():
    buffer = ElasticBuffer(RATE, target=0.02, limit=1.0)
    buffer.push(tone(2 * RATE))
    assert buffer.dropped == RATE
    assert buffer.level == pytest.approx(1.0)


def test_what_is_queued_fades_out_within_four_milliseconds_and_newer_audio_stays():
    buffer = ElasticBuffer(RATE, target=0.05, limit=60.0)
    buffer.push(np.ones(2 * RATE, np.float32))
    buffer.pull(480)
    buffer.push(np.full(4800, -0.5, np.float32))
    buffer.drop(newest=4800)
    played = buffer.pull(1920)
    assert played[0] > 0.9
    assert np.all(np.diff(played[:180]) < 0)
    assert played[170:180].max() < 0.15
    assert played[400:] == pytest.approx(-0.5, abs=1e-3)


def test_after_everything_was_dropped_the_buffer_is_silent_until_audio_arrives():
    buffer = ElasticBuffer(RATE, target=0.05, limit=60.0)
    buffer.push(np.ones(2 * RATE, np.float32))
    buffer.pull(480)
    buffer.drop(newest=0)
    assert not buffer.pull(4800)[200:].any()
    assert buffer.level == 0.0
    buffer.push(tone(4800))
    assert buffer.pull(480).any()
