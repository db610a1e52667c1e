"""A conversation whose frames cost more than real time: it stays at the present, and queued speech is said late."""

from dataclasses import dataclass

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock

MS = 1_000_000
RATE = 16_000
CHUNK = 160
LONGEST_LATENCY = 250  # ms


@dataclass
class Shown:
    """A frame, the instant of its publication and its latency."""

    at_s: float
    latency_ms: float
    frame: object


def run(stage, seconds, cost_ms, sent=None, microphone=None):
    """Advances simulated time; each frame costs `cost_ms(time in s)`, and `other` sends 10 ms of audio every 10 ms."""
    begun, shown, pushed = stage.now_ns, [], 0
    microphone = np.zeros(round(seconds * RATE) + RATE, np.float32) if microphone is None else microphone
    while stage.now_ns - begun < seconds * 1e9:
        while (pushed + 1) * 10 * MS <= stage.now_ns - begun:
            stamp = begun + pushed * 10 * MS + stage.offset_ns
            part = microphone[pushed * CHUNK : (pushed + 1) * CHUNK]
            stage.conversation.push("other", AudioBlock(1, pushed * CHUNK, RATE, 1, stamp, part), stage.now_ns)
            pushed += 1
        if stage.conversation.due_ns(stage.now_ns) <= stage.now_ns:
            frame = stage.conversation.step(stage.now_ns)
            if frame is not None:
                stage.now_ns += round(cost_ms((stage.now_ns - begun) / 1e9) * MS)
                latency = (stage.now_ns + stage.offset_ns - frame.stamp_ns) / MS
                shown.append(Shown((stage.now_ns - begun) / 1e9, latency, frame))
                stage.frames.append(frame)
                continue
        stage.now_ns += MS
    return shown


def between(shown, begin, end):
    return [each for each in shown if begin <= each.at_s < end]


def spoken(frames):
    return [block for frame in frames for block in frame.self_audio]


def samples_of(blocks):
    return np.concatenate([block.data.reshape(-1) for block in blocks if block.frames])


@pytest.mark.parametrize("catch_up", [25, 5, 1])
@pytest.mark.parametrize("cost", [45, 60, 100])
def test_latency_stays_small_under_sustained_overload_and_is_normal_a_second_later(catch_up, cost, make_stage):
    stage = make_stage(catch_up=catch_up)
    shown = run(stage, 50, lambda at: cost if at < 30 else 15)
    loaded = between(shown, 2, 30)
    assert max(each.latency_ms for each in loaded) <= LONGEST_LATENCY
    # No time is spent waiting.
    assert len(loaded) >= 28e3 / cost - 1
    after = between(shown, 31, 50)
    assert max(each.latency_ms for each in after) < 160
    numbers = [each.frame.motion.frame for each in after]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    counters = stage.conversation.statistics().counters
    assert counters.get("overload", 0) + counters.get("stall", 0) > 0


@pytest.mark.parametrize("cost", [5, 15, 25])
def test_a_single_stall_is_caught_up_without_a_gap(cost, make_stage):
    stage = make_stage()
    run(stage, 2, lambda at: cost)
    stage.stall(600)
    shown = run(stage, 4, lambda at: cost)
    numbers = [frame.motion.frame for frame in stage.frames]
    assert numbers == list(range(len(numbers)))
    assert stage.conversation.statistics().frames_dropped == 0
    assert between(shown, 0, 0.2)[0].latency_ms > 600
    assert between(shown, 3, 4)[0].latency_ms < 180


def test_two_short_stalls_in_a_row_are_caught_up(make_stage):
    stage = make_stage()
    run(stage, 2, lambda at: 10)
    for _ in range(2):
        stage.stall(120)
        run(stage, 0.06, lambda at: 10)
    run(stage, 1, lambda at: 10)
    assert stage.conversation.statistics().frames_dropped == 0


def test_catching_up_is_possible_again_after_an_overload(make_stage):
    stage = make_stage()
    run(stage, 12, lambda at: 100 if at < 10 else 10)
    dropped = stage.conversation.statistics().frames_dropped
    assert dropped > 0
    stage.stall(600)
    run(stage, 2, lambda at: 10)
    assert stage.conversation.statistics().frames_dropped == dropped


