"""Recovery and limits, on motions with known results and a small model with random weights."""

import numpy as np
import pytest
import torch

from dystream_lab.evaluation.measures import endurance, loop
from dystream_lab.evaluation.sets.conversations import Conversation
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.model import CompactModel

JAW, SMILE = ARKIT_INDEX["jawOpen"], ARKIT_INDEX["mouthSmileLeft"]


@pytest.fixture(scope="module")
def model() -> CompactModel:
    torch.manual_seed(0)
    config = CompactConfig(
        mels=16, self_channels=8, other_channels=8, self_features=8, other_features=8, width=16, blocks=1, heads=2,
        head_width=16, head_blocks=1, window=20, steps=2,
    )  # fmt: skip
    return CompactModel(config).eval()


def test_lips_have_200_ms_and_a_smile_is_free():
    motion = np.zeros((3, 100, 58), np.float32)
    motion[0, :5, JAW] = 1.0
    motion[0, :, SMILE] = 0.4
    motion[1, :6, JAW] = 1.0
    motion[2, 60, ARKIT_INDEX["mouthPucker"]] = 0.3
    np.testing.assert_array_equal(loop.judge_recovery(motion)[:, 1], [1, 0, 0])


def test_the_head_has_2_seconds():
    motion = np.zeros((3, 100, 58), np.float32)
    motion[0, :45, 54] = 0.8
    motion[1, :80, 54] = 0.8
    motion[2, :, 55] = 0.03
    np.testing.assert_array_equal(loop.judge_recovery(motion)[:, 2], [1, 0, 1])
    np.testing.assert_array_equal(loop.judge_recovery(motion)[:, 3], [1, 0, 0])
    np.testing.assert_allclose(loop.seconds_to_pose(motion), [1.6, 3.0, 4.0])


def test_permanently_closed_eyes_are_detected():
    motion = np.zeros((2, 100, 58), np.float32)
    motion[1, :, [ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]] = 1.0
    np.testing.assert_array_equal(loop.judge_recovery(motion)[:, 4], [1, 0])


def test_a_closure_counts_within_120_ms_of_the_swap():
    gap = np.full(90, 0.5)
    gap[78] = 0.1  # 3.14 s
    assert loop.closes(gap, 3.05)
    assert not loop.closes(gap, 3.01)
    assert not loop.closes(gap, 3.15)
    assert not loop.closes(gap, 3.05, within=0.08)


def test_a_swap_joins_two_voices_where_the_second_closes_its_lips():
    def talk(name: str, level: float) -> Conversation:
        phones = ((3.0, 5.0, "AA"), (5.0, 5.1, "M"), (5.1, 6.0, "AA"))
        sound = np.full(10 * 16_000, level, np.float32)
        return Conversation(name, sound, sound, phones, (), (), np.zeros((250, 58), np.float32))

    swapped, whole = loop.swaps([talk("a", 0.1), talk("b", 0.2)], 20)
    assert all(len(set(one.sound)) == 2 for one in swapped)  # never to the same voice
    for one in swapped:
        jump = np.flatnonzero(np.diff(one.sound))
        assert len(jump) == 1
        assert (jump[0] + 1) / 16_000 == pytest.approx(one.at, abs=1e-3)
    assert all(len(set(one.sound)) == 1 for one in whole)
    assert len({len(one.sound) for one in swapped + whole}) == 1


def test_a_swap_needs_a_second_voice():
    phones = ((3.0, 5.0, "AA"), (5.0, 5.1, "M"), (5.1, 6.0, "AA"))
    sound = np.zeros(10 * 16_000, np.float32)
    alone = Conversation("a/0", sound, sound, phones, (), (), np.zeros((250, 58), np.float32))
    with pytest.raises(ValueError, match="of one voice; a swap needs two"):
        loop.swaps([alone], 20)


def test_values_at_their_limits_are_counted():
    motion = np.zeros((100, 58), np.float32)
    motion[:10, JAW] = 1.0
    motion[:30, ARKIT_INDEX["eyeBlinkLeft"]] = 1.0
    motion[:5, 54] = 0.8
    measured = loop.at_limits([[motion]])
    assert measured["frames with a coefficient at 1, %"][0] == pytest.approx(10.0)
    assert measured["frames with the head at a limit, %"][0] == pytest.approx(5.0)


def test_the_model_continues_from_a_forced_history(model):
    histories = loop.histories(10)
    forced = np.stack([histories["mouth wide open"], histories["head at its limits"]])
    motion = loop.continued(model, forced, 3, [1, 1])
    assert motion.shape == (2, 3, 58)
    assert np.abs(motion[1, 0, 52:55] - histories["head at its limits"][0, 52:55]).max() < np.abs(
        motion[0, 0, 52:55] - histories["head at its limits"][0, 52:55]
    ).max()  # fmt: skip


def test_every_history_stays_within_the_limits_of_a_face(model):
    for motion in loop.histories(10).values():
        assert motion.min(0)[:52].min() >= 0.0
        assert motion[:, :52].max() <= 1.0
        pose = torch.from_numpy(motion[:, 52:])
        assert (pose.abs() <= model.space.maximum[52:] + 1e-6).all()


def test_drift_and_growth_over_a_long_run_are_detected():
    rng = np.random.default_rng(0)
    steady = rng.normal(0.0, 0.05, (2, 6000, 58)).astype(np.float32)
    moved, grown = steady.copy(), steady.copy()
    moved[:, :, 54] += np.linspace(0.0, 0.5, 6000)
    grown[:, 3000:] *= 3.0
    measured = {name: endurance.judge(motion) for name, motion in
                {"steady": steady, "moved": moved, "grown": grown}.items()}  # fmt: skip
    drift, spread = "hour: drift of the mean, deviations", "hour: spread of the head, last / first"
    assert measured["steady"][drift][2] < 0.3
    assert measured["moved"][drift][1] > 5.0
    assert measured["moved"]["hour: mean place of the head at the end, mm"][0] < 10.0
    assert measured["steady"][spread][0] == pytest.approx(1.0, abs=0.05)
    assert measured["grown"][spread][0] == pytest.approx(3.0, abs=0.15)


def test_a_long_run_repeats_the_conversations(model):
    sound = np.random.default_rng(0).normal(0.0, 0.1, 20 * 640).astype(np.float32)
    talk = Conversation("a/0", sound, sound, (), (), (), np.zeros((20, 58), np.float32))
    motion, seconds, memory = endurance.run(model, [talk], 2, 50)
    assert len(memory) == 2
    assert min(memory) > 10.0
    assert motion.shape == (2, 50, 58)
    assert len(seconds) == 50
    assert np.isfinite(motion).all()


def test_every_bar_has_a_measure_and_every_history_its_own_measures(model, monkeypatch):
    monkeypatch.setattr(loop, "_AFTER", 80)
    measured = loop.recovery(model, 1, draws=1)
    assert loop.BARS.keys() <= measured.keys() | loop._closures(np.ones(18)).keys()
    for name in loop.histories():
        assert {f"lips neutral, after {name}", f"s to neutral pose median, after {name}"} <= measured.keys()
