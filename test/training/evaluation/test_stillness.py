"""Lips at rest, on apertures whose answer is known."""

import numpy as np
import pytest

from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.training.evaluation import noises, stillness
from dystream_ros.training.evaluation.conversations import Conversation

FRAMES = 500
JAW = ARKIT_INDEX["jawOpen"]


def talk(phones) -> Conversation:
    nothing = np.zeros(FRAMES * 640, np.float32)
    return Conversation("a/0", nothing, nothing, tuple(phones), (), (), np.zeros((FRAMES, 58), np.float32))


def opened(*spans) -> np.ndarray:
    """Motion whose jaw is open by so much in spans of frames."""
    motion = np.zeros((FRAMES, 58), np.float32)
    for first, past, much in spans:
        motion[first:past, JAW] = much
    return motion


def test_median_and_95th_percentile_are_those_of_all_frames_of_a_condition():
    gaps = np.zeros((2, 2, 3, 100))
    gaps[:, 1, :, :10] = 0.5
    gaps[:, 1, :, 10:] = 0.02
    measured = stillness.judge(gaps, ["silence", "hiss"])
    assert measured["silence median %"] == [0.0, 0.0, 0.0]
    assert measured["hiss median %"][0] == pytest.approx(2.0, abs=0.11)
    assert measured["hiss p95 %"][0] == pytest.approx(50.0, abs=0.11)


def test_lips_that_rest_in_time_count_and_lips_that_open_again_do_not():
    speech = talk([(2.0, 4.0, "AA"), (8.0, 10.0, "AA")])
    quick = opened((50, 104, 0.5), (200, 254, 0.5))
    again = opened((50, 104, 0.5), (118, 120, 0.5), (200, 254, 0.5))
    ajar = opened((50, 130, 0.5), (104, 130, 0.1), (200, 254, 0.5))
    shares = [
        [stillness.after_speech([[motion]], [speech])[name][0] for motion in (quick, again, ajar)]
        for name in ("closed 400 ms after speech", "at rest 400 ms after speech")
    ]
    assert shares == [[1.0, 0.5, 1.0], [1.0, 0.5, 0.5]]


def test_time_to_rest_counts_from_the_last_phone():
    measured = stillness.after_speech([[opened((50, 105, 0.5))]], [talk([(2.0, 4.0, "AA")])])
    assert measured["ms to rest median"][0] == pytest.approx(220.0)


def test_lips_that_close_in_a_short_gap_are_found_and_long_pauses_are_none():
    phones = [(2.0, 4.0, "AA"), (4.16, 6.0, "AA"), (7.0, 8.0, "AA")]
    held = opened((48, 151, 0.5), (174, 201, 0.5))
    shut = held.copy()
    shut[101:103, JAW] = 0.0
    for motion, share in ((held, 0.0), (shut, 1.0)):
        assert stillness.after_speech([[motion]], [talk(phones)])["short gaps closed"][0] == share


@pytest.mark.parametrize("noise", [noises.hiss, noises.fan, noises.music])
def test_noises_have_the_level_asked_for(noise):
    sound = noise(np.random.default_rng(0), 32_000, -30.0)
    assert sound.shape == (32_000,)
    assert 20 * np.log10(np.sqrt(np.mean(sound**2))) == pytest.approx(-30.0, abs=0.2)


def test_echo_comes_later_and_quieter():
    click = np.zeros(16_000, np.float32)
    click[1000:1100] = 0.5
    leaked = noises.echo(click, -20.0)
    assert not leaked[:2200].any()
    assert 0.01 < np.abs(leaked).max() <= 0.05


def test_the_face_is_silent_in_every_condition_but_hears_what_its_name_says():
    voice = np.sin(np.arange(8000) / 5).astype(np.float32)
    heard = stillness.scenes([voice], 1.0, seed=0)
    own, other = heard["echo -20 dB"][0]
    assert own.any()
    assert other.any()
    assert not heard["partner speaks"][0][0].any()
    assert heard["music -30 dB"][0][0].any()
    assert not heard["music -30 dB"][0][1].any()
    assert {len(pair[0]) for sessions in heard.values() for pair in sessions} == {16_000}


def test_every_bar_is_on_a_measure():
    conditions = list(stillness.scenes([np.zeros(640, np.float32)], 0.04, seed=0))
    assert stillness.BARS.keys() <= stillness.judge(np.zeros((1, len(conditions), 1, 5)), conditions).keys()
