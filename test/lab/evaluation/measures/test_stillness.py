"""Measures of lips at rest on known apertures."""

import numpy as np
import pytest

from dystream_lab.evaluation.measures import noises, stillness
from dystream_lab.evaluation.sets.conversations import Conversation
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_ros.face.arkit import ARKIT_INDEX

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


class Opened:
    """A row whose mouth is open by so much wherever its own channel sounds."""

    name, seeds = "opened", 2

    def __init__(self, much: float) -> None:
        self.much = much

    def motions(self, utterances, seed):
        made = []
        for utterance in utterances:
            motion = np.zeros((utterance.frames, 58), np.float32)
            motion[np.abs(utterance.samples.reshape(-1, 640)).max(1) > 0.0, JAW] = self.much
            made.append(motion)
        return made


def test_median_and_95th_percentile_are_those_of_the_judged_frames_of_a_condition():
    heard = np.zeros(100 * 640, np.float32)
    heard[: 10 * 640] = 0.1
    judged = np.ones(100, bool)
    conditions = {
        "silence": [stillness.Scene(0 * heard, heard, judged)] * 3,
        "hiss": [stillness.Scene(heard, heard, judged)] * 3,
        "later": [stillness.Scene(heard, heard, np.arange(100) >= 10)] * 2,
    }
    measured = stillness.measure_row(Opened(0.5), conditions)
    assert measured["silence p95 %"] == [0.0, 0.0, 0.0]
    assert measured["hiss median %"][0] == 0.0
    assert measured["hiss p95 %"][0] == pytest.approx(50.0, abs=0.11)
    assert measured["later p95 %"][0] == 0.0


def test_a_partners_pauses_are_not_judged():
    voice = np.zeros(50 * 640, np.float32)
    voice[10 * 640 : 20 * 640] = 0.1
    voice[40 * 640 : 41 * 640] = 0.0001  # softer than a voice
    np.testing.assert_array_equal(np.flatnonzero(stillness.sounding(voice)), np.arange(10, 24))


def test_around_a_real_voice_its_silence_is_judged_without_breaths_and_as_a_partner_its_speech():
    voice = np.zeros(100 * 640, np.float32)
    voice[25 * 640 : 50 * 640] = 0.1
    said = Utterance("one", "real", "a/b", voice, ((1.0, 2.0, "AA"),), breaths=((3.0, 3.2),))
    scenes = stillness.real_scenes([said] * 3, 4.0, 2, seed=0)
    judged = np.flatnonzero(scenes["real voice, silence"][0].judged)
    assert set(judged) == {*range(22), *range(60, 72), *range(90, 100)}
    hiss = scenes["real voice, hiss -30 dB"][0]
    assert np.abs(hiss.own[:640]).max() > 0.02
    np.testing.assert_array_equal(hiss.judged, scenes["real voice, silence"][0].judged)
    partner = scenes["real voice, partner speaks"]
    assert len(partner) == 2
    np.testing.assert_array_equal(np.flatnonzero(partner[0].judged), np.arange(25, 54))
    assert scenes["real voice, echo -20 dB"][0].own.any()


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


def test_phrases_of_a_conversation_are_not_independent_of_each_other():
    """Three conversations whose lips always rest after 100, 200 and 300 ms: any of them may be all that a draw has."""
    starts = np.arange(1.0, 90.0, 2.0)
    nothing = np.zeros(2500 * 640, np.float32)
    phones = tuple((start, start + 0.4, "AA") for start in starts)
    still = np.zeros((2500, 58), np.float32)
    talks = [Conversation(f"{name}/0", nothing, nothing, phones, (), (), still) for name in "abc"]
    motions = []
    for late in (0.1, 0.2, 0.3):
        motion = still.copy()
        for start in starts:
            motion[round(25 * start) : round(25 * (start + 0.4 + late)), JAW] = 0.5
        motions.append(motion)
    value, low, high = stillness.after_speech([motions], talks)["ms to rest median"]
    assert value == pytest.approx(220, abs=25)
    assert low < 150
    assert high > 270


def test_lips_that_close_in_a_short_gap_are_found_and_long_pauses_are_none():
    phones = [(2.0, 4.0, "AA"), (4.16, 6.0, "AA"), (7.0, 8.0, "AA")]
    held = opened((48, 151, 0.5), (174, 201, 0.5))
    shut = held.copy()
    shut[101:103, JAW] = 0.0
    for motion, share in ((held, 0.0), (shut, 1.0)):
        assert stillness.after_speech([[motion]], [talk(phones)])["short gaps closed"][0] == share


@pytest.mark.parametrize("noise", [noises.hiss, noises.fan, noises.music])
def test_noises_have_the_requested_level(noise):
    sound = noise(np.random.default_rng(0), 32_000, -30.0)
    assert sound.shape == (32_000,)
    assert 20 * np.log10(np.sqrt(np.mean(sound**2))) == pytest.approx(-30.0, abs=0.2)


def test_echo_comes_later_and_quieter():
    click = np.zeros(16_000, np.float32)
    click[1000:1100] = 0.5
    leaked = noises.echo(click, -20.0)
    assert not leaked[:2200].any()
    assert 0.01 < np.abs(leaked).max() <= 0.05


def test_the_face_is_silent_in_every_condition_and_receives_the_named_sound():
    voice = np.sin(np.arange(8000) / 5).astype(np.float32)
    heard = stillness.scenes([voice], 1.0, seed=0)
    assert heard["echo -20 dB"][0].own.any()
    assert heard["echo -20 dB"][0].other.any()
    assert not heard["partner speaks"][0].own.any()
    assert heard["music -30 dB"][0].own.any()
    assert not heard["music -30 dB"][0].other.any()
    assert {len(scene.own) for sessions in heard.values() for scene in sessions} == {16_000}


def test_every_bar_is_on_a_measure():
    voice = np.ones(30 * 640, np.float32)
    real = stillness.real_scenes([Utterance("one", "real", "a/b", voice, ())] * 3, 0.4, 1, seed=0)
    conditions = stillness.scenes([voice], 0.4, seed=0) | real
    assert stillness.BARS.keys() <= stillness.measure_row(Opened(0.0), conditions).keys()
