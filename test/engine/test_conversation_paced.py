"""Paced time: frames are due by the clock whatever audio arrives, and the statistics describe the audio."""

import threading

import numpy as np
import pytest
from patience import PATIENCE

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.conversation import Conversation
from dystream_ros.face.motion import SPEAKING_OTHER, SPEAKING_SELF
from dystream_ros.face.stages.close_lips import AMOUNTS

MS = 1_000_000
FRAME_NS = 40 * MS


def test_audio_of_both_parties_is_used_at_its_stamps_and_complete(make_stage, noise):
    stage, speech = make_stage(self_mode="live"), noise(2)
    stage.wait(200)
    began = stage.now_ns + stage.offset_ns
    stage.play(speech, "self", "other")
    stage.wait(300)
    place = (began - stage.frames[0].stamp_ns) // 62_500
    for party in ("self", "other"):
        np.testing.assert_array_equal(stage.received(party)[place : place + len(speech)], speech)
    during = [f for f in stage.frames if began < f.stamp_ns < began + 1800 * MS]
    assert not any(frame.audio_missing for frame in during)
    figures = stage.conversation.statistics()
    assert figures.self_audio.samples == figures.other_audio.samples == len(speech)
    assert figures.frames == len(stage.frames)
    assert figures.frames_dropped == 0


def test_frames_come_every_40_ms_and_carry_consecutive_numbers_and_stamps(make_stage):
    stage = make_stage()
    stage.wait(10_000)
    assert [frame.motion.frame for frame in stage.frames] == list(range(250))
    assert set(np.diff([frame.stamp_ns for frame in stage.frames])) == {FRAME_NS}
    assert set(np.diff([frame.due_ns for frame in stage.frames])) <= {FRAME_NS, FRAME_NS - 1, FRAME_NS + 1}


