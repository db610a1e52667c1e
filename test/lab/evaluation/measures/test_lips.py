"""Lip measures of motions with known results."""

import numpy as np
import pytest

from dystream_lab.evaluation.measures import lips
from dystream_lab.evaluation.sets.target import target_of
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import HOP
from dystream_lab.teacher.coarticulation import at_frames
from dystream_ros.face.arkit import ARKIT_INDEX

WORDS = "B AA M UW D IY P AE F OW N EY V AA T UW B IY S AO M AY K EH"
JAW, CLOSE, PUCKER = (ARKIT_INDEX[name] for name in ("jawOpen", "mouthClose", "mouthPucker"))


@pytest.fixture(scope="module")
def right() -> lips.Target:
    """Two rounds of WORDS, a tenth of a second each phone, half a second of silence around."""
    names = WORDS.split() * 2
    phones = tuple((0.5 + 0.1 * place, 0.6 + 0.1 * place, phone) for place, phone in enumerate(names))
    samples = 0.1 * np.random.default_rng(0).standard_normal(HOP * 150).astype(np.float32)
    return target_of(Utterance("words", "test", "noise/one", samples, phones))


def perfect(right: lips.Target) -> np.ndarray:
    return at_frames(right.curves).copy()


def still(right: lips.Target, jaw: float) -> np.ndarray:
    motion = np.zeros((right.utterance.frames, 58), np.float32)
    motion[:, JAW] = jaw
    return motion


def measures(right: lips.Target, motion: np.ndarray) -> dict[str, float]:
    return {name: float(value) for name, value in lips.measures(lips.tally(right, motion)).items()}


def test_the_teachers_own_motion_reaches_every_contact_in_time(right):
    found = measures(right, perfect(right))
    assert found["P B M fixed"] == found["F V fixed"] == found["rounding AUC"] == found["open vowels"] == 1.0
    assert found["correlation"] == pytest.approx(1.0, abs=1e-6)
    assert found["gain"] == pytest.approx(1.0, abs=1e-6)
    assert found["lag ms"] == pytest.approx(0.0, abs=2.0)


def test_lips_that_touch_only_at_the_border_of_a_phone_are_not_shut_in_its_middle(right):
    assert measures(right, perfect(right))["P B M shut in the middle"] == 1.0
    assert measures(right, perfect(right))["P B M slit in the middle %"] < 1.0
    late = measures(right, np.roll(perfect(right), 2, axis=0))
    assert late["P B M shut in the middle"] < 0.3
    assert late["P B M slit in the middle %"] > 5.0
    assert measures(right, still(right, 0.04))["P B M slit in the middle %"] == pytest.approx(4.0)


def test_lips_that_round_by_half_have_half_the_gain_and_those_that_do_not_have_none(right):
    half, none = perfect(right), perfect(right)
    rounding = [PUCKER, ARKIT_INDEX["mouthFunnel"]]
    half[:, rounding] *= 0.5
    none[:, rounding] = 0.0
    gains = [measures(right, motion)["rounding gain"] for motion in (perfect(right), half, none)]
    assert gains == pytest.approx([1.0, 0.5, 0.0], abs=0.05)
    assert measures(right, half)["rounding correlation"] == pytest.approx(1.0, abs=0.01)
    assert np.isnan(measures(right, none)["rounding correlation"])


def test_a_mouth_that_stays_open_closes_never_and_never_falsely(right):
    found = measures(right, still(right, 0.5))
    assert found["P B M fixed"] == found["F V fixed"] == 0.0
    assert found["false P B M fixed /s"] == 0.0
    assert np.isnan(found["correlation"])


def test_a_permanently_closed_mouth_is_a_false_contact_in_every_frame_without_contact(right):
    found = measures(right, still(right, 0.0))
    contacts = [interval for interval in right.utterance.phones if interval[2] in "PBMFV"]
    times = right.utterance.frame_times
    near = np.any([(times >= start - 0.04) & (times < end + 0.04) for start, end, _ in contacts], axis=0)
    away = np.count_nonzero(right.utterance.speaks & ~near)
    assert found["P B M fixed"] == 1.0
    assert found["false P B M fixed /s"] == pytest.approx(25 * away / np.count_nonzero(right.utterance.speaks))
    assert found["open vowels"] == 0.0


def test_lips_sealed_over_an_open_jaw_are_closed_and_overlap_has_no_advantage(right):
    sealed, pressed = still(right, 0.4), still(right, 0.4)
    sealed[:, CLOSE], pressed[:, CLOSE] = 0.4, 1.0
    first, second = lips.tally(right, sealed), lips.tally(right, pressed)
    assert lips.measures(first)["P B M fixed"] == 1.0
    assert np.array_equal(lips.contact_rates(first, "lips"), lips.contact_rates(second, "lips"))


@pytest.mark.parametrize("frames", [-1, 1, 2])
def test_the_lag_of_late_motion_is_measured(right, frames):
    found = measures(right, np.roll(perfect(right), frames, axis=0))
    assert found["lag ms"] == pytest.approx(40 * frames, abs=6)


def test_half_the_motion_has_half_the_gain_and_opens_vowels_too_little(right):
    found = measures(right, 0.5 * perfect(right))
    assert found["gain"] == pytest.approx(0.5, abs=0.01)
    assert found["correlation"] == pytest.approx(1.0, abs=1e-6)
    assert found["open vowels"] == 0.0


def test_rounding_is_a_contrast_not_an_amount(right):
    assert measures(right, still(right, 0.2))["rounding AUC"] == 0.5
    inverted = perfect(right)
    inverted[:, PUCKER] = 1.0 - inverted[:, PUCKER]
    inverted[:, ARKIT_INDEX["mouthFunnel"]] = 0.0
    assert measures(right, inverted)["rounding AUC"] < 0.1


def test_the_threshold_is_the_largest_that_costs_no_more_than_the_cap(right):
    narrow = still(right, 0.1)  # never closed below a tenth, always closed above
    thresholds = lips.operating_thresholds(lips.tally(right, narrow))
    assert thresholds["lips"] == pytest.approx(0.1)
    wide = lips.operating_thresholds(lips.tally(right, still(right, 0.5)))
    assert wide["lips"] == pytest.approx(lips.CLOSED)  # an open mouth costs nothing, and is no closer to being shut
    assert lips.measures(lips.tally(right, narrow), thresholds)["false P B M capped /s"] <= lips.CAP


def test_closure_at_the_cap_is_read_off_the_own_curve(right):
    """Lips that shut for half of the time cost too much; the share is that of the threshold that the cap allows."""
    assert measures(right, perfect(right))["P B M at 0.5 /s"] == 1.0
    assert measures(right, still(right, 0.5))["P B M at 0.5 /s"] == 0.0
    always_shut = measures(right, still(right, 0.0))
    assert always_shut["P B M fixed"] == 1.0
    assert always_shut["P B M at 0.5 /s"] < 0.5


def test_pooled_tallies_are_sums(right):
    one, other = lips.tally(right, perfect(right)), lips.tally(right, still(right, 0.5))
    assert float(lips.measures(one + other)["P B M fixed"]) == pytest.approx(0.5)


def test_a_motion_of_another_length_is_named(right):
    with pytest.raises(ValueError, match="words: the motion has 3 frames, the recording 150"):
        lips.tally(right, np.zeros((3, 58)))
