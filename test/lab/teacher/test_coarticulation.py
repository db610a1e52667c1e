"""Contacts, anticipation and rest of the mouth for any neighbouring phones."""

from itertools import product

import numpy as np
import pytest

from dystream_lab.rates import CURVE_RATE
from dystream_lab.speech.phones import PHONES, SILENCE, VOWELS
from dystream_lab.teacher.articulation import ANTICIPATION, SMOOTHING
from dystream_lab.teacher.coarticulation import at_frames, mouth_curves
from dystream_ros.face.arkit import ARKIT_INDEX


def spoken(phones: str, start: float = 0.5, length: float = 0.08):
    timed = []
    for phone in phones.split():
        timed.append((start, start + length, phone))
        start += length
    return timed


def aperture(curves: np.ndarray) -> np.ndarray:
    return curves[:, ARKIT_INDEX["jawOpen"]] - curves[:, ARKIT_INDEX["mouthClose"]]


def within(frames: np.ndarray, timed, index: int) -> np.ndarray:
    start, end, _ = timed[index]
    times = (np.arange(len(frames)) + 0.5) / 25
    return frames[(times > start - 0.03) & (times < end + 0.03)]


def between_all_vowels(phone: str, length: float):
    """All pairs of vowels with `phone` between them, in one recording: curves by frame, and each time of the phone."""
    timed, start = [], 0.5
    for number, (before, after) in enumerate(product(VOWELS, VOWELS)):
        timed += spoken(f"{before} {phone} {after}", start + 0.007 * (number % 6), length)
        start += 1.0
    return at_frames(mouth_curves(timed, start)), timed


@pytest.mark.parametrize("length", [0.03, 0.05, 0.15])
@pytest.mark.parametrize("phone", ["P", "B", "M"])
def test_lips_seal_in_some_frame_of_p_b_and_m_between_all_vowels(phone, length):
    frames, timed = between_all_vowels(phone, length)
    for index in range(1, len(timed), 3):
        assert within(aperture(frames), timed, index).min() < 0.02, timed[index - 1 : index + 2]


@pytest.mark.parametrize("length", [0.05, 0.08, 0.15])
@pytest.mark.parametrize("phone", ["P", "B", "M"])
def test_lips_are_shut_in_the_middle_of_p_b_and_m(phone, length):
    timed, start = [], 0.5
    for before, after in product(VOWELS, VOWELS):
        timed += spoken(f"{before} {phone} {after}", start, length)
        start += 1.0
    gap = aperture(mouth_curves(timed, start))
    middles = [(begin + end) / 2 for begin, end, said in timed if said == phone]
    assert max(gap[round(middle * CURVE_RATE)] for middle in middles) < 0.01


@pytest.mark.parametrize("phone", ["F", "V"])
def test_the_lower_lip_reaches_the_teeth_in_f_and_v(phone):
    frames, timed = between_all_vowels(phone, 0.05)
    for index in range(1, len(timed), 3):
        assert within(frames[:, ARKIT_INDEX["mouthRollLower"]], timed, index).max() > 0.35, timed[index - 1 : index + 2]


def test_a_silent_face_has_exactly_neutral_lips():
    assert not mouth_curves([], 2.0).any()
    assert not mouth_curves([(0.5, 1.5, SILENCE)], 2.0).any()


def test_lips_are_neutral_before_speech_and_within_400_ms_after_it():
    timed = spoken("AA M AA UW S AO")
    curves = mouth_curves(timed, 3.0)
    first = int((timed[0][0] - ANTICIPATION - SMOOTHING / 2) * CURVE_RATE)
    last = int((timed[-1][1] + 0.4) * CURVE_RATE)
    assert not curves[:first].any()
    assert not curves[last:].any()


def test_a_gap_of_under_200_ms_does_not_close_the_mouth():
    timed = [(0.5, 0.7, "AA"), (0.7, 0.88, SILENCE), (0.88, 1.1, "AA")]
    curves = mouth_curves(timed, 2.0)
    assert aperture(curves)[int(0.7 * CURVE_RATE) : int(0.88 * CURVE_RATE)].min() > 0.1


@pytest.mark.parametrize("late", [phone for phone in PHONES if phone != SILENCE])
def test_no_phone_is_visible_before_the_lookahead_reveals_it(late):
    timed = spoken("AA L AA N")
    begin = timed[-1][1]
    without = mouth_curves(timed, 2.0)
    with_it = mouth_curves([*timed, (begin, begin + 0.2, late)], 2.0)
    unseen = int((begin - ANTICIPATION - SMOOTHING / 2) * CURVE_RATE)
    np.testing.assert_array_equal(with_it[:unseen], without[:unseen])


def test_open_vowels_open_the_jaw_as_speech_does_and_close_ones_less():
    def jaw(phone):
        return mouth_curves(spoken(f"T {phone} T", length=0.14), 2.0)[:, ARKIT_INDEX["jawOpen"]].max()

    assert 0.55 < jaw("AA") < 0.85
    assert 0.55 < jaw("AE") < 0.85
    assert jaw("IY") < 0.30
    assert jaw("AA") > jaw("EH") > jaw("IY")


def test_rounded_vowels_pucker_and_spread_ones_do_not():
    pucker = ARKIT_INDEX["mouthPucker"]
    assert mouth_curves(spoken("T UW T", length=0.12), 2.0)[:, pucker].max() > 0.4
    assert mouth_curves(spoken("T IY T", length=0.12), 2.0)[:, pucker].max() < 0.05


@pytest.mark.parametrize("phone", ["SH", "CH", "UW", "W"])
def test_rounding_is_nearly_complete_in_a_phone_of_usual_length(phone):
    rounding = [ARKIT_INDEX["mouthPucker"], ARKIT_INDEX["mouthFunnel"]]
    assert mouth_curves(spoken(f"IY {phone} IY", length=0.11), 2.0)[:, rounding].sum(1).max() > 0.7


def test_corners_go_aside_in_spread_vowels_and_the_right_half_moves_a_little_more():
    curves = mouth_curves(spoken("T IY T", length=0.12), 2.0).max(0)
    left, right = (curves[ARKIT_INDEX[f"mouthStretch{side}"]] for side in ("Left", "Right"))
    assert left > 0.25
    assert 1.02 < right / left < 1.2
    assert curves[ARKIT_INDEX["mouthDimpleLeft"]] > 0.05


def test_a_louder_voice_opens_wider_and_contacts_stay_closed():
    timed = spoken("AA P AA M AA", length=0.12)
    usual, loud = (mouth_curves(timed, 2.0, np.full(200, factor)) for factor in (1.0, 1.3))
    assert aperture(loud).max() > 1.2 * aperture(usual).max()
    for index in (1, 3):
        assert within(aperture(at_frames(loud)), timed, index).min() < 0.02


def test_fast_speech_opens_less():
    slow, fast = (
        mouth_curves(spoken("D AA D AA D", length=length), 3.0)[:, ARKIT_INDEX["jawOpen"]].max()
        for length in (0.15, 0.05)
    )
    assert fast < 0.9 * slow
