"""When a paced frame is made: once the clock allows it and its audio is there, at its deadline at the latest."""

import numpy as np
import pytest

from dystream_ros.audio.block import AudioBlock
from dystream_ros.face.motion import SPEAKING_OTHER, SPEAKING_SELF

MS = 1_000_000
BUDGET_NS = 25 * MS


class Watch:
    """Notes when each frame of a stage is made."""

    def __init__(self, stage):
        self._stage, self._step = stage, stage.conversation.step
        self.made_ns: list[int] = []
        stage.conversation.step = self.step

    def step(self, now_ns):
        frame = self._step(now_ns)
        self.made_ns.append(now_ns)
        return frame

    def after_needed(self, first=0, last=None) -> np.ndarray:
        """Nanoseconds from each frame's end plus lookahead, by ROS time, to its making."""
        offset, frames = self._stage.offset_ns, self._stage.frames
        return np.array([made + offset - frame.stamp_ns - 100 * MS for made, frame in zip(self.made_ns, frames)])[
            first:last
        ]


@pytest.fixture
def watched(make_stage):
    def make(**settings):
        stage = make_stage(**settings)
        return stage, Watch(stage)

    return make


def test_a_frame_is_made_when_the_last_audio_that_it_needs_comes(watched, noise):
    stage, watch = watched(self_mode="live")
    stage.play(noise(2), "self", "other", transport_ms=3)
    # Chunks begin where the clock does, so that the last sample needed ends a chunk.
    np.testing.assert_allclose(watch.after_needed(2), 3 * MS, atol=1000)
    for frame, made in list(zip(stage.frames, watch.made_ns, strict=True))[2:]:
        assert frame.ready_ns == made
        assert not frame.audio_missing


def test_the_slower_party_decides(watched, noise):
    stage, watch = watched(self_mode="live")
    speech = noise(2)
    for at in range(0, len(speech), 160):
        start = 10**9 + at * 62_500
        for party, late in (("self", 2), ("other", 12)):
            stage.wait_until(max(stage.now_ns, start + (10 + late) * MS))
            block = AudioBlock(1, at, 16_000, 1, start + stage.offset_ns, speech[at : at + 160])
            stage.conversation.push(party, block, stage.now_ns)
    np.testing.assert_allclose(watch.after_needed(3, -1), 12 * MS, atol=1000)
    assert stage.conversation.statistics().other_audio.late == 0


def test_a_party_that_is_late_is_waited_for_until_the_deadline(watched, noise):
    stage, watch = watched(self_mode="live")
    stage.play(noise(1), "self", "other")
    made = len(stage.frames)
    stage.play(noise(0.5, seed=1), "self", index=16_000)
    assert set(watch.after_needed(made + 1)) == {BUDGET_NS}
    for frame, at in list(zip(stage.frames, watch.made_ns, strict=True))[made + 1 :]:
        assert frame.audio_missing == SPEAKING_OTHER
        assert frame.ready_ns == frame.due_ns == at


def test_one_lost_chunk_is_waited_for_and_then_forgotten(watched, noise):
    stage, watch = watched()
    stage.play(noise(0.5), "other")
    stage.wait(10)
    stage.now_ns -= 2 * MS
    first = len(stage.frames)
    stage.play(noise(1, seed=1), "other", index=8160)
    waits = watch.after_needed(first)
    assert list(waits[waits > 3 * MS]) == [BUDGET_NS]


def test_a_party_that_is_gone_is_not_waited_for(watched, noise):
    stage, watch = watched(self_mode="live")
    stage.play(noise(1), "self", "other")
    stage.now_ns -= 2 * MS
    stage.play(noise(3, seed=1), "self", index=16_000)
    np.testing.assert_allclose(watch.after_needed(-20), 2 * MS, atol=1000)
    assert all(frame.audio_missing == SPEAKING_OTHER for frame in stage.frames[-20:])


def test_a_party_that_never_came_is_not_waited_for(watched, noise):
    stage, watch = watched(self_mode="live")
    stage.play(noise(1), "self")
    np.testing.assert_allclose(watch.after_needed(2), 2 * MS, atol=1000)
    for frame, made in list(zip(stage.frames, watch.made_ns, strict=True))[2:]:
        assert frame.audio_missing == SPEAKING_OTHER
        assert frame.ready_ns == made


def test_a_live_party_that_stops_or_does_not_come_is_said_and_counted_once(make_stage, noise):
    stage = make_stage()
    stage.wait(10_000)
    assert [text for name, text in stage.conversation.notices() if name == "other_silent"] == [
        "other audio has not arrived yet; silence is used meanwhile; check its source"
    ]
    for times in (2, 3):
        stage.play(noise(0.5), "other")
        stage.wait(5000)
        assert "stopped without ending" in dict(stage.conversation.notices())["other_silent"]
        assert stage.conversation.statistics().counters == {"other_silent": times}
    end = AudioBlock(1, 16_000, 16_000, 1, stage.now_ns + stage.offset_ns, noise(0), True)
    stage.conversation.push("other", end, stage.now_ns)
    stage.wait(5000)
    assert stage.conversation.statistics().counters == {"other_silent": 3}


