"""Driven time: the audio advances the conversation, and the same audio gives the same frames."""

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.conversation import Conversation

STAMP = 1_700_000_000 * 10**9


def blocks(samples, size, stamp_ns=STAMP, rate=16_000, ends=True):
    for at in range(0, len(samples), size):
        stamp = None if stamp_ns is None else stamp_ns + round(at * 1e9 / rate)
        part = samples[at : at + size]
        yield AudioBlock(1, at, rate, 1, stamp, part, ends and at + size >= len(samples))


def drive(session, own, other, order=None, **settings):
    """Frames of two block lists, pushed in turns (or as `order` says) and stepped as early as possible."""
    conversation = Conversation(session, ConversationConfig(time_mode="driven", **settings))
    queues = {"self": list(own), "other": list(other)}
    order = order or (lambda count: "self" if count % 2 == 0 else "other")
    frames, count = [], 0
    while any(queues.values()):
        party = order(count)
        party = party if queues[party] else ("other" if party == "self" else "self")
        conversation.push(party, queues[party].pop(0), 0)
        count += 1
        while (frame := conversation.step(0)) is not None:
            frames.append(frame)
    return frames, conversation


def same(one, two) -> None:
    assert len(one) == len(two)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.motion.values, b.motion.values)
        assert (a.motion.frame, a.motion.speaking, a.stamp_ns, a.audio_missing) == (
            b.motion.frame, b.motion.speaking, b.stamp_ns, b.audio_missing,
        )  # fmt: skip


def test_any_chunking_and_any_order_of_the_topics_gives_the_same_frames(echo_session, noise):
    own, other = noise(3, 1), noise(2.5, 2)
    reference, _ = drive(echo_session(), blocks(own, 160), blocks(other, 160))
    assert len(reference) == 75
    assert all(frame.reproducible for frame in reference)
    random = np.random.default_rng(0)
    for size_self, size_other in ((1600, 7), (48_000, 160), (333, 40_000)):
        frames, _ = drive(
            echo_session(),
            blocks(own, size_self),
            blocks(other, size_other),
            lambda _: "self" if random.random() < 0.5 else "other",
        )
        same(frames, reference)


