"""Strategies of a causal audio encoder: what each hears, what it imagines, and what it is taught."""

import dataclasses

import pytest
import torch

from dystream_lab.training.causal import imaginers
from dystream_lab.training.causal.encoders import SPARE, AnyLookaheadEncoder, LookaheadEncoder, TwoSidedEncoder
from dystream_lab.training.causal.fitting import fit
from dystream_lab.training.causal.imaginers import Held, MeanOfMels, SampleOfMels
from dystream_lab.training.causal.imagining import ImaginingEncoder
from dystream_lab.training.causal.lip_network import (
    LipNetwork,
    SampledFeatures,
    SamplingNetwork,
    TaughtNetwork,
)
from dystream_lab.training.causal.packs import Pack, PackedBatch, PackSettings
from dystream_lab.training.config import TrainingConfig
from dystream_ros.models.compact.config import MELS_PER_FRAME
from dystream_ros.models.compact.encoder import AudioEncoder
from dystream_ros.models.compact.flow_head import ModulatedMLP

INPUTS, CHANNELS, FEATURES, FRAMES = 6, 8, 10, 30
AHEAD = 6  # feature frames that are imagined


@pytest.fixture(autouse=True)
def seed(monkeypatch):
    torch.manual_seed(0)
    # What imagines is as small as what hears: the steps of Muon, in bfloat16, take most of the time on a CPU.
    monkeypatch.setattr(imaginers, "_WIDTH", 32)


def network() -> AudioEncoder:
    """An encoder whose blocks are not the identity, as they are at the start of a training."""
    made = AudioEncoder(INPUTS, CHANNELS, FEATURES)
    for block in (*made.fast, *made.slow):
        torch.nn.init.normal_(block.project.weight, std=0.5)
    return made


def mels(rows: int = 2) -> torch.Tensor:
    return torch.randn(rows, MELS_PER_FRAME * FRAMES + SPARE, INPUTS)


def first_change(encoder: torch.nn.Module, place: int) -> int:
    """The first motion frame whose features differ, bit for bit, when log-mels from `place` on are others."""
    heard, other = mels(), mels()
    other[:, :place] = heard[:, :place]
    features = []
    for one in (heard, other):
        torch.manual_seed(1)  # samples are drawn with the same noise
        features.append(encoder(one))
    differs = (features[0] != features[1]).any(2).any(0)
    return int(differs.float().argmax()) if differs.any() else FRAMES


def conditioned(module: torch.nn.Module) -> torch.nn.Module:
    """The module with flow heads that depend on their condition, as they do after some training."""
    for mlp in module.modules():
        if isinstance(mlp, ModulatedMLP):
            torch.nn.init.normal_(mlp.modulation.weight, std=0.5)
    return module


def imagining(imaginer: type, network_: AudioEncoder | None = None) -> ImaginingEncoder:
    context = MELS_PER_FRAME * CHANNELS
    return ImaginingEncoder(network_ or network(), 0, AHEAD, imaginer(AHEAD, INPUTS, context))


@pytest.mark.parametrize("lookahead", [0, 2, 6, 20])
def test_an_encoder_hears_to_the_end_of_its_lookahead_and_no_further(lookahead):
    encoder = LookaheadEncoder(network(), lookahead)
    # Frame 10 ends before feature frame 44.
    assert first_change(encoder, 44 + lookahead) == 11
    assert first_change(encoder, 44 + lookahead - 1) == 10


@pytest.mark.parametrize("imaginer", [MeanOfMels, SampleOfMels])
def test_what_imagines_the_sound_to_come_hears_nothing_of_it(imaginer):
    encoder = conditioned(imagining(imaginer))
    assert first_change(encoder, 44) == 11
    assert first_change(encoder, 43) == 10


def test_what_samples_features_hears_nothing_of_the_sound_to_come():
    encoder = conditioned(SampledFeatures(LookaheadEncoder(network(), 0), FEATURES))
    assert first_change(encoder, 44) == 11


def test_a_two_sided_encoder_hears_as_far_ahead_as_back():
    encoder = TwoSidedEncoder(network())
    ahead = 44 - 4 * first_change(encoder, 44)
    heard, other = mels(), mels()
    other[:, 44:] = heard[:, 44:]
    differs = (encoder(heard) != encoder(other)).any(2).any(0)
    back = 4 * (int(differs.nonzero().max()) + 1) - 44
    assert ahead == back
    assert ahead > 4 * 5


