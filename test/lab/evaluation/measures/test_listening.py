"""Measures of listening on conversations with known results."""

import dataclasses

import numpy as np
import pytest

from dystream_lab.evaluation.measures import listening
from dystream_lab.evaluation.measures.matching import matched_opportunities
from dystream_lab.evaluation.sets.conversations import Conversation, turn_phrases
from dystream_lab.teacher.pulses import frame_times, nod

FRAMES = 2000
SILENCE = np.zeros(FRAMES * 640, np.float32)


def conversation(name="a/0", phrases=None, own=()) -> Conversation:
    """The partner speaks in phrases of 1 to 3 s with pauses of half a second; each invites an answer."""
    rng = np.random.default_rng(ord(name[0]))
    if phrases is None:
        phrases, at = [], 1.0
        while at < 74.0:
            length = rng.uniform(2.5, 5.0)
            phrases.append((at, at + length))
            at += length + 0.5
    return Conversation(
        name=name,
        self_audio=SILENCE,
        other_audio=SILENCE,
        phones=tuple((start, end, "AA") for start, end in own),
        other_phones=tuple((start, end, "AA") for start, end in phrases),
        opportunities=tuple(end for _, end in phrases),
        teacher=np.zeros((FRAMES, 58), np.float32),
    )


def nodding_at(times) -> np.ndarray:
    motion = np.zeros((FRAMES, 58), np.float32)
    for time in times:
        motion[:, 53] += 0.05 * nod(frame_times(FRAMES), time, 0.4, 1)
    return motion


TALKS = [conversation(f"{letter}/0") for letter in "abcd"]


def judged(delay: float):
    made = [[nodding_at([end + delay for end in talk.opportunities]) for talk in TALKS]]
    return listening.judge(made, TALKS)


def test_nods_after_opportunities_give_a_high_ratio_and_nods_elsewhere_a_low_one():
    assert judged(0.5)["nod ratio"][1] > 10.0
    assert judged(-1.0)["nod ratio"][2] < 0.2


def test_swing_and_trembling_distinguish_a_pendulum_from_a_drift():
    rng = np.random.default_rng(5)
    times = frame_times(FRAMES)
    wandering = [np.zeros((FRAMES, 58), np.float32) for _ in TALKS]
    for motion in wandering:
        walk = np.cumsum(rng.standard_normal((FRAMES + 24, 3)), axis=0)
        smooth = np.stack([np.convolve(column, np.ones(25) / 25, "valid") for column in walk.T], 1)
        motion[:, 52:55] = 0.01 * (smooth - smooth.mean(0))
    talks = [dataclasses.replace(talk, teacher=motion) for talk, motion in zip(TALKS, wandering)]
    swinging, trembling = np.zeros((FRAMES, 58), np.float32), wandering[0].copy()
    swinging[:, 52:55] = 0.1 * np.sin(2 * np.pi * times / 4.0)[:, None]
    swinging[:, 55:] = 0.01 * np.sin(2 * np.pi * times / 8.0)[:, None]
    trembling[:, 52:55] += 0.01 * rng.standard_normal((FRAMES, 3))
    swung, wandered, trembled = (
        listening.judge([made], talks) for made in ([swinging] * 4, wandering, [trembling] * 4)
    )
    assert swung["head swing"][0] == pytest.approx(-1.0, abs=0.05)
    assert swung["place swing"][0] == pytest.approx(-1.0, abs=0.05)
    assert wandered["head swing"][0] > 0.3
    assert wandered["head trembling / teacher's"][0] == pytest.approx(1.0)
    assert trembled["head trembling / teacher's"][0] > 5.0


def test_a_listener_who_nods_at_random_has_a_ratio_of_about_one():
    rng = np.random.default_rng(1)
    made = [[nodding_at(np.arange(2.0, 78.0, 1.6) + rng.uniform(-0.4, 0.4, 48)) for _ in TALKS] for _ in range(4)]
    ratio, low, high = listening.judge(made, TALKS)["nod ratio"]
    assert low < 1.0 < high
    assert 0.6 < ratio < 1.6


def test_rates_are_those_of_the_motion():
    measured = judged(0.5)
    nods = sum(len(talk.opportunities) for talk in TALKS)
    minutes = sum(talk.listening.sum() for talk in TALKS) / 1500
    assert measured["nods /min listening"][0] == pytest.approx(nods / minutes, rel=0.02)
    assert measured["nods /min listening p10"][0] <= measured["nods /min listening p90"][0]
    assert measured["gaze met listening"][0] == 1.0
    assert measured["smiles /min p90"][0] == 0.0


def test_every_bar_is_on_a_measure():
    assert listening.BARS.keys() <= judged(0.5).keys()


def test_no_nods_while_the_face_itself_speaks_are_counted():
    talk = conversation("a/0", phrases=[(1.0, 5.0)], own=[(5.3, 20.0)])
    other = conversation("b/0", phrases=[(2.0, 6.0)])
    made = [[nodding_at([7.0, 12.0]), nodding_at([])]]
    assert listening.judge(made, [talk, other])["nods /min listening"][0] == 0.0


def test_a_short_answer_of_the_partner_is_no_turn():
    phones = ((1.0, 1.4, "M"), (5.0, 8.0, "AA"), (8.5, 8.9, "M"))
    assert turn_phrases(phones) == [(5.0, 8.0), (8.5, 8.9)]


def test_matched_opportunities_stay_in_the_turn_and_come_from_another_clip():
    one = conversation("a/0", phrases=[(10.0, 18.5)])
    two = conversation("b/0", phrases=[(3.0, 6.0), (6.5, 11.0)])
    given = matched_opportunities([one, two], draws=3, seed=0)
    for draw in given:
        assert len(draw[0]) == 2
        assert all(10.0 <= at <= 20.0 for at in draw[0])
        assert len(draw[1]) == 1
    with pytest.raises(ValueError, match="at least two clips"):
        matched_opportunities([one, conversation("a/1")], draws=1, seed=0)