@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_chunking_does_not_matter_at_other_rates(rate, echo_session):
    audio = 0.1 * np.random.default_rng(0).standard_normal(2 * rate).astype(np.float32)
    one, _ = drive(echo_session(), blocks(audio, rate // 100, rate=rate), blocks(audio, 500, rate=rate))
    two, _ = drive(echo_session(), blocks(audio, 7777, rate=rate), blocks(audio, 2 * rate, rate=rate))
    same(one, two)
    assert len(one) == 50


def test_stamps_align_the_parties(echo_session, noise):
    own, other = noise(2, 1), noise(2, 2)
    frames, _ = drive(echo_session(), blocks(own, 160), blocks(other, 160, STAMP + 500_000_000))
    received = np.concatenate([np.split(frame.motion.values, 2)[1] for frame in frames])
    assert not received[:8000].any()
    np.testing.assert_array_equal(received[8000:40_000], other)
    assert frames[0].stamp_ns == STAMP


@pytest.mark.parametrize("stamps", [(None, None), (STAMP, None), (STAMP, STAMP - 10**15), (0, STAMP)])
def test_without_common_stamps_the_parties_start_together(stamps, echo_session, noise):
    own, other = noise(1, 1), noise(1, 2)
    frames, _ = drive(echo_session(), blocks(own, 160, stamps[0]), blocks(other, 160, stamps[1]))
    for party, audio in enumerate((own, other)):
        received = np.concatenate([np.split(frame.motion.values, 2)[party] for frame in frames])
        np.testing.assert_array_equal(received[:16_000], audio)


def test_no_frame_is_computed_before_its_audio_is_complete(echo_session, noise):
    conversation = Conversation(echo_session(), ConversationConfig(time_mode="driven"))
    own = list(blocks(noise(1), 160))
    for block in own:
        conversation.push("self", block, 0)
    assert conversation.due_ns(7) is None
    assert conversation.step(7) is None
    for block in list(blocks(noise(1), 160))[:10]:
        assert conversation.due_ns(7) is None
        conversation.push("other", block, 0)
    assert conversation.due_ns(7) == 7


def test_only_the_awaited_party_is_waited_for(echo_session, noise):
    frames, _ = drive(echo_session(), blocks(noise(1), 160), [], parties="self")
    assert len(frames) == 25
    assert all(frame.audio_missing for frame in frames)


def test_a_party_that_ends_is_silent_and_nothing_is_missing(echo_session, noise):
    frames, _ = drive(echo_session(), blocks(noise(1), 160), blocks(noise(2), 160))
    assert len(frames) == 50
    assert not any(frame.audio_missing for frame in frames)


def test_a_gap_marks_the_run_as_not_reproducible(echo_session, noise):
    own = list(blocks(noise(2), 160))
    frames, conversation = drive(echo_session(), own[:50] + own[60:], blocks(noise(2), 160))
    assert len(frames) == 50
    assert frames[0].reproducible
    assert not frames[-1].reproducible
    assert conversation.statistics().self_audio.gap == 1600


def test_each_frame_carries_its_self_audio(echo_session, noise):
    own = noise(1)
    frames, _ = drive(echo_session(), blocks(own, 777), blocks(noise(1), 160))
    for frame in frames:
        shown = np.concatenate([block.data.reshape(-1) for block in frame.self_audio])
        start = frame.motion.frame * 640
        np.testing.assert_array_equal(shown, own[start : start + 640])
        assert frame.self_audio[0].stamp_ns == STAMP + start * 62_500


def test_audio_that_waits_for_the_other_party_is_refused_at_the_queue_limit(echo_session, noise):
    conversation = Conversation(echo_session(), ConversationConfig(time_mode="driven", queue_limit=1.0))
    *first, last = blocks(noise(1.2), 1600)
    for block in first:
        conversation.push("self", block, 0)
    with pytest.raises(AudioRejected, match="wait for the other party"):
        conversation.push("self", last, 0)


def test_a_reset_gives_the_same_frames_again(echo_session, noise):
    own, other = noise(1, 1), noise(1, 2)
    conversation = Conversation(echo_session(), ConversationConfig(time_mode="driven"))
    runs = []
    for _ in range(2):
        frames = []
        for one, two in zip(blocks(own, 160), blocks(other, 160), strict=True):
            conversation.push("self", one, 0)
            conversation.push("other", two, 0)
            while (frame := conversation.step(0)) is not None:
                frames.append(frame)
        runs.append(frames)
        conversation.reset()
    same(*runs)


def test_after_an_interrupt_self_is_silent(echo_session, noise):
    conversation = Conversation(echo_session(), ConversationConfig(time_mode="driven"))
    conversation.push("self", next(blocks(noise(2), 32_000, ends=False)), 0)
    other = list(blocks(noise(2), 160))
    for block in other[:100]:
        conversation.push("other", block, 0)
    frames = []
    while (frame := conversation.step(0)) is not None:
        frames.append(frame)
    conversation.interrupt()
    conversation.push("self", AudioBlock(2, 0, 16_000, 1, None, np.zeros(0, np.float32), True), 0)
    for block in other[100:]:
        conversation.push("other", block, 0)
    made = len(frames)
    while (frame := conversation.step(0)) is not None:
        frames.append(frame)
    assert len(frames) == 50
    assert {frame.generation for frame in frames[made:]} == {1}
    assert not np.concatenate([np.split(frame.motion.values, 2)[0] for frame in frames[made:]])[40:].any()


def test_a_bag_that_loops_stays_aligned(echo_session, noise):
    own, other = noise(2, 1), noise(2, 2)
    late = STAMP + 250_000_000
    own_blocks, other_blocks = list(blocks(own, 160, ends=False)), list(blocks(other, 160, late, ends=False))
    frames, _ = drive(echo_session(), own_blocks * 2, other_blocks * 2)
    first, second = (np.concatenate([np.split(frame.motion.values, 2)[party] for frame in frames]) for party in (0, 1))
    np.testing.assert_array_equal(first[:32_000], own)
    np.testing.assert_array_equal(second[4000:32_000], other[:28_000])
    # The second round: self starts after its end, and other follows with the same delay as before.
    assert len(frames) > 90
    count = len(first) - 32_000 - 4100
    np.testing.assert_array_equal(first[32_100 : 32_000 + count], own[100:count])
    np.testing.assert_array_equal(second[36_100 : 36_000 + count], other[100:count])
