"""The motion that the teacher gives a face."""

import numpy as np
import pytest

from dystream_lab.teacher.eyes import lids
from dystream_lab.teacher.pulses import drift, nod
from dystream_lab.teacher.teacher import MOTION_NAMES, PartySpeech, teach
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES

FRAMES = 1000
JAW, BLINK = ARKIT_INDEX["jawOpen"], ARKIT_INDEX["eyeBlinkLeft"]


def silent() -> PartySpeech:
    return PartySpeech(np.zeros(FRAMES * 640, np.float32), [])


def talking() -> PartySpeech:
    """Phrases of 2 seconds with pauses of 1.5."""
    phones, samples = [], np.zeros(FRAMES * 640, np.float32)
    rng = np.random.default_rng(3)
    for start in np.arange(0.5, 36.0, 3.5):
        at = start
        while at < start + 2.0:
            phones.append((at, at + 0.1, str(rng.choice(["AA", "M", "S", "UW", "B", "EH"]))))
            at += 0.1
        span = slice(int(start * 16_000), int(at * 16_000))
        samples[span] = 0.1 * np.sign(np.sin(2 * np.pi * 130 * np.arange(span.stop - span.start) / 16_000))
    return PartySpeech(samples, phones)


def motion_of(own, partner, seed=0):
    return teach(own, partner, FRAMES, np.random.default_rng(seed))


def test_the_same_seed_gives_the_same_motion_and_another_seed_another():
    first, again, other = (motion_of(talking(), silent(), seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1


def test_lips_follow_only_the_own_voice():
    mouth = [ARKIT_INDEX[name] for name in ("jawOpen", "mouthClose", "mouthPucker", "mouthFunnel", "mouthRollLower")]
    alone, listening = motion_of(talking(), silent())[0], motion_of(talking(), talking(), 5)[0]
    np.testing.assert_array_equal(alone[:, mouth], listening[:, mouth])
    assert not motion_of(silent(), talking())[0][:, mouth].any()


def test_coefficients_stay_in_their_range_and_the_head_near_neutral():
    motion, _ = motion_of(talking(), talking())
    assert motion.shape == (FRAMES, len(MOTION_NAMES))
    assert motion.dtype == np.float32
    coefficients, pose = motion[:, : len(ARKIT_NAMES)], motion[:, len(ARKIT_NAMES) :]
    assert coefficients.min() >= 0.0
    assert coefficients.max() <= 1.0
    assert np.abs(np.rad2deg(pose[:, :3])).max() < 25.0
    assert np.abs(pose[:, 3:]).max() < 0.04


def test_the_head_moves_smoothly():
    pose = np.rad2deg(motion_of(talking(), talking())[0][:, len(ARKIT_NAMES) : len(ARKIT_NAMES) + 3])
    assert np.abs(np.diff(pose, axis=0)).max() < 3.0
    assert np.abs(np.diff(pose, 2, axis=0)).max() < 2.0


def test_a_listener_nods_after_the_partners_phrases_and_not_without_a_partner():
    after = []
    for seed in range(4):
        _, events = motion_of(silent(), talking(), seed)
        assert len(events.nods) >= 2
        ends = np.array(events.opportunities)
        after += [nod_time - ends[ends < nod_time].max() for nod_time in events.nods]
        assert not motion_of(silent(), silent(), seed)[1].nods
    assert min(after) >= 0.2
    assert max(after) <= 1.5


def test_a_listener_nods_smiles_and_raises_brows_often_enough_to_be_seen():
    minutes = 20 * FRAMES / 25 / 60
    nods = smiles = brows = 0
    for seed in range(20):
        motion, events = motion_of(silent(), talking(), seed)
        nods, smiles, brows = nods + len(events.nods), smiles + len(events.smiles), brows + len(events.brows)
        for time in events.smiles:
            during = motion[int(time * 25) : int((time + 2.0) * 25), ARKIT_INDEX["mouthSmileLeft"]]
            assert during.max() > 0.25 or time > FRAMES / 25 - 1.0
    assert 4.0 < nods / minutes < 15.0
    assert 0.4 < smiles / minutes < 6.0  # the voice is as monotonous as can be
    assert 1.0 < brows / minutes < 8.0


def test_a_listener_smiles_at_a_laugh_and_mostly_answers_it_within_a_second():
    smile = ARKIT_INDEX["mouthSmileLeft"]
    laughing = PartySpeech(silent().samples, [], [(10.0, 11.5), (25.0, 26.0)])
    answered, answered_in_time, before = [], [], []
    for seed in range(10):
        motion, events = motion_of(silent(), laughing, seed)
        answered += [motion[int(start * 25) : int((start + 1.5) * 25), smile].max() > 0.3 for start in (10.0, 25.0)]
        before.append(motion[: 10 * 25, smile].max())
        after = [time - start for time in events.smiles for start in (10.0, 25.0) if 0.0 < time - start < 1.0]
        answered_in_time += [0.2 <= lag <= 0.61 for lag in after]
        assert not motion[:, JAW].any()
    assert np.mean(answered) > 0.6
    assert np.mean(answered_in_time) > 0.9
    assert np.median(before) < 0.25


def test_a_laughing_face_smiles_broadly_with_an_open_mouth_during_the_sound():
    sound = np.zeros(FRAMES * 640, np.float32)
    sound[10 * 16_000 : int(11.5 * 16_000)] = 0.1
    motion, events = motion_of(PartySpeech(sound, [], [(10.0, 11.5)]), silent())
    during, later = slice(10 * 25 + 8, int(11.5 * 25)), slice(int(12.0 * 25), None)
    assert events.laughs == [10.0]
    assert motion[during, ARKIT_INDEX["mouthSmileLeft"]].min() > 0.4
    assert motion[during, JAW].min() > 0.05
    assert not motion[: int(9.9 * 25), JAW].any()
    assert not motion[later, JAW].any()


def test_lids_close_fully_in_a_blink_and_are_open_between_two():
    rng = np.random.default_rng(0)
    closed = lids(rng, 250, [1.0, 5.0])
    assert closed[25:29].max() == 1.0
    assert closed[125:129].max() == 1.0
    assert not closed[50:120].any()


def test_gaze_rests_on_the_partner_more_while_listening_than_while_speaking():
    def away(own, partner):
        shares = []
        for seed in range(5):
            motion, _ = motion_of(own, partner, seed)
            sideways = motion[:, ARKIT_INDEX["eyeLookOutLeft"]] + motion[:, ARKIT_INDEX["eyeLookInLeft"]]
            shares.append((sideways > 0.2).mean())
        return np.mean(shares)

    assert away(silent(), talking()) < away(talking(), silent())


def test_all_values_are_finite_in_a_conversation_without_speech():
    motion, _ = motion_of(silent(), silent())
    assert np.isfinite(motion).all()
    assert motion[:, BLINK].max() == 1.0
    assert motion[:, JAW].max() == 0.0


@pytest.mark.parametrize("constant", [0.5, 2.0])
def test_a_drift_has_unit_deviation(constant):
    values = drift(np.random.default_rng(0), 60_000, constant)
    assert values.std() == pytest.approx(1.0, abs=0.15)


def test_a_nod_begins_and_ends_at_rest():
    shape = nod(np.arange(0, 3, 0.04), 0.5, 0.45, 2)
    assert shape[0] == shape[-1] == 0.0
    assert shape.max() == pytest.approx(1.0, abs=0.08)