def test_audio_that_is_always_late_within_the_budget_is_no_overload(make_stage):
    stage = make_stage(jitter_budget=0.3)
    silence = np.zeros(CHUNK, np.float32)
    begun = stage.now_ns
    for at in range(0, 5 * RATE, CHUNK):
        stage.wait_until(begun + (at + CHUNK) * 62_500 + 280 * MS)
        stamp = begun + at * 62_500 + stage.offset_ns
        stage.conversation.push("other", AudioBlock(1, at, RATE, 1, stamp, silence), stage.now_ns)
    figures = stage.conversation.statistics()
    assert figures.frames_dropped == 0
    assert figures.other_audio.late == 0


@pytest.mark.parametrize("rate", [16_000, 22_050, 48_000])
@pytest.mark.parametrize("cost", [45, 60, 100])
def test_queued_speech_is_said_late_and_whole_under_overload(cost, rate, make_stage):
    stage = make_stage()
    speech = (3000 * np.random.default_rng(1).standard_normal(round(7.5 * rate))).astype(np.int16)
    stage.conversation.push("self", AudioBlock(7, 0, rate, 1, None, speech, True), stage.now_ns)
    run(stage, 30, lambda at: cost)
    blocks = spoken(stage.frames)
    np.testing.assert_array_equal(samples_of(blocks), speech)
    assert [block.first_sample for block in blocks[1:]] == [block.first_sample + block.frames for block in blocks[:-1]]
    assert [block.end_of_stream for block in blocks] == [False] * (len(blocks) - 1) + [True]
    for frame in stage.frames:
        for block in frame.self_audio:
            assert -MS <= block.stamp_ns - frame.stamp_ns < 40 * MS
    figures = stage.conversation.statistics().self_audio
    assert (figures.samples, figures.late) == (len(speech), 0)
    assert figures.counters["delayed_samples"] > 0
    if rate == RATE:
        # The session has received it in one piece.
        received = stage.received("self")
        place = int(np.flatnonzero(received)[0])
        heard = received[place + 64 : place + len(speech) - 64] * 32768
        np.testing.assert_allclose(heard, speech[64:-64], atol=2)


