"""Queued speech as simple text-to-speech nodes send it, row by row of the table in docs/nodes.md."""

import numpy as np
import pytest
from senders import RATE


def heard_after(sender, place, speech):
    """Whether the timeline reads `speech` in one piece somewhere after a media position (its edges are faded)."""
    heard = sender.reader.heard[int(place) :]
    inner = speech[200:1400]
    starts = np.flatnonzero(np.isclose(heard[: len(heard) - len(inner)], inner[0], atol=1e-6))
    return any(np.array_equal(heard[a : a + len(inner)], inner) for a in starts)


# One stream_id for life, and no end_of_stream.


def test_after_an_interrupt_the_rest_of_a_burst_is_dropped_and_the_stream_is_heard_again_after_a_pause(
    sender, make_speech
):
    speech, answer = make_speech(4 * RATE), make_speech(RATE, seed=7)
    sender.send(speech[: 2 * RATE])
    sender.interrupt()
    sender.send(speech[2 * RATE :], index=2 * RATE)
    assert sender.refused == ["interrupted"] * 20
    sender.wait(0.6)
    sender.send(answer, index=4 * RATE)
    sender.wait(1.5)
    assert len(sender.refused) == 20
    np.testing.assert_array_equal(sender.played()[-RATE:], answer)


def test_a_stream_that_pauses_for_less_than_the_timeout_is_still_the_interrupted_utterance(sender, make_speech):
    sender.send(make_speech(RATE))
    sender.interrupt()
    for part in range(4):
        sender.wait(0.4)
        sender.send(make_speech(RATE // 2), index=RATE + part * RATE // 2)
    assert sender.refused == ["interrupted"] * 20


@pytest.mark.parametrize("index", [0, 100 * RATE])
def test_after_an_interrupt_a_stream_whose_index_jumps_is_heard_at_once(index, sender, make_speech):
    sender.send(make_speech(2 * RATE))
    sender.interrupt()
    sender.send(make_speech(RATE), index=2 * RATE)
    answer = make_speech(RATE, seed=7)
    sender.send(answer, index=index)
    sender.wait(1.5)
    assert sender.refused == ["interrupted"] * 10
    np.testing.assert_array_equal(sender.played()[-RATE:], answer)


@pytest.mark.parametrize("jump", [-4.0, 3.0])
def test_after_an_interrupt_a_stream_whose_stamp_jumps_is_heard_at_once(jump, sender, make_speech):
    start = sender.now + 5 * RATE
    sender.send(make_speech(RATE), stamp=start)
    sender.interrupt()
    sender.send(make_speech(RATE), index=RATE, stamp=start + RATE)
    answer = make_speech(RATE, seed=7)
    sender.send(answer, index=2 * RATE, stamp=start + (2 + jump) * RATE)
    sender.wait(12.0)
    assert sender.refused == ["interrupted"] * 10
    np.testing.assert_array_equal(sender.played()[-RATE:], answer)


def test_an_interrupt_long_after_the_last_chunk_still_drops_the_rest(sender, make_speech):
    sender.send(make_speech(10 * RATE), size=5 * RATE)
    sender.wait(3.0)
    sender.interrupt()
    sender.send(make_speech(RATE), index=10 * RATE)
    assert sender.refused == ["interrupted"] * 10


def test_a_microphone_in_queued_mode_is_heard_again_after_an_interrupt(sender, make_speech):
    """It never pauses; that it keeps the pace of real time shows that it is live."""
    sound = make_speech(6 * RATE)
    sender.send(sound[:RATE], size=160, every=0.01)
    sender.interrupt()
    sender.send(sound[RATE:], index=RATE, size=160, every=0.01)
    assert set(sender.refused) == {"interrupted"}
    assert len(sender.refused) == pytest.approx(200, abs=10)
    sender.wait(0.5)
    np.testing.assert_array_equal(sender.played()[-2 * RATE :], sound[-2 * RATE :])


@pytest.mark.parametrize("pace", [0.5, 3.0])
def test_speech_faster_or_slower_than_real_time_is_not_taken_for_a_microphone(pace, sender, make_speech):
    sender.send(make_speech(RATE))
    sender.interrupt()
    sender.send(make_speech(round(4 * pace * RATE)), index=RATE, every=0.1 / pace)
    assert sender.refused == ["interrupted"] * round(40 * pace)


def test_an_interrupted_stream_stays_refused_while_another_one_speaks(sender, make_speech):
    answer = make_speech(2 * RATE, seed=7)
    sender.send(make_speech(RATE))
    sender.interrupt()
    for part in range(10):
        sender.send(make_speech(1600), index=RATE + part * 1600)
        sender.send(answer[part * 3200 : (part + 1) * 3200], stream=2, index=part * 3200)
    sender.wait(3.0)
    assert sender.refused == ["interrupted"] * 10
    np.testing.assert_array_equal(sender.played(2), answer)


# A new stream_id for each sentence, and no end_of_stream.


@pytest.mark.parametrize("gap", [0.0, 0.1, 0.4])
def test_sentences_with_a_stream_id_each_and_no_end_are_queued_one_behind_the_other(gap, sender, make_speech):
    sentences = [make_speech(RATE, seed=seed) for seed in range(4)]
    for stream, sentence in enumerate(sentences, 1):
        sender.send(sentence, stream=stream)
        sender.wait(gap)
    sender.wait(5.0)
    assert not sender.refused
    np.testing.assert_array_equal(sender.played(), np.concatenate(sentences))


def test_two_sources_that_go_on_alternately_are_told_to_stop_and_the_first_is_heard(sender, make_speech):
    first, second = make_speech(2 * RATE, seed=1), make_speech(2 * RATE, seed=2)
    for at in range(0, 2 * RATE, 1600):
        sender.send(first[at : at + 1600], stream=7, index=at, every=0.05)
        sender.send(second[at : at + 1600], stream=8, index=at, every=0.05)
    sender.wait(3.0)
    assert sender.refused == ["second_source"] * 18
    np.testing.assert_array_equal(sender.played(7), first)
    assert len(sender.played(8)) == 2 * 1600


def test_of_two_sources_the_other_is_heard_once_the_first_is_silent(sender, make_speech):
    first, second = make_speech(RATE, seed=1), make_speech(3 * RATE, seed=2)
    for at in range(0, 3 * RATE, 1600):
        if at < RATE:
            sender.send(first[at : at + 1600], stream=7, index=at, every=0.05)
        sender.send(second[at : at + 1600], stream=8, index=at, every=0.05)
    sender.wait(3.0)
    assert sender.refused
    np.testing.assert_array_equal(sender.played(8)[-RATE:], second[-RATE:])


def test_a_chunk_that_overtakes_the_next_sentence_stops_neither(sender, make_speech):
    first, second = make_speech(RATE, seed=1), make_speech(RATE, seed=2)
    sender.send(first[:-1600], stream=1)
    sender.send(second[:1600], stream=2)
    sender.send(first[-1600:], stream=1, index=RATE - 1600)
    sender.send(second[1600:], stream=2, index=1600)
    sender.wait(3.0)
    assert not sender.refused
    np.testing.assert_array_equal(sender.played(1), first)
    np.testing.assert_array_equal(sender.played(2), second)


# first_sample does not advance.


@pytest.mark.parametrize("every", [0.005, 0.1, 0.3])
@pytest.mark.parametrize("step", [0, 1])
def test_chunks_whose_index_stays_or_numbers_the_chunks_are_heard_one_after_the_other(every, step, sender, make_speech):
    speech = make_speech(2 * RATE)
    for number in range(20):
        sender.send(speech[number * 1600 : (number + 1) * 1600], index=number * step, every=every)
    sender.wait(3.0)
    np.testing.assert_array_equal(sender.played(), speech)
    numbered = [(block.first_sample, block.frames) for block in sender.aligned if block.frames]
    assert [first for first, _ in numbered] == list(np.cumsum([0] + [frames for _, frames in numbered[:-1]]))
    assert sender.counters["index_static"] == 19
    assert "first_sample does not advance" in dict(sender.reader.timeline.take_notices())["index_static"]
    if every < 0.1:
        # In one piece: where chunks meet there is no join.
        assert heard_after(sender, 0, speech[: 4 * 1600])


def test_chunks_with_the_same_samples_and_another_stamp_are_all_heard(sender):
    tone = np.sin(np.arange(1600) * 2 * np.pi / 160).astype(np.float32)
    for number in range(5):
        sender.send(tone, stamp=sender.now + number * 1600)
    sender.wait(2.0)
    np.testing.assert_array_equal(sender.played(), np.tile(tone, 5))


def test_digital_silence_between_chunks_without_index_and_stamp_is_kept(sender, make_speech):
    speech = np.concatenate([make_speech(3200), np.zeros(4800, np.float32), make_speech(3200, seed=3)])
    sender.send(speech, counts=False)
    sender.wait(2.0)
    np.testing.assert_array_equal(sender.played(), speech)


@pytest.mark.parametrize("stamped", [True, False])
@pytest.mark.parametrize("counts", [True, False])
def test_a_repeated_chunk_is_heard_once(counts, stamped, sender, make_speech):
    speech, start = make_speech(RATE), sender.now + RATE
    for at in range(0, RATE, 1600):
        for _ in range(2):
            sender.send(speech[at : at + 1600], index=at * counts, stamp=start + at if stamped else None)
    sender.wait(4.0)
    np.testing.assert_array_equal(sender.played(), speech)
    figures = sender.reader.timeline.statistics
    assert (figures.samples, figures.overlap + figures.late) == (RATE, RATE)


def test_a_source_that_steps_back_is_heard_once(sender, make_speech):
    speech = make_speech(RATE)
    for at in range(0, RATE - 1600, 800):
        sender.send(speech[at : at + 1600], index=at)
    sender.wait(2.0)
    np.testing.assert_array_equal(sender.played(), speech[: RATE - 800])


def test_chunks_out_of_order_are_put_in_order(sender, make_speech):
    speech = make_speech(RATE)
    for number in (0, 2, 1, 3, 6, 5, 4, 7, 8, 9):
        sender.send(speech[number * 1600 : (number + 1) * 1600], index=number * 1600)
    sender.wait(2.0)
    np.testing.assert_array_equal(sender.played(), speech)
    assert "index_static" not in sender.counters


@pytest.mark.parametrize("how", ["after an end", "after a pause"])
def test_the_same_short_word_said_twice_is_heard_twice(how, sender, make_speech):
    word = make_speech(3200)
    for _ in range(2):
        sender.send(word, size=3200, end=how == "after an end")
        sender.wait(0.0 if how == "after an end" else 0.4)
    sender.wait(1.0)
    np.testing.assert_array_equal(sender.played(), np.tile(word, 2))


def test_short_sentences_that_count_from_zero_each_are_heard_one_after_the_other(sender, make_speech):
    words = [make_speech(3200, seed=seed) for seed in range(5)]
    for word in words:
        sender.send(word)
    sender.wait(3.0)
    np.testing.assert_array_equal(sender.played(), np.concatenate(words))
