"""Ends of queued utterances on the aligned audio: one each, whatever happened to the utterance."""

import numpy as np
import pytest
from senders import RATE, Sender

from dystream_ros.audio.block import AudioBlock


@pytest.mark.parametrize("separate", [True, False])
@pytest.mark.parametrize("after", [0.05, 1.0])
def test_a_queued_utterance_that_is_interrupted_gives_its_end_once(after, separate, sender, make_speech):
    sender.send(make_speech(3 * RATE), stream=5, end=not separate)
    if separate:
        sender.push(AudioBlock(5, 3 * RATE, RATE, 1, None, np.zeros(0, np.float32), True))
    sender.wait(after)
    sender.interrupt()
    sender.wait(0.1)
    assert sender.ends() == [5]
    sender.wait(4.0)
    assert sender.ends() == [5]
    end = sender.aligned[-1]
    assert (end.frames, end.first_sample) == (0, len(sender.played()))


def test_the_end_of_an_interrupted_utterance_is_not_given_again_when_its_source_sends_it(sender, make_speech):
    speech = make_speech(3 * RATE)
    sender.send(speech[:RATE], stream=5)
    sender.wait(0.2)
    sender.interrupt()
    sender.send(speech[RATE:], stream=5, index=RATE, end=True)
    sender.wait(1.0)
    assert sender.refused == ["interrupted"] * 20
    assert sender.ends() == [5]
    sender.send(speech[:RATE], stream=5, index=3 * RATE, end=True)
    sender.wait(2.0)
    assert len(sender.refused) == 20
    assert sender.ends() == [5, 5]


def test_each_utterance_that_waits_gives_its_end_when_it_is_interrupted(sender, make_speech):
    for stream, ends in ((1, True), (2, True), (2, True), (3, False)):
        sender.send(make_speech(RATE, seed=stream), stream=stream, end=ends)
    sender.interrupt()
    sender.wait(1.0)
    assert sender.ends() == [1, 2, 2, 3]


def test_an_utterance_that_was_heard_to_its_end_gets_no_second_end(sender, make_speech):
    sender.send(make_speech(RATE), end=True)
    sender.wait(1.1)
    assert sender.ends() == [1]
    sender.interrupt()
    sender.wait(1.0)
    assert sender.ends() == [1]


def test_an_end_that_is_sent_twice_is_given_once(sender, make_speech):
    sender.send(make_speech(RATE), end=True)
    for _ in range(2):
        sender.push(AudioBlock(1, RATE, RATE, 1, None, np.zeros(0, np.float32), True))
    sender.wait(2.0)
    assert sender.ends() == [1]


def test_an_end_on_a_repeated_chunk_is_given(sender, make_speech):
    speech = make_speech(RATE)
    sender.send(speech)
    sender.send(speech[-1600:], index=RATE - 1600, end=True)
    sender.wait(2.0)
    np.testing.assert_array_equal(sender.played(), speech)
    assert sender.ends() == [1]


def test_an_end_in_audio_that_a_stall_skips_is_given(sender, make_speech):
    sender.send(make_speech(RATE), end=True)
    timeline = sender.reader.timeline
    timeline.skip(2 * RATE)
    timeline.discard_shown(timeline.cursor)
    sender.now = timeline.cursor + 960.0
    sender.wait(0.5)
    assert sender.ends() == [1]
    assert len(sender.played()) < RATE


def test_an_end_on_refused_audio_is_given(make_reader, make_speech):
    sender = Sender(make_reader("queued", keep_blocks=True, queue_limit=2.0))
    sender.send(make_speech(5 * RATE), end=True)
    assert "queue_full" in sender.refused
    sender.wait(5.0)
    assert sender.ends() == [1]
