"""Driven audio: the index advances; any chunking, order and rate gives the same samples, each once."""

from contextlib import suppress

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.audio.timeline.party_timeline import PartyTimeline

SECOND = 1_000_000_000


def driven(**settings) -> PartyTimeline:
    return PartyTimeline("driven", **settings)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_any_chunking_gives_the_same_samples_bit_for_bit(rate, make_speech, cut_blocks):
    speech = make_speech(rate, rate)
    random = np.random.default_rng(1)
    chunkings = [[rate * 10], [rate // 100], [1] * 3000 + [77], list(random.integers(1, 999, 1000))]
    outputs = []
    for sizes in chunkings:
        timeline, parts = driven(), []
        for block in cut_blocks(speech, sizes, rate):
            timeline.push(block, 0)
            while timeline.available_until() >= timeline.cursor + 640 and timeline.cursor < timeline.last_position:
                parts.append(timeline.read(640).samples)
        outputs.append(np.concatenate(parts))
        assert timeline.statistics.samples == rate
        assert timeline.statistics.reproducible
    for output in outputs[1:]:
        np.testing.assert_array_equal(output, outputs[0])


@pytest.mark.parametrize("seed", range(8))
def test_every_accepted_sample_is_heard_exactly_once_in_any_order(seed, make_speech, cut_blocks, read_all):
    random = np.random.default_rng(seed)
    speech = make_speech(16_000, seed=seed)
    blocks = cut_blocks(speech, list(random.integers(1, 500, 400)), stamp_ns=SECOND)
    order = np.argsort(np.arange(len(blocks)) + random.uniform(0, 4, len(blocks)))
    order = [0, *(i for i in order if i)]
    timeline = driven()
    timeline.stamps.epoch_ns = SECOND
    for i in order:
        timeline.push(blocks[i], 0)
        if random.random() < 0.3:
            timeline.push(blocks[i], 0)
    np.testing.assert_array_equal(read_all(timeline)[:16_000], speech)
    figures = timeline.statistics
    assert (figures.samples, figures.gap, figures.late) == (16_000, 0, 0)
    assert figures.overlap > 0


def test_a_gap_in_the_index_is_silence_of_its_length_and_marks_the_run(make_speech, cut_blocks, read_all):
    speech = make_speech(16_000)
    blocks = cut_blocks(speech, [1600])
    timeline = driven()
    for block in blocks[:3] + blocks[5:]:
        timeline.push(block, 0)
    heard = read_all(timeline)
    np.testing.assert_array_equal(heard[:4800], speech[:4800])
    assert not heard[4900:7900].any()
    np.testing.assert_array_equal(heard[8100:16_000], speech[8100:])
    assert timeline.statistics.gap == 3200
    assert not timeline.statistics.reproducible


def test_joins_do_not_click(make_speech, cut_blocks, read_all):
    t = np.arange(16_000) / 16_000
    speech = (0.5 * np.cos(2 * np.pi * 100 * t)).astype(np.float32)
    blocks = cut_blocks(speech, [1600])
    timeline = driven()
    for block in blocks[:3] + blocks[4:]:
        timeline.push(block, 0)
    steps = np.abs(np.diff(read_all(timeline)[:16_000], prepend=0))
    assert steps.max() < 0.05


def test_an_overlap_is_heard_once(make_speech, cut_blocks, read_all):
    speech = make_speech(4800)
    timeline = driven()
    timeline.push(AudioBlock(1, 0, 16_000, 1, None, speech[:3200]), 0)
    timeline.push(AudioBlock(1, 1600, 16_000, 1, None, speech[1600:], True), 0)
    np.testing.assert_array_equal(read_all(timeline)[:4800], speech)
    assert (timeline.statistics.samples, timeline.statistics.overlap) == (4800, 1600)


def test_a_missing_block_is_waited_for_and_then_given_up(make_speech, cut_blocks):
    blocks = cut_blocks(make_speech(16_000), [1600])
    timeline = driven()
    timeline.push(blocks[0], 0)
    timeline.push(blocks[2], 0)
    assert timeline.available_until() == 1600
    for block in blocks[3:6]:
        timeline.push(block, 0)
    assert timeline.available_until() == 9600


def test_a_bag_that_loops_goes_on_after_its_end(make_speech, cut_blocks, read_all):
    speech = make_speech(48_000)
    timeline = driven()
    timeline.stamps.epoch_ns = SECOND
    for _ in range(2):
        for block in cut_blocks(speech, [1600], stamp_ns=SECOND)[:-1]:
            timeline.push(block, 0)
    heard = read_all(timeline)
    np.testing.assert_array_equal(heard[:46_400], speech[:46_400])
    np.testing.assert_allclose(heard[46_440:92_800], speech[40:46_400])
    assert timeline.statistics.counters["restart"] == 1
    assert "restarted" in timeline.take_notices()[0][1]


def test_an_index_that_leaps_absurdly_makes_no_endless_silence(make_speech, cut_blocks):
    speech = make_speech(3200)
    timeline = driven()
    timeline.push(AudioBlock(1, 0, 16_000, 1, None, speech[:1600]), 0)
    timeline.push(AudioBlock(1, 2**60, 16_000, 1, None, speech[1600:]), 0)
    assert timeline.last_position == 3200
    assert timeline.statistics.counters["index_jump"] == 1
    assert timeline.statistics.gap == 0


def test_stamps_align_two_parties(make_speech, cut_blocks):
    timeline = driven()
    timeline.stamps.epoch_ns = 5 * SECOND
    timeline.push(cut_blocks(make_speech(1600), [1600], stamp_ns=5 * SECOND + SECOND // 2)[0], 0)
    heard = np.concatenate([timeline.read(640).samples for _ in range(15)])
    assert not heard[:8000].any()
    np.testing.assert_array_equal(heard[8000:9600], make_speech(1600))


def test_a_second_source_is_refused_while_the_first_lives(make_speech, cut_blocks):
    timeline = driven()
    mine, strange = (cut_blocks(make_speech(32_000, seed=i), [1600], stream_id=i) for i in (1, 2))
    refused = 0
    for one, two in zip(mine[:-1], strange[:-1], strict=True):
        timeline.push(one, 0)
        with pytest.raises(AudioRejected, match="stop one of the two"):
            timeline.push(two, 0)
        refused += 1
    assert timeline.statistics.counters["second_source"] == refused
    assert timeline.statistics.rejected == 1600 * refused


def test_a_restarted_source_takes_over(make_speech, cut_blocks):
    timeline = driven()
    timeline.push(cut_blocks(make_speech(3200), [1600], stream_id=1)[0], 0)
    for block in cut_blocks(make_speech(32_000), [1600], stream_id=2):
        with suppress(AudioRejected):
            timeline.push(block, 0)
    assert timeline.statistics.samples >= 15 * 1600
    assert timeline.statistics.stream_id == 2


def test_after_the_end_of_a_stream_the_next_is_heard_at_once(make_speech, cut_blocks, read_all):
    timeline = driven()
    for stream in (1, 2):
        for block in cut_blocks(make_speech(3200), [1600], stream_id=stream):
            timeline.push(block, 0)
    assert timeline.statistics.samples == 6400
    assert timeline.available_until() == np.inf


def test_a_source_may_change_its_rate(make_speech, cut_blocks, read_all):
    timeline = driven()
    timeline.push(AudioBlock(1, 0, 16_000, 1, None, make_speech(1600)), 0)
    timeline.push(AudioBlock(1, 0, 48_000, 1, None, make_speech(4800, 48_000), True), 0)
    assert timeline.last_position == 3200


def test_too_much_waiting_audio_is_refused(make_speech, cut_blocks):
    timeline = driven(queue_limit=1.0)
    *blocks, last = cut_blocks(make_speech(35_200), [1600])
    for block in blocks:
        timeline.push(block, 0)
    with pytest.raises(AudioRejected, match="queue_limit is 1 s") as refusal:
        timeline.push(last, 0)
    assert refusal.value.reason == "queue_full"
    assert timeline.figures(0).queued <= 2.2


def test_memory_does_not_grow_with_time(make_speech):
    timeline = driven(keep_blocks=True)
    part = make_speech(1600)
    for i in range(3000):
        timeline.push(AudioBlock(1, i * 1600, 16_000, 1, None, part), 0)
        timeline.read(1600)
        timeline.shown(timeline.cursor)
    [segment] = timeline._segments.until(timeline.cursor)
    assert segment.store._data.size < 40_000
    assert not segment.accepted
