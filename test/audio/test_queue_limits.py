"""Queued speech that waits: what is reported and lost when the queue is full, and what a frame costs."""

import sys

import numpy as np
import pytest
from senders import RATE, Sender

from dystream_ros.audio.block import AudioBlock, AudioRejected


def test_a_queue_that_fills_up_is_reported_before_audio_is_lost(make_reader, make_speech):
    sender = Sender(make_reader("queued", keep_blocks=True, queue_limit=10.0))
    speech = make_speech(9 * RATE)
    sender.send(speech[: 7 * RATE], every=0.0)
    assert "queue_high" not in sender.counters
    sender.send(speech[7 * RATE :], index=7 * RATE, every=0.0)
    assert not sender.refused
    assert sender.counters["queue_high"] == 1
    notice = dict(sender.reader.timeline.take_notices())["queue_high"]
    assert "8.1 s of audio wait" in notice or "8.0 s of audio wait" in notice
    assert "queue_limit is 10 s" in notice
    assert "wait until `queued` in the status falls" in notice


def test_the_warning_is_given_again_after_the_queue_was_heard(make_reader, make_speech):
    sender = Sender(make_reader("queued", queue_limit=2.0))
    for turn in range(3):
        sender.send(make_speech(2 * RATE), index=turn * 2 * RATE, every=0.0)
        sender.wait(2.5)
    assert sender.counters["queue_high"] == 3


def test_what_is_lost_to_a_full_queue_is_summed_up(make_reader, make_speech):
    sender = Sender(make_reader("queued", keep_blocks=True, queue_limit=10.0))
    rejections = []
    for at in range(0, 20 * RATE, 4096):
        block = AudioBlock(1, at, RATE, 1, None, make_speech(min(4096, 20 * RATE - at)))
        try:
            sender.reader.push(block, sender.now)
        except AudioRejected as rejected:
            rejections.append(str(rejected))
    figures = sender.reader.timeline.figures(0)
    lost = 20 * RATE - figures.samples
    assert lost > 8 * RATE
    assert sender.counters["queue_full_samples"] == figures.rejected == lost
    assert f"{lost / RATE:.1f} s ({lost} samples) lost so far" in rejections[-1]
    assert figures.queued == pytest.approx(11.0, abs=0.5)
    sender.reader.timeline.take_notices()
    sender.wait(4.0)
    [(name, sentence)] = sender.reader.timeline.take_notices()
    assert name == "queue_lost"
    assert f"({lost} samples) were lost in total" in sentence


def test_a_snapshot_changes_nothing(sender, make_speech):
    sender.send(make_speech(RATE), counts=False)
    timeline = sender.reader.timeline
    assert timeline.figures(0) == timeline.figures(0)
    assert len(timeline.take_notices()) == 9
    timeline.figures(0).counters["index_static"] = 99
    assert timeline.figures(0).counters["index_static"] == 9


def calls_to_read_a_frame(timeline, index: str, chunks: int) -> int:
    """Calls of functions when a frame is read while so many chunks of 5 ms wait."""
    silence, calls = np.zeros(80, np.float32), 0
    for k in range(chunks):
        first = {"advances": 80 * k, "has holes": 160 * k, "restarts": (chunks - k) * RATE}.get(index, 0)
        timeline.push(AudioBlock(k if index == "new stream" else 1, first, RATE, 1, None, silence), 0, 0.0)

    def count(*_) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        timeline.expects(640, 0)
        timeline.read(640, 640)
        timeline.shown(640)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("index", ["advances", "has holes", "restarts", "new stream"])
def test_the_work_for_a_frame_does_not_grow_with_the_chunks_that_wait(index, make_reader):
    few, many = (calls_to_read_a_frame(make_reader("queued").timeline, index, chunks) for chunks in (100, 2000))
    assert many < 1.5 * few


def test_speech_in_real_time_that_waits_for_seconds_is_reported_once_until_it_is_in_time_again(sender, make_speech):
    speech = make_speech(RATE)
    sender.send(make_speech(5 * RATE), every=0)  # what came while the head stood still
    for second in range(24):
        sender.send(speech, index=(5 + second) * RATE, every=0.1)
    assert sender.counters["queue_late"] == 1
    assert "waits for" in dict(sender.reader.timeline.take_notices())["queue_late"]
    sender.interrupt()
    for second in range(12):
        sender.send(speech, stream=2, index=second * RATE, every=0.1)
    assert sender.counters["queue_late"] == 1


def test_sentences_ahead_of_time_with_pauses_are_not_late(sender, make_speech):
    for sentence in range(3):
        sender.send(make_speech(8 * RATE), stream=sentence, every=0.005, end=True)
        sender.wait(7.0)
    assert "queue_late" not in sender.counters
