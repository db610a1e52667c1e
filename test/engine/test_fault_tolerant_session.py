"""A failing model loses its frames, but the conversation continues; attempts follow at growing intervals."""

import numpy as np
import pytest

from dystream_ros.engine.fault_tolerant_session import LONGEST_PAUSE, FaultTolerantSession
from dystream_ros.face.motion import ARKIT_LAYOUT, MotionFrame, neutral_frame


def frame(value, index=0):
    return MotionFrame(index, np.full(52, value, np.float32), np.full(6, 0.2, np.float32))


class Counting:
    """A session whose motion is the mean of the self audio of its frame and lookahead."""

    layout, hop, lookahead = ARKIT_LAYOUT, 640, 960
    neutral = neutral_frame(ARKIT_LAYOUT)

    def __init__(self):
        self.fails = lambda index: False
        self.steps = 0
        self.reset()

    @property
    def samples_needed(self):
        return self.hop + (0 if self.recent.size else self.lookahead)

    def step(self, self_audio, other_audio):
        assert self_audio.size == other_audio.size == self.samples_needed
        self.steps += 1
        if self.fails(self.steps - 1):
            raise RuntimeError("no")
        self.recent = np.concatenate([self.recent, self_audio])[-self.hop - self.lookahead :]
        return frame(self.recent.mean())

    def reset(self, seed=None):
        self.recent, self.shown = np.zeros(0, np.float32), []

    def close_lips(self, motion, amount):
        return motion

    def emitted(self, motion):
        self.shown.append(motion)


def run(session, frames, audio):
    motions, at = [], 0
    for _ in range(frames):
        needed = session.samples_needed
        motions.append(session.step(audio[at : at + needed], audio[at : at + needed]))
        at += needed
    return motions


@pytest.fixture
def audio():
    return np.random.default_rng(0).standard_normal(640 * 1000 + 960).astype(np.float32)


@pytest.mark.parametrize("failure", ["an exception", "NaN"])
def test_a_session_continues_after_failures_with_the_current_audio(audio, failure):
    inner, reported = Counting(), []
    if failure == "an exception":
        inner.fails = lambda index: 10 <= index < 13
    else:
        step = inner.step

        def broken(*audio):
            motion = step(*audio)
            return frame(np.nan) if 11 <= inner.steps <= 13 else motion

        inner.step = broken
    session = FaultTolerantSession(inner, lambda text, frames: reported.append((text, frames)))
    motions = run(session, 30, audio)
    # Attempts fail at the frames 10, 11 and 13; the fourth, at frame 17, succeeds.
    failed = [motion.frame for motion in motions if np.isnan(motion.values).any()]
    assert failed == list(range(10, 17))
    assert [frames for _, frames in reported] == [1, 2, 4]
    assert "next attempt in 0.16 s" in reported[2][0]
    assert [motion.frame for motion in motions] == list(range(30))
    for index in (0, 5, 9, 17, 18, 29):
        expected = audio[index * 640 : (index + 1) * 640 + 960].mean()
        assert motions[index].values[0] == pytest.approx(expected, abs=1e-6), index


def test_a_model_that_always_fails_is_tried_at_growing_intervals(audio):
    inner, reported = Counting(), []
    inner.fails = lambda index: True
    session = FaultTolerantSession(inner, lambda text, frames: reported.append(frames))
    motions = run(session, 1000, audio)
    assert inner.steps <= 7 + 1000 / LONGEST_PAUSE, "an attempt at each frame would be 1000"
    assert "RuntimeError: no" in session.failure
    assert all(np.isnan(motion.values).all() for motion in motions)
    inner.fails = lambda index: False
    run(session, LONGEST_PAUSE + 1, audio)
    assert session.failure == ""


def test_a_reset_tries_a_model_again_at_once(audio):
    inner = Counting()
    inner.fails = lambda index: index < 6
    session = FaultTolerantSession(inner, lambda text, frames: None)
    run(session, 40, audio)
    tried = inner.steps
    session.reset()
    run(session, 1, audio)
    assert inner.steps == tried + 1
    assert session.failure == ""


def test_the_shown_motion_reaches_a_working_model_only(audio):
    inner = Counting()
    session = FaultTolerantSession(inner, lambda text, frames: None)
    [motion] = run(session, 1, audio)
    session.emitted(motion)
    assert inner.shown == [motion]
    inner.fails = lambda index: True
    run(session, 1, audio)
    session.emitted(frame(0.0))
    assert inner.shown == []
