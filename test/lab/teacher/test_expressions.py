"""Brows with the voice, liveliness, effort, kinds of nods, left and right."""

import numpy as np
import pytest

from dystream_lab.rates import CURVE_RATE
from dystream_lab.speech.prosody import track
from dystream_lab.teacher import expressions, liveliness
from dystream_lab.teacher.listening import NOD_KINDS, Partner, listen
from dystream_lab.teacher.phrases import Phrase
from dystream_lab.teacher.teacher import PartySpeech, effort, teach
from dystream_ros.face.arkit import ARKIT_INDEX

FRAMES = 1000
INNER = ARKIT_INDEX["browInnerUp"]


def voice(swing=4.0, level=0.1, highs=0.0):
    """Ten seconds of a tone whose pitch goes up and down by `swing` semitones, with harmonics tilted by `highs` dB."""
    time = np.arange(160_000) / 16_000
    phase = 2 * np.pi * np.cumsum(140.0 * 2 ** (swing * np.sin(2 * np.pi * 0.5 * time) / 12)) / 16_000
    tones = sum(10 ** (highs * np.log2(k) / 60) / k * np.sin(k * phase) for k in range(1, 28))
    return (level * tones).astype(np.float32)


def test_brows_follow_the_pitch_of_the_voice():
    prosody, motion = track(voice()), np.zeros((250, 58))
    expressions.speak_with_brows(np.random.default_rng(0), motion, [], [], prosody, np.ones(250))
    pitch = np.maximum(prosody.pitch, 0.0)[2::4][:250]
    assert np.corrcoef(motion[5:, INNER], pitch[:-5])[0, 1] > 0.75
    assert motion[:, INNER].max() > 0.04


def test_effort_is_heard_in_the_tilt_of_the_voice_and_not_in_its_level():
    usual, quiet, raised = (effort(track(sound), 250) for sound in (voice(), voice(level=0.01), voice(highs=12.0)))
    np.testing.assert_allclose(usual, quiet, atol=0.01)
    assert raised.mean() > 1.05 * usual.mean()
    assert len(usual) == 250 * CURVE_RATE // 25


def test_amounts_follow_the_own_voice_and_half_of_the_partners_and_return_to_1():
    lively, sad = Phrase(2.0, 6.0, 0.0, False, 6.0, 4.0), Phrase(2.0, 6.0, 0.0, False, 0.5, -6.0)
    assert liveliness.of_phrase(lively) > 1.4 > 0.7 > liveliness.of_phrase(sad)
    own, heard = liveliness.amounts([lively], [], FRAMES), liveliness.amounts([], [lively], FRAMES)
    assert own[100] > heard[100] > 1.1
    assert own[:40] == pytest.approx(1.0)
    assert own[-1] == pytest.approx(1.0, abs=0.05)
    assert liveliness.amounts([sad], [], FRAMES)[100] < 0.7


def phrases_of(turns):
    """Turns of three phrases each, with a long silence between turns."""
    made = []
    for turn in range(turns):
        for number in range(3):
            start = 1.0 + 10.0 * turn + 2.0 * number
            made.append(Phrase(start, start + 1.6, -3.0, False, 2.5))
    return made


def test_nods_come_in_kinds_and_the_end_of_a_turn_has_more_repeated_and_slow_ones():
    counted = {place: dict.fromkeys(NOD_KINDS, 0) for place in ("inside", "end")}
    partner = phrases_of(10)
    for seed in range(30):
        motion, pose = np.zeros((2600, 58)), np.zeros((2600, 6))
        made = listen(np.random.default_rng(seed), motion, pose, [], Partner(partner))
        for start, kind in zip(made.nods, made.nod_kinds, strict=True):
            counted["end" if (start - 1.0) % 10.0 > 5.6 else "inside"][kind] += 1
    assert all(count > 15 for place in counted.values() for count in place.values())
    single = {place: kinds["single"] / sum(kinds.values()) for place, kinds in counted.items()}
    assert single["end"] < 0.75 * single["inside"]


def test_a_very_lively_phrase_may_surprise_the_listener_and_a_flat_one_never_does():
    wide = ARKIT_INDEX["eyeWideLeft"]
    shown = []
    for variation in (1.0, 6.0):
        partner = [Phrase(2.0 + 6 * i, 5.0 + 6 * i, 0.0, False, variation) for i in range(6)]
        motion, pose = np.zeros((FRAMES, 58)), np.zeros((FRAMES, 6))
        for seed in range(5):
            listen(np.random.default_rng(seed), motion, pose, [], Partner(partner))
        shown.append(motion[:, wide].max())
    assert shown[0] == 0.0
    assert shown[1] > 0.15


def test_the_sides_of_a_face_differ_a_little_and_lids_still_shut_together():
    quiet = PartySpeech(np.zeros(FRAMES * 640, np.float32), [])
    differences = []
    for seed in range(10):
        motion, _ = teach(quiet, quiet, FRAMES, np.random.default_rng(seed))
        left, right = motion[:, ARKIT_INDEX["eyeBlinkLeft"]], motion[:, ARKIT_INDEX["eyeBlinkRight"]]
        np.testing.assert_array_equal(left == 1.0, right == 1.0)
        smile = motion[:, [ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthSmileRight"]]]
        if smile.max() > 0.1:
            differences.append(abs(np.log(smile[:, 0].max() / smile[:, 1].max())))
    assert 0.0 < np.median(differences) < 0.3


def test_several_raises_and_smiles_together_stay_below_what_a_face_can_do():
    motion = np.zeros((10, 58))
    motion[:, INNER] = np.linspace(0.0, 3.0, 10)
    expressions.limit(motion)
    assert motion[-1, INNER] < 0.76
    assert motion[1, INNER] == pytest.approx(1 / 3, rel=0.02)
    assert (np.diff(motion[:, INNER]) > 0.0).all()
