"""Lips in sound that is not a voice: closed within four frames, open again within two, smiles untouched."""

from dataclasses import replace

import numpy as np
import pytest

from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.motion import ARKIT_LAYOUT, MotionFrame
from dystream_ros.face.stages.lip_gate import LipGate

JAW, SMILE, LID = (ARKIT_INDEX[name] for name in ("jawOpen", "mouthSmileLeft", "eyeBlinkLeft"))


@pytest.fixture
def motion():
    return MotionFrame(0, np.full(52, 0.8, np.float32), np.full(6, 0.1, np.float32))


def test_a_voice_and_silence_change_nothing(motion):
    gate = LipGate(ARKIT_LAYOUT)
    assert all(gate.apply(motion, voice) is motion for voice in (None, True, True, None))


def test_other_sound_closes_the_lips_and_a_voice_opens_them_again(motion):
    gate = LipGate(ARKIT_LAYOUT)
    gate.apply(motion, True)
    closing = [gate.apply(motion, False) for _ in range(5)]
    np.testing.assert_allclose([each.values[JAW] for each in closing], [0.6, 0.4, 0.2, 0.0, 0.0], atol=1e-6)
    for each in closing:
        assert each.values[SMILE] == each.values[LID] == np.float32(0.8)
        np.testing.assert_array_equal(each.head_pose, motion.head_pose)
    assert gate.apply(motion, True).values[JAW] == pytest.approx(0.4)
    assert gate.apply(motion, True) is motion
    assert motion.values[JAW] == np.float32(0.8), "the argument is not changed"


def test_other_sound_after_silence_does_not_open_them_first_and_in_silence_it_lets_go_slowly(motion):
    gate = LipGate(ARKIT_LAYOUT)
    assert gate.apply(motion, False).values[JAW] == 0.0
    assert gate.apply(motion, None).values[JAW] == pytest.approx(0.08)
    gate.reset()
    assert gate.apply(motion, None) is motion


def test_a_layout_without_names_of_lips_passes(motion):
    latent = replace(ARKIT_LAYOUT, latent_size=8)
    renamed = replace(ARKIT_LAYOUT, names=tuple(f"value {place}" for place in range(52)))
    for layout in (latent, renamed):
        gate = LipGate(layout)
        assert all(np.array_equal(gate.apply(motion, False).values, motion.values) for _ in range(4))


def test_a_motion_that_failed_stays_one(motion):
    failed = replace(motion, values=np.full(52, np.nan, np.float32))
    assert np.isnan(LipGate(ARKIT_LAYOUT).apply(failed, False).values).all()
