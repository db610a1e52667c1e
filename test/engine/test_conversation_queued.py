"""A conversation whose self speech comes from simple text-to-speech nodes: what is sent is shown, and ends reach it."""

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.face.stages.close_lips import AMOUNTS

RATE = 16_000


def say(stage, samples, stream=1, index=0, end=False, counts=True, size=1600) -> int:
    """Send speech, a chunk every 10 ms; returns how many chunks were refused."""
    refused = 0
    for at in range(0, len(samples), size):
        part = samples[at : at + size]
        last = end and at + size >= len(samples)
        try:
            block = AudioBlock(stream, index + at * counts, RATE, 1, None, part, last)
            stage.conversation.push("self", block, stage.now_ns)
        except AudioRejected:
            refused += 1
        stage.wait(10)
    return refused


def shown(stage) -> np.ndarray:
    return np.concatenate([block.data.reshape(-1) for frame in stage.frames for block in frame.self_audio])


def ends(stage) -> list[int]:
    return [block.stream_id for frame in stage.frames for block in frame.self_audio if block.end_of_stream]


def assert_received(stage, speech):
    """The session received the speech that was shown, in one piece at its frames."""
    received, inner = stage.received("self"), speech[800:-800]
    places = np.flatnonzero(received == inner[0])
    assert any(np.array_equal(received[place : place + len(inner)], inner) for place in places)


def test_one_stream_without_an_end_is_shown_again_after_an_interrupt(make_stage, noise):
    stage, answer = make_stage(), noise(1, seed=1)
    say(stage, noise(3))
    stage.conversation.interrupt()
    assert say(stage, noise(1), index=3 * RATE) == 10
    stage.wait(600)
    assert say(stage, answer, index=4 * RATE) == 0
    stage.wait(2000)
    np.testing.assert_array_equal(shown(stage)[-RATE:], answer)
    assert_received(stage, answer)
    # The lips closed once, over as many frames as the curve has; what was shown was fed back.
    assert [motion.head_pose[0] for motion in stage.session.shown] == pytest.approx(AMOUNTS)


def test_what_an_interrupt_drops_is_counted_to_the_sample(make_stage, noise):
    stage = make_stage()
    say(stage, noise(3))
    stage.conversation.interrupt()
    stage.wait(1000)
    figures = stage.conversation.statistics().self_audio
    # Also the samples that a frame has read as its lookahead, and no frame shows.
    assert figures.samples == 3 * RATE
    assert figures.samples - len(shown(stage)) == figures.counters["interrupted_samples"] > 0


def test_a_microphone_as_queued_self_is_shown_again_after_an_interrupt(make_stage, noise):
    stage, sound = make_stage(), noise(4)
    stage.play(noise(1), "self")
    stage.conversation.interrupt()
    start = len(stage.frames)
    for at in range(0, len(sound), 160):
        stage.wait(10)
        block = AudioBlock(1, RATE + at, RATE, 1, stage.now_ns + stage.offset_ns - 10_000_000, sound[at : at + 160])
        try:
            stage.conversation.push("self", block, stage.now_ns)
        except AudioRejected:
            assert at < 2.2 * RATE
    stage.wait(200)
    received = np.concatenate([np.split(frame.motion.values, 2)[0] for frame in stage.frames[start:]])
    assert np.count_nonzero(received) > 1.5 * RATE


def test_sentences_of_a_stream_each_without_ends_are_shown_one_after_the_other(make_stage, noise):
    stage, sentences = make_stage(), [noise(1, seed=seed) for seed in range(3)]
    for stream, sentence in enumerate(sentences, 1):
        assert say(stage, sentence, stream=stream) == 0
        stage.wait(100)
    stage.wait(4000)
    np.testing.assert_array_equal(shown(stage), np.concatenate(sentences))
    assert "second_source" not in stage.conversation.statistics().self_audio.counters


def test_chunks_that_all_begin_at_sample_0_are_shown_one_after_the_other(make_stage, noise):
    stage, speech = make_stage(), noise(2)
    assert say(stage, speech, counts=False) == 0
    stage.wait(3000)
    np.testing.assert_array_equal(shown(stage), speech)
    assert_received(stage, speech)
    [sentence] = {text for name, text in stage.conversation.notices() if name == "index_static" and "sample 0" in text}
    assert "advance first_sample by the number of samples in each chunk" in sentence


@pytest.mark.parametrize("driven", [False, True])
def test_an_utterance_that_is_queued_with_its_end_and_interrupted_ends_once(driven, make_stage, noise):
    stage = make_stage(**({"time_mode": "driven", "parties": "self"} if driven else {}))
    speech = noise(3)
    if driven:
        stage.conversation.push("self", AudioBlock(9, 0, RATE, 1, None, speech, True), 0)
        stage.frames += [stage.conversation.step(0) for _ in range(25)]
        stage.conversation.interrupt()
        stage.conversation.push("self", AudioBlock(10, 0, RATE, 1, None, speech, True), 0)
        stage.frames.append(stage.conversation.step(0))
        assert ends(stage) == [9]
        return
    say(stage, speech, stream=9, end=True)
    stage.wait(500)
    assert ends(stage) == []
    stage.conversation.interrupt()
    stage.wait(200)
    assert ends(stage) == [9]
    stage.wait(3000)
    assert ends(stage) == [9]


def test_speech_and_its_end_that_fall_into_a_stall_are_shown_afterwards(make_stage, noise):
    stage, speech = make_stage(catch_up=1), noise(0.5)
    say(stage, speech, stream=9, end=True)
    stage.stall(3000)
    stage.wait(1000)
    assert stage.conversation.statistics().frames_dropped > 0
    np.testing.assert_array_equal(shown(stage), speech)
    assert ends(stage) == [9]


def test_seventy_seconds_at_once_are_reported_before_and_after_the_loss(make_stage, noise):
    stage, second = make_stage(), noise(1)
    refusals, warned_at = [], None
    for at in range(70):
        block = AudioBlock(1, at * RATE, RATE, 1, None, second)
        try:
            stage.conversation.push("self", block, stage.now_ns)
        except AudioRejected as refused:
            refusals.append(str(refused))
        for name, text in stage.conversation.notices():
            assert name == "queue_high"
            assert not refusals
            warned_at = text
    assert "queue_limit is 60 s" in warned_at
    figures = stage.conversation.statistics().self_audio
    assert figures.samples + figures.rejected == 70 * RATE
    assert f"({figures.rejected} samples) lost so far" in refusals[-1]
    assert figures.counters["queue_high"] == 1
    assert figures.counters["queue_full_samples"] == figures.rejected
