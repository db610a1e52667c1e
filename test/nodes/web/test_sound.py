"""Sound by its stamps, listeners that wait as long as needed, and stamps for what a network delivers."""

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock
from dystream_ros.nodes.web.microphone import Microphone
from dystream_ros.nodes.web.sound import BLOCK, SECOND, Listener, PartySound, position_of, stamp_of
from dystream_ros.nodes.web.stamping import ArrivalStamps

MS = 1_000_000
START = 1_700_000_000 * SECOND


def block(stamp_ns, milliseconds, value=0.5, rate=48_000, stream=1, end=False):
    samples = np.full(rate * milliseconds // 1000, round(value * 32767), np.int16)
    return AudioBlock(stream, 0, rate, 1, stamp_ns, samples, end)


def test_sound_is_found_at_its_stamp_and_silence_beside_it():
    sound = PartySound()
    for k in range(5):
        sound.add(block(START + 40 * k * MS, 40), START)
    inside = sound.read(position_of(START + 100 * MS))
    assert inside.mean() == pytest.approx(0.5, abs=0.01)
    assert not sound.read(position_of(START - 100 * MS)).any()
    assert not sound.read(position_of(START + 300 * MS)).any()
    sound.cut(position_of(START + 100 * MS))
    assert not sound.read(position_of(START + 100 * MS)).any()


def test_sound_of_another_rate_and_with_a_gap_keeps_its_place():
    sound = PartySound()
    for k in (*range(12), *range(24, 36)):  # 10 ms each, less than a resampler holds back
        sound.add(block(START + 10 * k * MS, 10, rate=16_000), START)
    whole = sound.read(position_of(START), 360 * 48)
    loud = np.abs(whole) > 0.25
    assert loud[5 * 48 : 110 * 48].all()
    assert not loud[125 * 48 : 235 * 48].any()
    assert loud[245 * 48 : 350 * 48].all()


def played(late_ns, picture_late_ns=None, seconds=20, delay_ns=200 * MS):
    """Listen to frames of 40 ms that arrive `late_ns(k)` after their stamp; returns the listener and its shortages."""
    sound, now = PartySound(), START
    listener = Listener([sound], now, delay_ns)
    arrivals = sorted((START + 40 * k * MS + late_ns(k), k) for k in range(25 * seconds))
    short, end = 0, START + (seconds - 1) * SECOND
    while (now := listener.due_ns) < end:
        while arrivals and arrivals[0][0] <= now:
            at, k = arrivals.pop(0)
            listener.arrived(sound.add(block(START + 40 * k * MS, 40), at), at)
            if picture_late_ns is not None:
                listener.delay.picture_sent(picture_late_ns, at)
        missing = listener.cursor + BLOCK > sound.end
        listener.read(now)
        short += missing and now > START + 2 * SECOND
    return listener, short


def test_a_listener_waits_as_long_as_the_sound_needs_and_no_longer():
    listener, short = played(lambda k: 112 * MS)
    assert short == 0
    assert 112 * MS <= listener.delay.ns <= 140 * MS


def test_a_listener_waits_longer_for_sound_that_comes_unevenly():
    listener, short = played(lambda k: (112 + 30 * (k % 5 == 0)) * MS)
    assert short == 0
    assert 142 * MS <= listener.delay.ns <= 170 * MS


def test_a_delay_that_is_too_short_grows_and_nothing_is_lost():
    listener, short = played(lambda k: 160 * MS, delay_ns=20 * MS)
    assert short == 0
    assert listener.delay.ns >= 160 * MS
    sound = PartySound()
    late = Listener([sound], START, 20 * MS)
    late.read(late.due_ns)
    arrival = late.due_ns + 150 * MS
    while late.due_ns < arrival:
        late.read(late.due_ns)
    late.arrived(sound.add(block(START + 40 * MS, 80), arrival), arrival)
    heard = [late.read(late.due_ns)[1] for _ in range(6)]
    assert np.count_nonzero(np.concatenate(heard)) == 80 * 48


def test_sound_is_sent_ahead_of_the_picture_of_its_stamp_by_half_the_delay_of_a_loudspeaker():
    listener, short = played(lambda k: 112 * MS, picture_late_ns=180 * MS)
    assert short == 0
    assert listener.delay.ns == (180 - 15) * MS


def test_blocks_follow_each_other_without_a_gap_and_a_pause_of_the_process_is_left_out():
    sound = PartySound()
    listener = Listener([sound], START)
    stamps = [listener.read(listener.due_ns)[0] for _ in range(10)]
    assert set(np.diff(stamps)) <= {20 * MS, 20 * MS - 1, 20 * MS + 1}
    late = listener.due_ns + 5 * SECOND
    assert abs(listener.read(late)[0] - (late - listener.delay.ns)) < MS
    assert stamp_of(position_of(START)) == START


def stamps_of(late_ms, count=300, drift_ppm=0.0):
    """Stamps of chunks of 10 ms minus the times at which they were captured, in ms."""
    stamps = ArrivalStamps()
    result, arrival = [], 0
    for k, late in zip(range(count), late_ms):
        captured = START + round(10 * k * MS * (1 + drift_ppm * 1e-6))
        arrival = max(arrival, captured + 10 * MS + round(late * MS))
        result.append((stamps.stamp(10 * k * MS, 10 * MS, arrival) - captured) / MS)
    return np.array(result)


def test_stamps_are_steady_where_arrivals_are_not():
    late = 30 + 18 * np.random.default_rng(0).random(300)
    stamps = stamps_of(late)
    assert np.abs(np.diff(stamps[20:])).max() < 0.1  # the arrivals jump by up to 18 ms
    assert 29 < stamps[-1] < 40  # jitter below 20 ms is the head's: the earliest arrivals count


def test_more_jitter_delays_the_stamps_by_what_the_head_does_not_bear():
    late = 30 + 50 * (np.arange(3000) % 10 == 0)
    assert 30 + 50 - 20 - 2 < stamps_of(late, 3000)[-1] < 30 + 50


def test_an_outage_delays_the_stamps_by_a_bounded_time():
    late = np.where(np.arange(600) < 100, 900 - 9 * np.arange(600), 30.0)
    assert stamps_of(late, 600).max() < 1000
    assert stamps_of(late, 600)[-1] < 100


def test_sound_that_the_source_lost_without_a_word_delays_the_stamps_within_the_window():
    late = np.full(2500, 20.0)
    late[300:] += 280.0
    stamps = stamps_of(late, 2500)
    assert np.abs(stamps[1400:] - stamps[1400:].mean()).max() < 1.0
    assert stamps[1400:].mean() - stamps[200:300].mean() == pytest.approx(280.0, abs=5.0)


def test_stamps_follow_a_clock_that_is_fast():
    stamps = stamps_of(np.full(6000, 30.0), 6000, drift_ppm=200)
    assert np.ptp(stamps[100:]) < 3.0


def test_a_microphone_is_one_stream_with_gaps_where_sound_was_lost_and_an_end(spoken):
    published = []
    microphone = Microphone(published.append, 16_000)
    samples = np.round(spoken * 32767).astype(np.int16)
    heard = []
    for first in range(0, 16_000, 160):
        if first == 1600:
            continue  # lost
        now = START + (first + 160) * SECOND // 16_000
        heard.append(microphone.add(samples[first : first + 160], 5_000_000 + first, now))
        if first == 3200:
            microphone.add(samples[first : first + 160], 5_000_000 + first, now)  # twice
    microphone.close()
    microphone.close()
    assert [each.first_sample for each in published[:-1]] == [n for n in range(0, 16_000, 160) if n != 1600]
    assert len({each.stream_id for each in published}) == 1
    assert [each.end_of_stream for each in published] == [False] * 99 + [True]
    assert published[-1].first_sample == 16_000
    stamps = np.array([each.stamp_ns - each.first_sample * SECOND // 16_000 for each in published[:-1]])
    assert np.ptp(stamps) < MS
    assert any(heard)
    assert not any(heard[:8])  # a voice needs about 80 ms


def test_a_jump_of_the_numbers_of_a_page_leaves_no_gap():
    published = []
    microphone = Microphone(published.append, 16_000)
    for first in (0, 160, 10**12, 10**12 + 160, 0):
        microphone.add(np.zeros(160, np.int16), first, START)
    assert [each.first_sample for each in published] == [0, 160, 320, 480, 640]


def test_sound_that_waited_for_the_connection_is_a_stream_of_its_own():
    published = []
    microphone = Microphone(published.append, 16_000)
    for k in range(100):
        late = max(0, 60 - k) * 10 * MS  # sixty chunks at once
        microphone.add(np.zeros(160, np.int16), 160 * k, START + 10 * k * MS + 10 * MS + late)
    ends = [k for k, each in enumerate(published) if each.end_of_stream]
    last = published[ends[-1] + 1 :]
    assert last[0].first_sample == 0
    assert len({each.stream_id for each in last}) == 1
    delays = [each.stamp_ns - START - 10 * (100 - len(last) + k) * MS for k, each in enumerate(last)]
    assert max(delays) < 100 * MS
