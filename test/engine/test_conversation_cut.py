"""Speech that is cut by a reset, by the end of the conversation or in driven time: nothing waits for it for ever."""

from contextlib import suppress

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.conversation import Conversation
from dystream_ros.engine.utterances import Event, Utterances

RATE = 16_000


def utterance(stage, samples, stream, end=True):
    for at in range(0, len(samples), 1600):
        last = end and at + 1600 >= len(samples)
        block = AudioBlock(stream, at, RATE, 1, None, samples[at : at + 1600], last)
        stage.conversation.push("self", block, stage.now_ns)


def events(frames):
    utterances = Utterances()
    return [(each.event, each.stream_id) for frame in frames for each in utterances.of(frame)]


def push(conversation, party, block):
    """As a source that does not know what is refused."""
    with suppress(AudioRejected):
        conversation.push(party, block, 0)


@pytest.mark.parametrize("act", ["reset", "interrupt"])
def test_every_utterance_that_waits_is_told_to_be_interrupted(make_stage, noise, act):
    stage = make_stage()
    for stream in (11, 12, 13):
        utterance(stage, noise(2), stream)
    stage.wait(1000)
    getattr(stage.conversation, act)()
    stage.wait(1000)
    cut = [(Event.INTERRUPTED, stream) for stream in (11, 12, 13)]
    assert events(stage.frames) == [(Event.BEGAN, 11), *cut]
    ends = [block.stream_id for frame in stage.frames for block in frame.self_audio if block.end_of_stream]
    assert sorted(ends) == [11, 12, 13], "a player of the aligned audio waits for each end"
    figures = stage.conversation.statistics().self_audio
    heard = sum(block.frames for frame in stage.frames for block in frame.self_audio)
    assert figures.samples - heard == figures.counters["interrupted_samples"]


def test_what_is_still_sent_of_an_utterance_after_a_reset_is_refused_and_the_next_is_heard(make_stage, noise):
    stage, next_one = make_stage(), noise(1, seed=3)
    utterance(stage, noise(1), 11, end=False)
    stage.wait(500)
    stage.conversation.reset()
    stage.wait(100)
    with pytest.raises(AudioRejected, match="interrupted stream 11"):
        stage.conversation.push("self", AudioBlock(11, RATE, RATE, 1, None, noise(0.1)), stage.now_ns)
    utterance(stage, next_one, 12)
    stage.wait(2000)
    assert events(stage.frames) == [
        (Event.BEGAN, 11), (Event.INTERRUPTED, 11), (Event.BEGAN, 12), (Event.ENDED, 12)
    ]  # fmt: skip
    heard = [block for frame in stage.frames for block in frame.self_audio if block.stream_id == 12]
    np.testing.assert_array_equal(np.concatenate([block.data.reshape(-1) for block in heard]), next_one)


def test_after_a_pause_a_source_with_one_stream_for_life_is_heard_at_once(make_stage, noise):
    stage = make_stage()
    utterance(stage, noise(1), 11, end=False)
    stage.wait(500)
    assert [block.stream_id for block in stage.conversation.stop()] == [11]
    stage.conversation.reset(after_pause=True)
    stage.conversation.push("self", AudioBlock(11, RATE, RATE, 1, None, noise(0.1), True), stage.now_ns)
    stage.wait(1000)
    assert events(stage.frames[-25:]) == [(Event.BEGAN, 11), (Event.ENDED, 11)]


def test_a_conversation_that_stops_returns_the_ends_that_no_frame_has_shown(make_stage, noise):
    stage = make_stage()
    for stream in (11, 12):
        utterance(stage, noise(2), stream)
    stage.wait(1000)
    generation = stage.conversation.generation
    assert [(block.stream_id, block.frames, block.end_of_stream) for block in stage.conversation.stop()] == [
        (11, 0, True),
        (12, 0, True),
    ]
    assert stage.conversation.generation > generation
    assert stage.conversation.stop() == ()


@pytest.mark.parametrize("ahead", [0.1, 1.0])
def test_in_driven_time_frames_go_on_in_silence_while_the_rest_of_the_speech_is_refused(echo_session, noise, ahead):
    """As a file or a bag that is sent as fast as its motion, `ahead` seconds before it."""
    session = echo_session()
    conversation = Conversation(session, ConversationConfig(time_mode="driven"))
    own, other, size = noise(6, 1), noise(6, 2), 1600
    frames = []
    for at in range(0, len(own), size):
        while len(frames) * 640 < at - ahead * RATE:
            frame = conversation.step(0)
            assert frame is not None, f"the source waits for frame {len(frames)} for ever"
            frames.append(frame)
            if len(frames) == 50:
                conversation.interrupt()
        for party, sound in (("other", other), ("self", own)):
            block = AudioBlock(1, at, RATE, 1, None, sound[at : at + size], at + size >= len(sound))
            push(conversation, party, block)
    while (frame := conversation.step(0)) is not None:
        frames.append(frame)
    assert len(frames) == 150
    assert events(frames) == [(Event.BEGAN, 1), (Event.INTERRUPTED, 1)]
    assert not any(frame.audio_missing for frame in frames)


def test_in_driven_time_the_next_stream_follows_what_was_refused(echo_session, noise):
    conversation = Conversation(echo_session(), ConversationConfig(time_mode="driven", parties="self"))
    own, answer = noise(2, 1), noise(1, 2)
    for at in range(0, len(own), 1600):
        if at == 16_000:
            while conversation.step(0) is not None:
                pass
            conversation.interrupt()
        push(conversation, "self", AudioBlock(1, at, RATE, 1, None, own[at : at + 1600]))
    conversation.push("self", AudioBlock(2, 0, RATE, 1, None, answer, True), 0)
    frames = []
    while (frame := conversation.step(0)) is not None:
        frames.append(frame)
    shown = [(frame.motion.frame, block) for frame in frames for block in frame.self_audio if block.frames]
    assert shown[0][0] == 50, "two seconds were sent before it"
    np.testing.assert_array_equal(np.concatenate([block.data.reshape(-1) for _, block in shown]), answer)