def test_imagined_sound_that_comes_true_gives_the_features_of_a_lookahead():
    shared, heard = network(), mels()
    truth = heard[:, MELS_PER_FRAME:].unfold(1, AHEAD, MELS_PER_FRAME)[:, :FRAMES].transpose(2, 3)

    class Foreseen(torch.nn.Module):
        def forward(self, context, last):
            return truth

    expected = LookaheadEncoder(shared, AHEAD)(heard)
    assert torch.allclose(ImaginingEncoder(shared, 0, AHEAD, Foreseen())(heard), expected, atol=1e-5)


@pytest.mark.parametrize(("heard", "imagined"), [(0, 2), (4, 2), (0, 20), (12, 8)])
def test_a_streamed_encoder_that_imagines_gives_the_features_of_the_whole_clip(heard, imagined):
    encoder = ImaginingEncoder(network(), heard, imagined, Held(imagined))
    sound = mels()
    state = encoder.network.initial_state(len(sound))
    if heard:
        state = encoder.network.prime(sound[:, :heard], state)
    streamed = []
    for frame in range(FRAMES):
        begin = heard + MELS_PER_FRAME * frame
        features, state = encoder.step(sound[:, begin : begin + MELS_PER_FRAME], state)
        streamed.append(features)
    assert torch.allclose(torch.cat(streamed, dim=1), encoder(sound), atol=1e-5)


def test_an_encoder_that_imagines_more_than_there_is_is_refused():
    with pytest.raises(ValueError, match="12 feature frames are heard and 12 imagined"):
        ImaginingEncoder(network(), 12, 12, Held(12))


@pytest.mark.parametrize("lookahead", [0, 4, 20])
def test_an_encoder_of_any_lookahead_hears_to_the_end_of_the_one_that_is_set(lookahead):
    encoder = AnyLookaheadEncoder(network(), [0, 4, 20])
    encoder.lookahead = lookahead
    assert first_change(encoder, 44 + lookahead) == 11
    assert first_change(encoder, 44 + lookahead - 1) == 10


def test_an_encoder_of_any_lookahead_is_trained_with_each():
    encoder = AnyLookaheadEncoder(network(), [0, 20])
    sound = mels(1).expand(64, -1, -1)
    features = encoder(sound)[:, 10]
    ways = {tuple(row.tolist()) for row in (features * 1e3).round()}
    assert len(ways) == 2


def test_rows_with_other_lookaheads_beside_them_have_the_features_of_their_own():
    encoder = AnyLookaheadEncoder(network(), [0, 4, 20])
    sound = mels(1).expand(30, -1, -1)
    torch.manual_seed(2)
    numbers = torch.randint(3, (30,))
    torch.manual_seed(2)
    mixed = encoder(sound)
    for number, lookahead in enumerate(encoder.choices):
        encoder.lookahead = lookahead
        assert torch.allclose(mixed[numbers == number], encoder(sound)[numbers == number], atol=1e-5)


def batch(rows: int = 4) -> PackedBatch:
    """Sound whose next feature frames follow from the past, and lips that follow from the sound."""
    start = torch.arange(rows)[:, None, None] * 1.5
    phase = start + torch.arange(MELS_PER_FRAME * FRAMES + SPARE)[None, :, None] * 0.2
    sound = torch.sin(phase + torch.arange(INPUTS))
    motion = torch.zeros(rows, FRAMES, 58)
    motion[:] = sound[:, 2 : 2 + MELS_PER_FRAME * FRAMES : MELS_PER_FRAME, :1] * 0.2 + 0.3
    return PackedBatch(sound, motion, torch.zeros(rows, FRAMES, dtype=torch.int64))


class OneBatch:
    """A pack of one batch."""

    def __init__(self) -> None:
        self._batch = batch()

    def batch(self, number: int) -> PackedBatch:
        return self._batch


def trained(learner, path, steps: int = 60):
    config = TrainingConfig(steps=steps, rate=1e-2, warmup=5, average=0.9, save_every=20)
    fit(learner, OneBatch(), path, config, "test")
    return learner.network


def lip_network(encoder: torch.nn.Module) -> LipNetwork:
    made = LipNetwork(encoder, FEATURES)
    made.space.fit(batch().motion)
    return made


def distance(student: LipNetwork, teacher: LipNetwork) -> float:
    with torch.no_grad():
        return float((student.encoder(batch().mels) - teacher.encoder(batch().mels)).square().mean())


