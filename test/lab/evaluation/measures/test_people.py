"""Measures of a person's motion: known openings, closings, beats, lags and differences between left and right."""

import numpy as np
import pytest

from dystream_lab.evaluation.measures import people
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.motion import MotionFrame, MotionLayout

FRAMES = 500
JAW = ARKIT_INDEX["jawOpen"]
PITCH = 53
ALWAYS = np.ones(FRAMES, bool)
QUIET = np.zeros(FRAMES)


def still() -> np.ndarray:
    return np.zeros((FRAMES, 58), np.float32)


def values(motion, speaking=ALWAYS, voice=QUIET) -> dict[str, float]:
    return {name: value for name, (value, _) in people.of_motion(motion, ALWAYS, speaking, voice).items()}


def test_the_opening_is_that_in_speech():
    motion, speaking = still(), np.arange(FRAMES) < 200
    motion[:200, JAW] = 0.4
    motion[200:, JAW] = 0.9
    found = values(motion, speaking)
    assert found["opening in speech median %"] == pytest.approx(40.0, abs=0.5)
    assert found["closed in speech %"] == 0.0
    assert values(motion)["opening in speech p95 %"] == pytest.approx(90.0, abs=1.0)


def test_lips_that_close_in_passing_are_counted_and_those_that_stay_open_are_not():
    motion = still()
    motion[:, JAW] = 0.4
    motion[50::50, JAW] = 0.02
    assert values(motion)["closings in passing /s"] == pytest.approx(9 / 20)
    motion[50::50, JAW] = 0.25
    assert values(motion)["closings in passing /s"] == 0.0


def test_drift_and_beats_of_the_head_are_told_apart():
    times = np.arange(FRAMES) / 25
    slow, fast = still(), still()
    slow[:, PITCH] = 0.1 * np.sin(2 * np.pi * 0.2 * times)
    fast[:, PITCH] = 0.02 * np.sin(2 * np.pi * 3.0 * times)
    assert values(slow)["pitch under 0.5 Hz %"] > 99
    assert values(fast)["pitch at 2 to 5 Hz %"] > 99
    assert values(still())["pitch under 0.5 Hz %"] == 0.0


def test_brows_that_follow_the_voice_correlate_with_it_and_sides_that_differ_are_seen():
    motion, voice = still(), np.random.default_rng(0).standard_normal(FRAMES)
    motion[:, ARKIT_INDEX["browInnerUp"]] = 0.5 + 0.1 * voice
    motion[:, ARKIT_INDEX["mouthSmileLeft"]] = 0.35
    found = values(motion, voice=voice)
    assert found["brows with the voice, r"] == pytest.approx(1.0)
    assert found["left and right differ by"] == pytest.approx(0.35 / 7, rel=1e-3)


@pytest.mark.parametrize("late", [-3, 0, 4])
def test_a_model_that_opens_later_than_the_person_has_that_lag(late):
    person, made = still(), still()
    person[:, JAW] = np.convolve(np.random.default_rng(1).random(FRAMES), np.ones(5) / 5, "same")
    made[:, JAW] = np.roll(person[:, JAW], late)
    found = people.agreed(person, made, ALWAYS, ALWAYS)
    assert found["lag ms"][0] == 40 * late
    assert (found["opening with the people's, r"][0] > 0.99) == (late == 0)


def test_only_frames_that_exist_and_show_a_face_are_compared_at_any_lag():
    """The reader holds or guesses the mouth where no face is seen, and a video has no frames before its first."""
    person, made = still(), still()
    person[:, JAW] = np.convolve(np.random.default_rng(1).random(FRAMES), np.ones(5) / 5, "same")
    made[4:, JAW] = person[:-4, JAW]
    shown = np.arange(FRAMES) % 50 < 30
    person[~shown, JAW] = 0.0
    person[-8:, JAW] = 1.0
    speaking = np.arange(FRAMES) < FRAMES - 4
    shown[-8:] = False
    lags = {}
    correlation = people._correlation
    for lag in people.SHIFTS:
        frames = [at for at in range(FRAMES) if speaking[at] and 0 <= at - lag < FRAMES and shown[at - lag]]
        lags[lag] = correlation(person[[at - lag for at in frames], JAW], made[frames, JAW])
    assert max(lags, key=lags.get) == 4
    assert lags[4] > 0.999
    found = people.agreed(person, made, shown, speaking)
    assert found["lag ms"][0] == 160
    assert found["opening with the people's, r"][0] == pytest.approx(lags[0], abs=1e-3)


class Half:
    """A network whose mouth opens half as wide as the sample at the end of each frame says, whatever the gate says."""

    hop, lookahead = 640, 0
    layout = MotionLayout(
        tuple(f"value {place}" for place in range(52)), *([value] * 52 for value in ("", 0.0, 1.0, 0.0))
    )

    def sessions(self, seeds):
        return self

    def prime(self, row, own, other):
        pass

    def step(self, own, other):
        values = np.zeros(52, np.float32)
        values[JAW] = 0.5 * own[0, -1]
        return [MotionFrame(0, values, np.zeros(6, np.float32))]


def test_a_model_that_opens_half_as_wide_is_measured_so(monkeypatch):
    motion, own = still(), np.zeros(640 * FRAMES, np.float32)
    motion[:, JAW] = np.random.default_rng(2).uniform(0.2, 0.8, FRAMES)
    own[639::640] = motion[:, JAW]
    monkeypatch.setattr(people, "heard", lambda voice: ALWAYS)
    seen = people.Seen("a.mp4", motion, ALWAYS, own, np.zeros_like(own))
    found = people.measure(Half(), [seen, seen], seeds=2)
    assert found["model"]["opening in speech, of the people's"][0] == pytest.approx(0.5, abs=0.01)
    assert found["model"]["opening with the people's, r"][0] > 0.99
    with pytest.raises(ValueError, match="no video"):
        people.measure(Half(), [], seeds=1)