def test_the_lips_and_the_aligned_sound_of_a_frame_belong_together_after_frames_were_dropped(make_stage):
    """The values of a frame of the echo session begin `lookahead` after the frame's sound, also after a drop."""
    stage = make_stage()
    # Alternating in sign: a ramp would have an offset, which is removed.
    speech = np.arange(1, 3 * RATE + 1).astype(np.float32) / (4 * RATE) * np.tile(np.float32([1, -1]), 3 * RATE // 2)
    stage.conversation.push("self", AudioBlock(7, 0, RATE, 1, None, speech, True), stage.now_ns)
    run(stage, 12, lambda at: 100)
    compared = 0
    for frame in stage.frames[1:]:
        sound = samples_of(frame.self_audio) if frame.self_audio else np.zeros(0)
        heard = np.split(frame.motion.values, 2)[0]
        if len(sound) == 640 and np.all(heard != 0):
            np.testing.assert_allclose(np.abs(sound) + 960 / (4 * RATE), np.abs(heard), atol=1e-7)
            compared += 1
    assert compared > 50


def test_a_pause_between_utterances_absorbs_the_delay(make_stage, noise):
    stage = make_stage()
    at_ns = stage.now_ns + stage.offset_ns + 6_000 * MS
    stage.conversation.push("self", AudioBlock(7, 0, RATE, 1, None, noise(2), True), stage.now_ns)
    stage.conversation.push("self", AudioBlock(8, 0, RATE, 1, at_ns, noise(1, seed=2), True), stage.now_ns)
    # Frames are dropped while the first one is said.
    run(stage, 12, lambda at: 60 if at < 2 else 10)
    blocks = spoken(stage.frames)
    first, second = ([block for block in blocks if block.stream_id == stream] for stream in (7, 8))
    assert len(samples_of(first)) == 2 * RATE
    assert len(samples_of(second)) == RATE
    assert first[-1].stamp_ns - first[0].stamp_ns > 2_200 * MS
    assert second[0].stamp_ns == pytest.approx(at_ns, abs=MS)
    assert [block.stream_id for block in blocks if block.end_of_stream] == [7, 8]


def test_utterances_queued_one_after_the_other_keep_their_order_and_ends(make_stage, noise):
    stage = make_stage()
    for stream in range(5):
        block = AudioBlock(stream + 1, 0, RATE, 1, None, noise(1, seed=stream), False)
        stage.conversation.push("self", block, stage.now_ns)
        end = AudioBlock(stream + 1, RATE, RATE, 1, None, noise(0), True)
        stage.conversation.push("self", end, stage.now_ns)
    run(stage, 20, lambda at: 60)
    blocks = spoken(stage.frames)
    expected = np.concatenate([noise(1, seed=stream) for stream in range(5)])
    np.testing.assert_array_equal(samples_of(blocks), expected)
    assert [block.stream_id for block in blocks if block.end_of_stream] == [1, 2, 3, 4, 5]
    assert sorted(block.stream_id for block in blocks) == [block.stream_id for block in blocks]


def test_an_interruption_under_overload_drops_the_speech_and_its_stream_ends_once(make_stage, noise):
    stage = make_stage()
    stage.conversation.push("self", AudioBlock(7, 0, RATE, 1, None, noise(5), True), stage.now_ns)
    run(stage, 2, lambda at: 60)
    stage.conversation.interrupt()
    run(stage, 2, lambda at: 60)
    assert [block.stream_id for block in spoken(stage.frames) if block.end_of_stream] == [7]
    assert stage.conversation.statistics().self_audio.queued == 0
    stage.conversation.push("self", AudioBlock(8, 0, RATE, 1, None, noise(1, seed=1), True), stage.now_ns)
    run(stage, 3, lambda at: 60)
    np.testing.assert_array_equal(samples_of(spoken(stage.frames))[-RATE:], noise(1, seed=1))


def test_speech_that_is_sent_in_real_time_is_whole_under_overload(make_stage, noise):
    """A speech synthesis that sends 10 ms every 10 ms, without stamps."""
    stage, speech = make_stage(), noise(4)
    begun, sent = stage.now_ns, 0
    while stage.now_ns - begun < 12e9:
        while sent < len(speech) and sent * 62_500 + 10 * MS <= stage.now_ns - begun:
            block = AudioBlock(7, sent, RATE, 1, None, speech[sent : sent + CHUNK], sent + CHUNK >= len(speech))
            stage.conversation.push("self", block, stage.now_ns)
            sent += CHUNK
        if stage.conversation.due_ns(stage.now_ns) <= stage.now_ns and (frame := stage.conversation.step(stage.now_ns)):
            stage.frames.append(frame)
            stage.now_ns += 60 * MS
        else:
            stage.now_ns += MS
    np.testing.assert_array_equal(samples_of(spoken(stage.frames)), speech)
    # At most its beginning is waited for: afterwards the queue holds what was delayed.
    assert stage.conversation.statistics().self_audio.counters.get("underrun", 0) <= 1


@pytest.mark.parametrize("self_mode", ["queued", "live"])
def test_live_sound_keeps_the_present(self_mode, make_stage):
    """Each frame shows the live sound of its own instant: the sizes of the samples are their times of recording."""
    stage = make_stage(self_mode=self_mode)
    times = (np.arange(20 * RATE) / (32 * RATE) * np.tile([1, -1], 10 * RATE)).astype(np.float32)
    begun = stage.now_ns + stage.offset_ns
    run(stage, 15, lambda at: 60, microphone=times)
    compared = 0
    for frame in stage.frames[10:]:
        heard = np.abs(np.split(frame.motion.values, 2)[1])
        if frame.audio_missing & 2 or np.any(np.diff(heard) <= 0):
            continue
        # The session receives audio up to the lookahead of 960 samples after the frame.
        expected = ((frame.stamp_ns - begun) / 62_500 + 960 + np.arange(640)) / (32 * RATE)
        np.testing.assert_allclose(heard[64:], expected[64:], atol=2 / (32 * RATE))
        compared += 1
    assert compared > 100


def test_turns_follow_the_speech_that_is_said_late(make_stage, spoken):
    stage = make_stage()
    silence = np.zeros(RATE, np.float32)
    speech = np.concatenate([spoken, silence, spoken, silence])
    stage.conversation.push("self", AudioBlock(7, 0, RATE, 1, None, speech, True), stage.now_ns)
    quiet = make_stage()
    quiet.conversation.push("self", AudioBlock(7, 0, RATE, 1, None, speech, True), quiet.now_ns)
    run(stage, 20, lambda at: 70)
    run(quiet, 20, lambda at: 10)

    def turns(frames):
        """Whether self speaks, by the first sample of the frame's sound."""
        return {frame.self_audio[0].first_sample: frame.motion.speaking & 1 for frame in frames if frame.self_audio}

    late, punctual = turns(stage.frames), turns(quiet.frames)
    shared = late.keys() & punctual.keys()
    assert len(shared) > 50
    assert sum(late[first] != punctual[first] for first in shared) <= 2