@pytest.mark.parametrize("lips", [False, True])
def test_distillation_brings_the_features_near_those_of_the_teacher(tmp_path, lips):
    teacher = lip_network(TwoSidedEncoder(network())).eval()
    student = lip_network(LookaheadEncoder(network(), 0))
    before = distance(student, teacher)
    learner = TaughtNetwork(student, teacher, lips)
    assert distance(trained(learner, tmp_path), teacher) < 0.2 * before
    assert torch.equal(student.lips.weight, teacher.lips.weight) != lips


@pytest.mark.parametrize("imaginer", [MeanOfMels, SampleOfMels])
def test_sound_that_follows_from_the_past_is_imagined(tmp_path, imaginer):
    encoder = imagining(imaginer, AudioEncoder(INPUTS, CHANNELS, FEATURES))
    encoder.imaginer.fit(batch().mels)
    made = trained(lip_network(encoder), tmp_path, 120)
    held = ImaginingEncoder(encoder.network, 0, AHEAD, Held(AHEAD))
    errors = {}
    for name, one in (("learned", made.encoder), ("held", held)):
        ahead = {}
        one.imaginer.register_forward_hook(lambda _, __, result, ahead=ahead: ahead.update(result=result))
        with torch.no_grad():
            one(batch().mels)
        truth = batch().mels[:, MELS_PER_FRAME:].unfold(1, AHEAD, MELS_PER_FRAME)[:, :FRAMES].transpose(2, 3)
        # Not the first frames, before which nothing has been heard.
        errors[name] = float((ahead["result"] - truth)[:, 5:].square().mean())
    assert errors["learned"] < 0.3 * errors["held"]


def test_sampled_features_come_near_those_of_the_teacher(tmp_path):
    teacher = lip_network(LookaheadEncoder(network(), AHEAD)).eval()
    encoder = SampledFeatures(LookaheadEncoder(AudioEncoder(INPUTS, CHANNELS, FEATURES), 0), FEATURES)
    student = lip_network(encoder)
    before = distance(student, teacher)
    assert distance(trained(SamplingNetwork(student, teacher), tmp_path, 120), teacher) < 0.5 * before


class Stopped(Exception):
    """The process ends."""


def test_an_interrupted_training_ends_with_the_same_weights(tmp_path):
    class Stopping(OneBatch):
        def batch(self, number: int) -> PackedBatch:
            if number == 7:
                raise Stopped
            return super().batch(number)

    config = TrainingConfig(steps=12, rate=1e-2, warmup=2, average=0.9, save_every=4)

    def learner():
        torch.manual_seed(3)
        return lip_network(imagining(SampleOfMels))

    whole, resumed = learner(), learner()
    fit(whole, OneBatch(), tmp_path / "whole", config, "test")
    with pytest.raises(Stopped):
        fit(learner(), Stopping(), tmp_path / "run", config, "test")
    with pytest.raises(ValueError, match="other settings"):
        fit(learner(), OneBatch(), tmp_path / "run", dataclasses.replace(config, rate=1e-3), "test")
    fit(resumed, OneBatch(), tmp_path / "run", config, "test")
    for one, other in zip(whole.state_dict().values(), resumed.state_dict().values()):
        assert torch.equal(one, other)


def test_a_pack_continues_and_has_the_batches_of_the_training(corpus, tmp_path):
    from dystream_lab.corpus.dataset import ConversationDataset
    from dystream_lab.training.batches import encoder_batch
    from dystream_ros.models.compact.config import CompactConfig

    dataset = ConversationDataset(corpus, "train")
    settings = PackSettings(str(corpus), batches=3, rows=2, frames=20, mels=8, seed=5)
    pack = Pack(tmp_path / "pack", settings)
    assert next(pack.write(dataset)) == 0
    pack = Pack(tmp_path / "pack", settings)
    assert pack.missing == [1, 2]
    assert list(pack.write(dataset)) == [1, 2]
    config = TrainingConfig(encoder_batch=2, encoder_frames=20, seed=5)
    expected = encoder_batch(dataset, config, CompactConfig(lookahead_ms=200, mels=8), 1)
    found = pack.batch(1)
    both = torch.cat([expected.self_mels, expected.other_mels], dim=2)
    assert found.mels.shape == (2, 4 * 20 + SPARE, 16)
    assert (found.mels - both).abs().max() < 2e-3
    assert torch.equal(found.phones, expected.phones)
    with pytest.raises(ValueError, match="give the same settings"):
        Pack(tmp_path / "pack", dataclasses.replace(settings, seed=6))
