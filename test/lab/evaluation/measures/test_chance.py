"""Measures of variation over draws of known distributions."""

import numpy as np
import pytest

from dystream_lab.evaluation.measures import chance
from dystream_lab.evaluation.sets.conversations import Conversation
from dystream_ros.face.arkit import ARKIT_INDEX

FRAMES, DRAWS = 200, 40
SPEAKING = np.ones(FRAMES, bool)


def draws(seed: int, degrees: float, offset: float = 0.0) -> np.ndarray:
    """Heads that turn at random, and a jaw that opens and closes in the same way in all draws."""
    motion = np.zeros((DRAWS, FRAMES, 58), np.float32)
    rng = np.random.default_rng(seed)
    motion[..., 52:55] = np.deg2rad(rng.normal(offset, degrees, (DRAWS, FRAMES, 3)))
    motion[..., ARKIT_INDEX["jawOpen"]] = 0.3 + 0.2 * np.sin(np.arange(FRAMES) / 5)
    return motion


def measured(made: np.ndarray, right: np.ndarray) -> dict[str, float]:
    return {name: float(value) for name, value in chance._measures(chance.tally(made, right, SPEAKING)).items()}


def test_draws_of_the_right_distribution_have_the_nominal_coverage():
    found = measured(draws(0, 5.0), draws(1, 5.0))
    assert found["head coverage of 80 %"] == pytest.approx(0.8, abs=0.03)
    assert found["head spread / teacher's"] == pytest.approx(1.0, abs=0.03)
    assert found["head CRPS / teacher's"] == pytest.approx(1.0, abs=0.03)


def test_draws_that_are_too_alike_cover_too_little_and_too_wide_ones_too_much():
    narrow, wide = measured(draws(0, 1.5), draws(1, 5.0)), measured(draws(0, 15.0), draws(1, 5.0))
    assert narrow["head coverage of 80 %"] < 0.4
    assert narrow["head spread / teacher's"] == pytest.approx(0.3, abs=0.03)
    assert wide["head coverage of 80 %"] > 0.97
    assert narrow["head CRPS / teacher's"] > 1.1
    assert wide["head CRPS / teacher's"] > 1.1


def test_an_offset_costs_score_though_the_spread_is_right():
    found = measured(draws(0, 5.0, offset=10.0), draws(1, 5.0))
    assert found["head spread / teacher's"] == pytest.approx(1.0, abs=0.03)
    assert found["head CRPS / teacher's"] > 2.0


def test_lips_without_variation_over_draws_have_a_share_of_chance_of_zero():
    made = draws(0, 5.0)
    assert measured(made, made)["lips: share of chance"] == pytest.approx(0.0, abs=1e-9)
    made[:, :, ARKIT_INDEX["jawOpen"]] = np.random.default_rng(2).uniform(0.0, 1.0, (DRAWS, FRAMES))
    assert measured(made, made)["lips: share of chance"] > 0.9


def test_the_teacher_draws_other_heads_and_the_same_lips():
    sound = np.zeros(FRAMES * 640, np.float32)
    sound[32_000:96_000] = 0.1 * np.sign(np.sin(np.arange(64_000) / 20))
    talk = Conversation("a/0", sound, sound, ((2.0, 6.0, "AA"),), (), (), np.zeros((FRAMES, 58), np.float32))
    made = chance.teacher_draws(talk, 3)
    assert made.shape == (3, FRAMES, 58)
    assert made[..., ARKIT_INDEX["jawOpen"]].std(0).max() < 1e-6
    assert made[..., 54].std(0).max() > 0.005
