"""Live and queued audio: stamps and arrival decide, nothing accepted is lost, wrong stamps and clocks are survived."""

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.audio.resample import reach

RATE = 16_000
EPOCH = 1_000_000_000_000  # stamp of media sample 0


def test_a_microphone_is_heard_at_its_stamps(make_speech, make_reader):
    reader, speech = make_reader(), make_speech(RATE)
    reader.play(speech, start=3200)
    reader.run_to(24_000)
    np.testing.assert_array_equal(reader.heard[3200:19_200], speech)
    assert reader.timeline.statistics.samples == RATE
    assert reader.timeline.statistics.late == 0


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_live_audio_of_another_rate_is_heard_two_milliseconds_later_at_most_and_whole(rate, make_reader):
    reader, seconds = make_reader(), 2
    tone = np.sin(2 * np.pi * 300 * np.arange(seconds * rate) / rate).astype(np.float32)
    reader.play(tone, start=3200, size=rate // 100, rate=rate)
    reader.run_to(3 * RATE)
    late = int(np.ceil(reach(rate) / rate * RATE))
    wanted = np.sin(2 * np.pi * 300 * (np.arange(seconds * RATE) / RATE - reach(rate) / rate))
    assert late <= 32
    inner = slice(200, seconds * RATE - 100)
    assert np.abs(reader.heard[3200 : 3200 + seconds * RATE][inner] - wanted[inner]).max() < 1e-3


def test_silence_stands_for_audio_that_never_came_and_is_counted(make_reader):
    reader = make_reader()
    reader.run_to(16_000)
    assert not reader.heard.any()
    assert reader.timeline.statistics.missing == len(reader.heard)


def test_chunks_longer_than_the_budget_are_heard_later_and_whole(make_speech, make_reader):
    reader, speech = make_reader(), make_speech(RATE)
    reader.play(speech, start=3200, size=800)
    reader.run_to(24_000)
    place = int(np.flatnonzero(reader.heard)[0]) - 1
    assert place == 3200 + 800 + 8 - 320
    np.testing.assert_array_equal(reader.heard[place : place + RATE], speech)


def test_zero_stamps_are_replaced_by_the_arrival(make_speech, make_reader):
    reader, speech = make_reader(), make_speech(RATE)
    reader.play(speech, start=3200, stamped=False)
    reader.run_to(24_000)
    np.testing.assert_array_equal(reader.heard[3208:19_208], speech)


@pytest.mark.parametrize("days", [-1000, -1, 1, 1000])
def test_stamps_of_another_day_are_replaced_by_the_arrival(days, make_speech, make_reader):
    reader, speech = make_reader(), make_speech(RATE)
    reader.play(speech, start=3200, stamp_error=days * 86_400 * RATE)
    reader.run_to(24_000)
    place = int(np.flatnonzero(reader.heard)[0]) - 1
    assert abs(place - 3200) <= 80
    np.testing.assert_array_equal(reader.heard[place : place + RATE], speech)
    assert reader.timeline.statistics.counters["stamp_far"] == 1


@pytest.mark.parametrize("jump", [-7200.0, -3.0, 3.0, 7200.0])
def test_a_source_whose_clock_jumps_is_heard_without_a_break(jump, make_speech, make_reader):
    reader, speech = make_reader(), make_speech(2 * RATE)
    reader.play(speech[:RATE], start=3200)
    reader.play(speech[RATE:], start=3200 + RATE, index=RATE, stamp_error=jump * RATE)
    reader.run_to(40_000)
    np.testing.assert_array_equal(reader.heard[3200 : 3200 + 2 * RATE], speech)
    assert reader.timeline.statistics.counters["clock_jump"] == 1


@pytest.mark.parametrize("counts_on", [True, False])
def test_after_a_minute_of_nothing_audio_is_heard_at_its_time(counts_on, make_speech, make_reader):
    reader, speech = make_reader(), make_speech(2 * RATE)
    reader.play(speech[:RATE], start=3200)
    later = 3200 + 61 * RATE
    reader.play(speech[RATE:], start=later, index=later - 3200 if counts_on else RATE)
    reader.run_to(later + 2 * RATE)
    np.testing.assert_array_equal(reader.heard[3200 : 3200 + RATE], speech[:RATE])
    assert not reader.heard[3300 + RATE : later - 100].any()
    np.testing.assert_array_equal(reader.heard[later + 40 : later + RATE], speech[RATE + 40 :])
    assert reader.timeline.statistics.gap == (60 * RATE if counts_on else 0)


@pytest.mark.parametrize("index", [0, 10**15, RATE - 8000])
def test_an_index_that_jumps_or_goes_back_does_not_stop_the_audio(index, make_speech, make_reader):
    reader, speech = make_reader(), make_speech(2 * RATE)
    reader.play(speech[:RATE], start=3200)
    reader.play(speech[RATE:], start=3200 + RATE, index=index)
    reader.run_to(40_000)
    np.testing.assert_array_equal(reader.heard[3200 : 3200 + RATE], speech[:RATE])
    np.testing.assert_array_equal(reader.heard[3240 + RATE : 3200 + 2 * RATE], speech[RATE + 40 :])


def test_a_bag_that_loops_is_heard_again(make_speech, make_reader):
    reader, speech = make_reader(), make_speech(3 * RATE)
    for turn in range(2):
        reader.play(speech, start=3200 + turn * 3 * RATE, stamp_error=-turn * 3 * RATE)
    reader.run_to(7 * RATE)
    second = 3200 + 3 * RATE
    place = second + int(
        np.argmin([np.abs(reader.heard[second + d + 40 :][:8000] - speech[40:8040]).sum() for d in range(80)])
    )
    np.testing.assert_allclose(reader.heard[place + 40 : place + 3 * RATE], speech[40:])
    assert reader.timeline.statistics.counters["restart"] == 1
    assert reader.timeline.statistics.samples == 6 * RATE


@pytest.mark.parametrize("size", [1, 8 * RATE])
def test_tiny_and_huge_chunks_of_a_microphone_are_heard(size, make_speech, make_reader):
    speech = make_speech(RATE // 4 if size == 1 else 24 * RATE)
    reader = make_reader()
    reader.play(speech, start=1600, size=size)
    reader.run_to(1600 + len(speech) + 10 * RATE)
    figures = reader.timeline.statistics
    assert figures.samples == len(speech)
    assert figures.late == 0
    np.testing.assert_allclose(np.abs(reader.heard).sum(), np.abs(speech).sum(), rtol=5e-3)


def test_audio_that_turns_late_is_soon_heard_later_instead_of_lost(make_speech, make_reader):
    reader, speech = make_reader(), make_speech(6 * RATE)
    for at in range(0, len(speech), 160):
        stamp = EPOCH + at * 62_500
        reader.push(AudioBlock(1, at, RATE, 1, stamp, speech[at : at + 160]), at + 160 + (10 if at < RATE else 3000))
    reader.run_to(8 * RATE)
    assert reader.timeline.statistics.counters["too_late"] == 1
    assert reader.timeline.statistics.samples > 5.7 * RATE


@pytest.mark.parametrize("ppm", [-100, 100])
def test_a_drifting_microphone_stays_with_its_stamps_without_clicks(ppm, make_reader):
    seconds = 60
    reader = make_reader()
    true_rate = RATE * (1 + ppm * 1e-6)
    random = np.random.default_rng(0)
    for at in range(0, seconds * RATE, 160):
        part = np.sin(2 * np.pi * 200 * np.arange(at, at + 160) / true_rate).astype(np.float32)
        place = at * RATE / true_rate
        stamp = EPOCH + round((place + random.uniform(-16, 16)) * 62_500)
        reader.push(AudioBlock(1, at, RATE, 1, stamp, part), place + 170)
    reader.run_to(seconds * RATE)
    wanted = np.sin(2 * np.pi * 200 * np.arange(len(reader.heard)) / RATE)
    tail, turn = slice(-4 * RATE, -RATE), np.exp(-2j * np.pi * np.arange(3 * RATE) / 80)
    apart = np.angle(np.sum(reader.heard[tail] * turn) * np.conj(np.sum(wanted[tail] * turn)))
    error_ms = apart / (2 * np.pi * 200) * 1e3
    assert abs(error_ms) < 2.0
    assert abs(reader.timeline.figures(0).drift_ppm - ppm) < 40
    assert np.abs(np.diff(reader.heard[2000:-2000])).max() < 0.085
    assert reader.timeline.statistics.missing < 1000


def test_speech_in_a_burst_waits_and_is_heard_in_one_piece(make_speech, make_reader):
    reader, speech = make_reader("queued"), make_speech(3 * RATE)
    reader.run_to(RATE)
    for at in range(0, len(speech), 4000):
        reader.push(AudioBlock(1, at, RATE, 1, None, speech[at : at + 4000], at + 4000 >= len(speech)), RATE + at / 100)
    assert reader.timeline.figures(RATE * 62_500).queued > 2.5
    reader.run_to(6 * RATE)
    place = int(np.flatnonzero(reader.heard)[0]) - 1
    assert RATE - 1000 <= place <= RATE
    np.testing.assert_array_equal(reader.heard[place : place + len(speech)], speech)


def test_queued_speech_starts_at_its_stamp(make_speech, make_reader):
    reader, speech = make_reader("queued"), make_speech(RATE)
    reader.push(AudioBlock(1, 0, RATE, 1, EPOCH + 2 * RATE * 62_500, speech, True), 8000)
    reader.run_to(4 * RATE)
    np.testing.assert_array_equal(reader.heard[2 * RATE : 3 * RATE], speech)
    assert not reader.heard[: 2 * RATE].any()


def test_bursts_stamped_when_they_were_sent_are_not_cut(make_speech, make_reader):
    reader, speech = make_reader("queued"), make_speech(2 * RATE)
    for at in range(0, len(speech), 1600):
        now = 8000 + at / 10
        reader.push(AudioBlock(1, at, RATE, 1, EPOCH + round(now * 62_500), speech[at : at + 1600]), now)
    reader.run_to(4 * RATE)
    place = int(np.flatnonzero(reader.heard)[0]) - 1
    np.testing.assert_array_equal(reader.heard[place : place + 2 * RATE], speech)


def test_the_next_utterance_of_a_stream_is_heard_from_its_arrival(make_speech, make_reader):
    reader, speech = make_reader("queued"), make_speech(RATE)
    for turn in range(2):
        reader.push(AudioBlock(1, turn * RATE, RATE, 1, None, speech), 8000 + turn * 5 * RATE)
    reader.run_to(8 * RATE)
    np.testing.assert_allclose(np.abs(reader.heard).sum(), 2 * np.abs(speech).sum(), rtol=1e-3)
    assert reader.timeline.statistics.samples == 2 * RATE


def test_silence_between_utterances_is_not_missing_audio(make_speech, make_reader):
    reader = make_reader("queued")
    reader.run_to(RATE)
    reader.push(AudioBlock(1, 0, RATE, 1, None, make_speech(RATE), True), RATE)
    reader.run_to(4 * RATE)
    assert reader.timeline.statistics.missing == 0


def test_an_interrupt_drops_what_waits_and_the_rest_of_the_stream(make_speech, make_reader):
    reader, speech = make_reader("queued", keep_blocks=True), make_speech(4 * RATE)
    reader.push(AudioBlock(1, 0, RATE, 1, None, speech[: 2 * RATE]), 8000)
    reader.run_to(RATE)
    reader.timeline.interrupt()
    with pytest.raises(AudioRejected, match="interrupted"):
        reader.push(AudioBlock(1, 2 * RATE, RATE, 1, None, speech[2 * RATE :]), RATE + 100)
    reader.run_to(5 * RATE)
    cut = len(reader.heard[: RATE - 320])
    assert not reader.heard[cut + 700 :].any()
    reader.push(AudioBlock(2, 0, RATE, 1, None, speech[:RATE]), 6 * RATE)
    reader.run_to(8 * RATE)
    assert np.abs(reader.heard[6 * RATE :]).max() > 0.3


def test_an_interrupted_stream_is_heard_again_after_its_end(make_speech, make_reader):
    reader, speech = make_reader("queued"), make_speech(RATE)
    reader.push(AudioBlock(1, 0, RATE, 1, None, speech), 8000)
    reader.timeline.interrupt()
    with pytest.raises(AudioRejected):
        reader.push(AudioBlock(1, RATE, RATE, 1, None, speech, True), 8100)
    reader.push(AudioBlock(1, 2 * RATE, RATE, 1, None, speech), 8200)
    reader.run_to(3 * RATE)
    assert reader.heard.any()


@pytest.mark.parametrize("rate", [16_000, 22_050, 48_000])
def test_the_audio_as_it_came_is_offered_again_each_sample_once(rate, make_speech, make_reader):
    reader = make_reader("queued", keep_blocks=True)
    stereo = np.random.default_rng(0).integers(-9000, 9000, (rate, 2), dtype=np.int16)
    for at in range(0, rate, rate // 7):
        part = stereo[at : at + rate // 7]
        reader.push(AudioBlock(5, at, rate, 2, None, part, at + rate // 7 >= rate), 4000 + at / 50)
    offered = []
    while reader.timeline.cursor < 2 * RATE:
        reader.timeline.read(640, 640)
        offered += reader.timeline.shown(reader.timeline.cursor)
    np.testing.assert_array_equal(np.concatenate([block.data for block in offered]), stereo)
    assert [block.first_sample for block in offered] == list(np.cumsum([0] + [block.frames for block in offered[:-1]]))
    assert {(block.stream_id, block.sample_rate, block.channels) for block in offered} == {(5, rate, 2)}
    assert [block.end_of_stream for block in offered] == [False] * (len(offered) - 1) + [True]
    spacing = np.diff([block.stamp_ns for block in offered]) - [block.seconds * 1e9 for block in offered[:-1]]
    assert np.abs(spacing).max() < 1000


def test_levels_are_those_of_the_last_second(make_reader):
    reader = make_reader()
    assert reader.timeline.figures(0).rms_dbfs == -np.inf
    reader.play(np.tile(np.float32([0.5, -0.5]), RATE), start=0)
    reader.run_to(2 * RATE)
    assert reader.timeline.figures(0).rms_dbfs == pytest.approx(-6.02, abs=0.1)
    assert reader.timeline.figures(0).peak_dbfs == pytest.approx(-6.02, abs=0.1)