@pytest.mark.parametrize("start_ms", [0, 7, 39])
def test_heads_that_step_together_have_frames_on_one_grid(make_stage, start_ms):
    stage = make_stage(step_together=0.004)
    stage.now_ns += start_ms * MS
    stage.conversation.reset()
    begun = stage.now_ns
    stage.wait(1_000)
    assert 0 < stage.frames[0].due_ns - begun <= FRAME_NS
    off = [(frame.due_ns + FRAME_NS // 2) % FRAME_NS - FRAME_NS // 2 for frame in stage.frames]
    assert np.abs(off).max() < 1000  # ns


def test_the_audio_of_the_next_frame_is_awaited_from_the_time_on_at_which_the_clock_passes_it(make_stage, noise):
    stage = make_stage()
    stage.play(noise(0.5), "other")
    due = stage.frames[-1].due_ns + FRAME_NS
    assert stage.conversation.audio_ns(stage.now_ns) == pytest.approx(due, abs=1000)
    # It lacks audio that is still expected.
    assert stage.conversation.audio_ns(due + 2000) == pytest.approx(due, abs=1000)
    stage.conversation.reset()
    assert stage.conversation.audio_ns(stage.now_ns) is None  # the clock has not begun
    assert make_stage(time_mode="driven").conversation.audio_ns(stage.now_ns) is None


def test_the_audio_of_the_frame_after_the_next_is_awaited_once_that_of_the_next_is_there(make_stage):
    stage = make_stage()
    stage.wait(200)  # nobody sends: nothing is expected
    due = stage.frames[-1].due_ns + FRAME_NS
    assert stage.conversation.audio_ns(due - 2000) == pytest.approx(due, abs=1000)
    assert stage.conversation.audio_ns(due + 2000) == pytest.approx(due + FRAME_NS, abs=1000)


@pytest.mark.parametrize("jitter_budget", [0.0, 0.015, 0.1])
def test_the_deadline_of_a_frame_is_its_end_plus_lookahead_plus_jitter_budget(jitter_budget, make_stage, noise):
    stage = make_stage(jitter_budget=jitter_budget)
    stage.play(noise(0.5), "other")
    stage.wait(200)
    frame = stage.frames[-1]
    late = frame.due_ns + stage.offset_ns - frame.stamp_ns
    assert late == pytest.approx((40 + 60) * MS + jitter_budget * 1e9, abs=1000)


@pytest.mark.parametrize("seconds", [1.0, 4.4, 9.0])
def test_after_a_source_that_was_ahead_in_stamps_and_index_frames_are_stamped_with_the_present_again(
    seconds, make_stage, noise
):
    stage, ahead = make_stage(), 11_200  # 0.7 s

    def latency_ms():
        return (stage.frames[-1].due_ns + stage.offset_ns - stage.frames[-1].stamp_ns) / MS

    stage.play(noise(5), "other")
    usual = latency_ms()
    stage.play(noise(seconds), "other", index=80_000 + ahead, stamp_error_ns=700 * MS)
    stage.play(noise(2), "other", index=80_000 + round(16_000 * seconds))
    budget = 1000 * ConversationConfig().jitter_budget + 3  # and the way of 2 ms
    assert usual - 1 <= latency_ms() <= usual + budget
    heard = noise(2, seed=1)
    stage.play(heard, "other", index=112_000 + round(16_000 * seconds))
    stage.wait(300)
    assert usual - 1 <= latency_ms() <= usual + budget
    # All of it is heard; the clock still approaches the stamps, which stretches it a little.
    received = stage.received("other")[-64_000:]
    for part in heard[1_600:-1_600].reshape(-1, 1_600):
        likeness = np.correlate(received, part) / np.sum(np.square(part))
        assert likeness.max() > 0.5
    assert [frame.motion.frame for frame in stage.frames] == list(range(len(stage.frames)))


def test_a_party_without_audio_is_silent_and_reported(make_stage, noise):
    stage = make_stage(self_mode="live")
    stage.wait(100)
    stage.play(noise(1), "self")
    assert all(frame.audio_missing & SPEAKING_OTHER for frame in stage.frames)
    assert not stage.received("other").any()
    assert not stage.conversation.statistics().other_audio.receiving


def test_a_silent_robot_has_no_missing_audio(make_stage, noise):
    stage = make_stage()
    stage.play(noise(1), "other")
    assert not any(frame.audio_missing & SPEAKING_SELF for frame in stage.frames)


def test_ready_is_the_arrival_of_the_last_sample_needed(make_stage, noise):
    stage = make_stage(jitter_budget=0.05)
    stage.wait(100)
    stage.play(noise(1), "other", transport_ms=3)
    frame = stage.frames[-5]
    needed_ns = frame.stamp_ns - stage.offset_ns + 100 * MS
    assert needed_ns + 3 * MS <= frame.ready_ns <= needed_ns + 13 * MS
    assert not frame.audio_missing & SPEAKING_OTHER


def test_ready_is_the_deadline_when_audio_is_missing(make_stage):
    stage = make_stage()
    stage.wait(200)
    assert all(frame.ready_ns == frame.due_ns for frame in stage.frames)


def test_after_a_stall_frames_are_caught_up_without_a_gap(make_stage):
    stage = make_stage(catch_up=25)
    stage.wait(400)
    stage.stall(500)
    stage.wait(1000)
    assert [frame.motion.frame for frame in stage.frames] == list(range(len(stage.frames)))
    assert len(stage.frames) == 47
    assert stage.conversation.statistics().frames_dropped == 0


def test_frames_beyond_catch_up_are_dropped_and_counted(make_stage, noise):
    stage = make_stage(catch_up=5)
    stage.wait(400)
    stage.stall(2000)
    stage.wait(400)
    numbers = [frame.motion.frame for frame in stage.frames]
    figures = stage.conversation.statistics()
    assert figures.frames_dropped == numbers[-1] + 1 - len(numbers) > 40
    assert sum(np.diff(numbers) > 1) == 1
    assert ("stall", 1) in figures.counters.items()
    assert "dropped" in dict(stage.conversation.notices())["stall"]
    stage.play(noise(1), "other")
    assert not stage.frames[-2].audio_missing & SPEAKING_OTHER


def test_statistics_change_nothing_and_leave_the_notices(make_stage, noise):
    stage = make_stage(catch_up=5)
    stage.play(noise(0.5), "other")
    stage.stall(2000)
    stage.wait(0)
    first, second = (stage.conversation.statistics() for _ in range(2))
    assert first == second
    assert first.counters["stall"] == 1
    assert "stall" in dict(stage.conversation.notices())
    assert stage.conversation.notices() == []


def test_a_stall_within_catch_up_loses_no_audio(make_stage, noise):
    stage, speech = make_stage(), noise(3)
    stage.wait(100)
    began = stage.now_ns + stage.offset_ns
    half = len(speech) // 2
    stage.play(speech[:half], "other")
    start = stage.now_ns - 2 * MS
    for at in range(half, half + 8000, 160):
        stamp = began + at * 62_500
        block = AudioBlock(1, at, 16_000, 1, stamp, speech[at : at + 160])
        stage.conversation.push("other", block, start + (at + 160 - half) * 62_500)
    stage.stall(500)
    stage.wait(0)
    place = (began - stage.frames[0].stamp_ns) // 62_500
    np.testing.assert_array_equal(stage.received("other")[place : place + half + 6000], speech[: half + 6000])


@pytest.mark.parametrize("jump_s", [-3600, 2, 86_400])
def test_a_jump_of_the_ros_clock_changes_stamps_and_nothing_else(jump_s, make_stage, noise):
    stage, speech = make_stage(self_mode="live"), noise(4)
    stage.wait(100)
    began = stage.now_ns + stage.offset_ns
    stage.play(speech[:32_000], "self", "other")
    stage.now_ns -= 2 * MS
    stage.offset_ns += jump_s * 10**9
    stage.play(speech[32_000:], "self", "other", index=32_000)
    place = (began - stage.frames[0].stamp_ns) // 62_500
    assert [frame.motion.frame for frame in stage.frames] == list(range(len(stage.frames)))
    for party in ("self", "other"):
        received = stage.received(party)[place:]
        count = min(len(received), len(speech)) - 1600
        np.testing.assert_array_equal(received[:count], speech[:count])
    assert stage.frames[-1].stamp_ns - stage.frames[0].stamp_ns == pytest.approx(
        jump_s * 1e9 + (len(stage.frames) - 1) * FRAME_NS
    )
    assert stage.conversation.statistics().counters["clock_jump"] == 1


def test_frames_carry_the_self_audio_of_a_burst(make_stage, noise):
    stage = make_stage()
    stage.wait(200)
    speech = (noise(2) * 20_000).astype(np.int16)
    stereo = np.stack([speech, speech // 2], axis=1)
    stage.conversation.push("self", AudioBlock(9, 0, 16_000, 2, None, stereo, True), stage.now_ns)
    stage.wait(3000)
    offered = [(frame, block) for frame in stage.frames for block in frame.self_audio]
    np.testing.assert_array_equal(np.concatenate([block.data for _, block in offered]), stereo)
    for frame, block in offered:
        assert frame.stamp_ns <= block.stamp_ns < frame.stamp_ns + FRAME_NS
        assert (block.stream_id, block.channels) == (9, 2)
    assert [block.end_of_stream for _, block in offered] == [False] * (len(offered) - 1) + [True]
    # The queue holds the lookahead too, so the first frame of the speech is computed within a frame of its arrival.
    assert offered[0][0].due_ns - (10**9 + 200 * MS) <= (40 + 60) * MS


def test_an_interrupt_drops_self_audio_and_keeps_other(make_stage, noise):
    stage = make_stage()
    stage.conversation.push("self", AudioBlock(9, 0, 16_000, 1, None, noise(5)), stage.now_ns)
    stage.play(noise(1), "other")
    stage.conversation.interrupt()
    with pytest.raises(AudioRejected, match="interrupted"):
        stage.conversation.push("self", AudioBlock(9, 80_000, 16_000, 1, None, noise(1)), stage.now_ns)
    made = len(stage.frames)
    stage.play(noise(1, seed=3), "other", index=16_000)
    after = stage.frames[made:]
    # Frames with closed lips are fed back to the session.
    assert [motion.head_pose[0] for motion in stage.session.shown] == pytest.approx(AMOUNTS)
    assert [motion.frame for motion in stage.session.shown] == [f.motion.frame for f in after[: len(AMOUNTS)]]
    assert {frame.generation for frame in after} == {1}
    offered = [block for frame in after for block in frame.self_audio]
    assert [(block.stream_id, block.frames, block.end_of_stream) for block in offered] == [(9, 0, True)]
    assert not np.concatenate([np.split(frame.motion.values, 2)[0] for frame in after])[700:].any()
    assert not any(frame.audio_missing & SPEAKING_OTHER for frame in after[2:])
    stage.conversation.push("self", AudioBlock(10, 0, 16_000, 1, None, noise(1)), stage.now_ns)
    stage.wait(500)
    assert stage.frames[-1].self_audio


def test_a_reset_begins_again_at_frame_0_with_a_fresh_session(make_stage, noise):
    stage = make_stage()
    stage.play(noise(1), "other")
    stage.conversation.reset(seed=5)
    assert stage.conversation.generation == 1
    made = len(stage.frames)
    stage.wait(400)
    assert [frame.motion.frame for frame in stage.frames[made:]] == list(range(10))
    assert stage.session.seed == 5
    assert {frame.generation for frame in stage.frames[made:]} == {1}
    assert stage.conversation.statistics().other_audio.samples == 16_000


def test_a_frame_has_the_bits_of_the_speaking_parties(make_stage, spoken):
    stage = make_stage(self_mode="live")
    stage.play(spoken, "other")
    bits = [frame.motion.speaking for frame in stage.frames]
    assert SPEAKING_OTHER in bits
    assert not any(bit & SPEAKING_SELF for bit in bits)
    assert bits[0] == 0


def test_pushing_from_another_thread_while_stepping_loses_nothing(echo_session, noise):
    conversation = Conversation(echo_session(), ConversationConfig(time_mode="driven", queue_limit=600))
    speech = noise(20)

    def push(party):
        for at in range(0, len(speech), 160):
            last = at + 160 >= len(speech)
            conversation.push(party, AudioBlock(1, at, 16_000, 1, None, speech[at : at + 160], last), 0)

    threads = [threading.Thread(target=push, args=(party,)) for party in ("self", "other")]
    for thread in threads:
        thread.start()
    frames = []
    while len(frames) < 500:
        frame = conversation.step(0)
        if frame is not None:
            frames.append(frame)
    for thread in threads:
        thread.join()
    received = np.concatenate([np.split(frame.motion.values, 2)[0] for frame in frames])
    np.testing.assert_array_equal(received[: len(speech)], speech)


def test_the_session_runs_without_the_lock(echo_session, noise):
    class Asking(echo_session):
        def step(self, self_audio, other_audio):
            done = threading.Thread(target=conversation.statistics)
            done.start()
            done.join(PATIENCE)
            assert not done.is_alive()
            return super().step(self_audio, other_audio)

    conversation = Conversation(Asking(), ConversationConfig(time_mode="driven"))
    for party in ("self", "other"):
        conversation.push(party, AudioBlock(1, 0, 16_000, 1, None, noise(0.2)), 0)
    assert conversation.step(0) is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_mode", "fast"),
        ("parties", "none"),
        ("self_mode", "burst"),
        ("jitter_budget", -0.1),
        ("queue_limit", 0.0),
        ("catch_up", 0),
        ("other_channel", 40),
        ("source_timeout", 60.0),
        ("speech_floor", 3.0),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_accepted(field, value):
    with pytest.raises(ValueError, match=rf"{field} is .*accepted are"):
        ConversationConfig(**{field: value})


def test_an_unknown_party_is_named(make_stage, noise):
    with pytest.raises(ValueError, match="'me'"):
        make_stage().conversation.push("me", AudioBlock(1, 0, 16_000, 1, None, noise(0.1)), 0)


def test_refused_audio_is_counted_and_frames_go_on(make_stage, noise):
    stage = make_stage()
    stage.wait(100)
    for changes in ((0, 1), (16_000, 0), (16_000, 3)):
        with pytest.raises(AudioRejected):
            stage.conversation.push("other", AudioBlock(1, 0, *changes, None, noise(0.01)), stage.now_ns)
    stage.play(noise(1), "other")
    figures = stage.conversation.statistics().other_audio
    assert figures.counters == {"sample_rate": 1, "channels": 1, "odd_size": 1}
    assert figures.rejected > 0
    assert figures.samples == 16_000


def test_parties_of_an_old_recording_stay_aligned(make_stage, noise):
    stage, speech = make_stage(self_mode="live"), noise(2)
    stage.wait(200)
    day_ns = 86_400 * 10**9
    stage.play(speech, "self", "other", stamp_error_ns=-day_ns)
    stage.wait(200)
    places = [int(np.flatnonzero(stage.received(party))[0]) for party in ("self", "other")]
    assert places[0] == places[1]
    np.testing.assert_array_equal(stage.received("self"), stage.received("other"))
    assert stage.conversation.statistics().self_audio.counters == {"stamp_far": 1}


def test_an_empty_block_that_ends_the_stream_follows_the_last_audio(make_stage, noise):
    stage = make_stage()
    stage.conversation.push("self", AudioBlock(9, 0, 16_000, 1, None, noise(1.01)), stage.now_ns)
    stage.conversation.push("self", AudioBlock(9, 16_160, 16_000, 1, None, noise(0), True), stage.now_ns)
    stage.wait(2000)
    offered = [block for frame in stage.frames for block in frame.self_audio]
    assert [block.end_of_stream for block in offered] == [False] * (len(offered) - 1) + [True]
    assert offered[-1].first_sample == 16_160
