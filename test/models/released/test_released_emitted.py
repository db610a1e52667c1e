"""The next motion follows the one that was shown, such as one with closed lips."""

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from dystream_ros.face.arkit import ARKIT_NAMES, SPEECH_INDEX
from dystream_ros.face.stages.close_lips import AMOUNTS, CloseLips
from dystream_ros.models.released.files.readout import Readout
from dystream_ros.models.released.streaming.model import ReleasedModel, StreamConfig

LOOKAHEAD, MOTION = 960, 16
SPEECH = list(SPEECH_INDEX)


def lips_and_the_rest() -> Readout:
    """Speech coefficients read four directions of a motion of 16, everything else the others."""
    draws = torch.Generator().manual_seed(0)
    speech = torch.zeros(58, dtype=torch.bool)
    speech[SPEECH] = True
    weight = 0.1 * torch.randn(58, MOTION, generator=draws)
    weight[speech, 4:] = 0
    weight[~speech, :4] = 0
    weight[speech] = weight[speech].abs()
    bias = torch.where(speech, weight[:, :4].sum(1), 0.3 * torch.ones(58))
    return Readout(torch.eye(MOTION), torch.zeros(MOTION), weight, bias, torch.ones(58))


@pytest.fixture(scope="module")
def unnamed(tiny_generator, tiny_golden):
    return ReleasedModel(tiny_generator, StreamConfig(window=40), tiny_golden["input/anchor"][0, 0])


@pytest.fixture(scope="module")
def named(tiny_generator):
    return ReleasedModel(tiny_generator, StreamConfig(window=40), torch.zeros(MOTION), lips_and_the_rest())


@pytest.fixture(scope="module")
def tracks(speech_like):
    return speech_like(4, 1), speech_like(4, 2)


def steps(batch, tracks, first, last):
    """Frames `first` to `last` - 1 of a batch whose heads all receive the same sound."""
    if first == 0:
        for row in range(len(batch)):
            batch.prime(row, *(track[:LOOKAHEAD] for track in tracks))
    for frame in range(first, last):
        part = slice(LOOKAHEAD + 640 * frame, LOOKAHEAD + 640 * (frame + 1))
        yield batch.step(*(np.repeat(track[None, part], len(batch), 0) for track in tracks))


def latents(frames):
    return np.stack([[motion.latent for motion in rows] for rows in frames])


@pytest.mark.parametrize("readout", ["without_readout", "with_readout"])
def test_closed_lips_that_are_shown_give_the_golden_motions_and_leave_the_other_head_alone(
    unnamed, named, tracks, released_data, readout
):
    model = named if readout == "with_readout" else unnamed
    batch, undisturbed = model.sessions([3, 5]), model.sessions([3, 5])
    for _ in steps(batch, tracks, 0, 10):
        pass
    stage, shown, beside = CloseLips(batch.close_lips), [], []
    stage.interrupt()
    for motion, other in steps(batch, tracks, 10, 10 + len(AMOUNTS)):
        closed = stage.apply(motion, 0.0)
        batch.emitted(0, closed)
        shown.append(closed.latent)
        beside.append(other.latent)
    golden = load_file(released_data / "closed_lips.safetensors")[readout]
    np.testing.assert_allclose(shown, golden, atol=5e-6, rtol=0)
    assert np.array_equal(beside, latents(steps(undisturbed, tracks, 0, 19))[10:, 1])


def test_a_motion_that_was_shown_unchanged_changes_nothing_bit_for_bit(named, tracks):
    informed, plain = named.sessions([3, 5]), named.sessions([3, 5])
    for frame in range(12):
        first, second = next(steps(informed, tracks, frame, frame + 1))
        expected = next(steps(plain, tracks, frame, frame + 1))
        assert np.array_equal(latents([(first, second)]), latents([expected]))
        informed.emitted(0, first)
        informed.emitted(1, informed.close_lips(second, 0.0))


def test_a_motion_that_was_shown_is_the_one_that_the_next_step_follows(unnamed, tracks):
    batch = unnamed.sessions([3])
    (motion,) = list(steps(batch, tracks, 0, 6))[-1]
    state = batch._stepping._state.motion.embedded.clone()
    shown = unnamed.frame(motion.frame, np.linspace(-1, 1, MOTION, dtype=np.float32), motion.speaking)
    batch.emitted(0, shown)
    after = batch._stepping._state.motion.embedded
    assert torch.equal(after[:, :-1], state[:, :-1])
    torch.testing.assert_close(after[0, -1], unnamed.stream.stepper.embed(torch.from_numpy(shown.latent)))
    batch.emitted(0, motion)  # shown after all
    torch.testing.assert_close(batch._stepping._state.motion.embedded, state)


def test_a_shown_latent_of_another_length_is_refused(unnamed):
    batch = unnamed.sessions([0])
    (motion,) = batch.step(np.zeros((1, 640), np.float32), np.zeros((1, 640), np.float32))
    with pytest.raises(ValueError, match="16"):
        batch.emitted(0, unnamed.frame(0, motion.latent[:3], 0))


def test_without_a_readout_lips_close_to_the_portraits(unnamed, tracks):
    (motion,) = list(steps(unnamed.sessions([0]), tracks, 0, 10))[-1]
    np.testing.assert_allclose(unnamed.close_lips(motion, 1.0).latent, unnamed.anchor.numpy(), atol=1e-6)
    half = unnamed.close_lips(motion, 0.5).latent
    np.testing.assert_allclose(half, (motion.latent + unnamed.anchor.numpy()) / 2, atol=1e-6)


def test_with_a_readout_lips_close_and_the_head_stays(named, tracks):
    (motion,) = list(steps(named.sessions([0]), tracks, 0, 10))[-1]
    assert named.layout.names == ARKIT_NAMES
    assert motion.values[SPEECH].max() > 0.1
    closed = named.close_lips(motion, 1.0)
    assert closed.values[SPEECH].max() < 0.01
    np.testing.assert_allclose(closed.head_pose, motion.head_pose, atol=1e-4)
    rest = [index for index in range(52) if index not in SPEECH]
    np.testing.assert_allclose(closed.values[rest], motion.values[rest], atol=1e-4)
    assert (closed.frame, closed.speaking) == (motion.frame, motion.speaking)