def test_with_nobody_there_frames_come_by_the_clock(watched):
    stage, watch = watched(self_mode="live")
    stage.wait(2000)
    assert len(stage.frames) == 50
    assert set(watch.after_needed()) == {0}


def test_a_stream_that_ended_is_not_waited_for(watched, noise):
    stage, watch = watched()
    speech = noise(1)
    stage.conversation.push("self", AudioBlock(1, 0, 16_000, 1, None, speech, True), stage.now_ns)
    stage.play(speech, "other")
    end = AudioBlock(1, 16_000, 16_000, 1, stage.now_ns + stage.offset_ns, noise(0), True)
    stage.conversation.push("other", end, stage.now_ns)
    stage.wait(1000)
    assert set(watch.after_needed(-20)) == {0}
    assert not any(frame.audio_missing for frame in stage.frames[2:])


def test_queued_speech_does_not_make_frames_run_ahead_of_the_clock(watched, noise):
    stage, watch = watched()
    stage.conversation.push("self", AudioBlock(1, 0, 16_000, 1, None, noise(5), True), stage.now_ns)
    stage.wait(4000)
    assert len(stage.frames) == 100
    assert set(watch.after_needed()) == {0}
    assert all(frame.ready_ns == made for frame, made in zip(stage.frames, watch.made_ns, strict=True))


def test_speech_that_is_queued_as_it_is_spoken_is_waited_for(watched, noise):
    stage, speech = watched()[0], noise(2)
    stage.play(speech, "self", "other")
    stage.wait(1000)
    counters = stage.conversation.statistics().self_audio.counters
    assert "underrun" not in counters
    assert not any(frame.audio_missing & SPEAKING_SELF for frame in stage.frames[2:48])
    np.testing.assert_allclose(np.abs(stage.heard("self")).sum(), np.abs(speech).sum(), rtol=1e-3)


def test_after_an_interrupt_nothing_is_waited_for(watched, noise):
    stage, watch = watched()
    stage.play(noise(0.5), "self")
    stage.conversation.interrupt()
    first = len(stage.frames)
    stage.wait(400)
    assert set(watch.after_needed(first + 1)) == {0}


def test_audio_before_its_time_does_not_make_frames_early(watched, noise):
    stage, watch = watched(self_mode="live")
    # The source's clock is 20 ms behind: its audio is there before its stamps say so.
    stage.play(noise(1.5), "self", "other", stamp_error_ns=20 * MS)
    assert watch.after_needed().min() >= 0


@pytest.mark.parametrize("size", [160, 320, 512, 1600])
def test_frames_keep_to_25_a_second_whatever_the_chunks(size, watched, noise):
    stage, watch = watched()
    stage.play(noise(60), "other", size=size)
    assert [frame.motion.frame for frame in stage.frames] == list(range(len(stage.frames)))
    waits = watch.after_needed(5)
    assert waits.min() >= 0
    assert waits.max() <= BUDGET_NS + 1000
    assert abs(waits[-25:].mean() - waits[:25].mean()) < 1 * MS
    figures = stage.conversation.statistics().other_audio
    assert (figures.late, figures.overlap, figures.missing <= 1600 + size) == (0, 0, True)


def test_chunks_of_20_ms_that_come_4_ms_late_lose_nothing(watched, noise):
    stage, speech = watched()[0], noise(20)
    random = np.random.default_rng(0)
    for at in range(0, len(speech), 320):
        start = 10**9 + at * 62_500
        stage.wait_until(max(stage.now_ns, start + round((20 + random.uniform(0, 4)) * MS)))
        block = AudioBlock(1, at, 16_000, 1, start + stage.offset_ns, speech[at : at + 320])
        stage.conversation.push("other", block, stage.now_ns)
    figures = stage.conversation.statistics().other_audio
    assert (figures.samples, figures.late, figures.overlap) == (len(speech), 0, 0)
    assert not any(frame.audio_missing & SPEAKING_OTHER for frame in stage.frames[2:])


def test_who_makes_frames_is_woken_by_the_chunk_that_completes_one_and_by_no_other(make_stage, noise):
    stage, speech = make_stage(), noise(1)
    conversation = stage.conversation
    woken = []
    for at in range(0, len(speech), 160):
        now = 10**9 + (at + 160) * 62_500 + 2 * MS
        due = conversation.due_ns(now)
        while due <= now:
            conversation.step(now)
            due = conversation.due_ns(now)
        stamp = 10**9 + at * 62_500 + stage.offset_ns
        if conversation.push("other", AudioBlock(1, at, 16_000, 1, stamp, speech[at : at + 160]), now):
            woken.append(at)
            assert conversation.due_ns(now) <= now
    assert set(np.diff(woken)) == {640}
    assert len(woken) >= 23
