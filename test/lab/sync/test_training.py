"""Training of the towers: it learns known shifts, continues where it stopped, and varies what it is shown."""

import json
import shutil

import numpy as np
import pytest
import torch

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.sync import weights
from dystream_lab.sync.judging import judge_lips, late
from dystream_lab.sync.lips import CHANNELS, lips_of
from dystream_lab.sync.measure import measure, of_arrays
from dystream_lab.sync.towers import MOUTH, MouthTower, SyncConfig
from dystream_lab.sync.training import Trainer, contrast
from dystream_lab.sync.variation import normalised, vary_lips, vary_mouths
from dystream_ros.cli import main
from dystream_ros.face.arkit import ARKIT_INDEX

STEPS = 60


def run(trainer: Trainer) -> list[float]:
    return [step.loss for step in trainer.train()]


def test_training_finds_the_shifts_of_an_unseen_clip(trainer, corpus):
    made = trainer(STEPS)
    losses = run(made)
    assert np.mean(losses[-10:]) < 0.9 * np.mean(losses[:5])
    clip = ConversationDataset(corpus, "valid").whole(0, 0, lookahead=0)
    lips = lips_of(clip.motion[:, :52])
    network = made.network.eval()
    for shift in (-5, 0, 3):
        score = measure(network, of_arrays(clip.self_audio, late(lips, shift)), "clip")
        assert abs(score.offset_ms - 40 * shift) <= 40


def test_a_run_that_stopped_goes_on_as_if_it_had_not(trainer, tmp_path):
    whole, stopped, resumed = trainer(6), trainer(6), trainer(6)
    losses = run(whole)
    begun = stopped.train()
    first = [next(begun).loss for _ in range(3)]
    stopped.save(tmp_path / "run.safetensors")
    resumed.restore(tmp_path / "run.safetensors")
    assert first + run(resumed) == losses
    other = trainer(6)
    other.network.lips.front[0] = torch.nn.Linear(CHANNELS, 7)
    with pytest.raises(ValueError, match="other sizes"):
        other.restore(tmp_path / "run.safetensors")


def test_a_run_with_another_seed_or_beside_other_towers_is_refused(trainer, tmp_path):
    begun = trainer(2)
    begun.save(tmp_path / "run.pt")
    other = trainer(2)
    other.seed = 1
    with pytest.raises(ValueError, match="was begun with the seed 0, now it is 1"):
        other.restore(tmp_path / "run.pt")
    beside = trainer(2)
    beside.network.requires_grad_(False)
    beside.restore(tmp_path / "run.pt")  # the same towers
    next(beside.network.lips.parameters()).add_(0.1)
    kept = next(beside.network.lips.parameters()).clone()
    with pytest.raises(ValueError, match="was begun beside other weights of sound and lips"):
        beside.restore(tmp_path / "run.pt")
    assert torch.equal(next(beside.network.lips.parameters()), kept)


def test_the_loss_of_equal_vectors_is_less_than_that_of_strangers():
    drawn = torch.nn.functional.normalize(torch.randn(4, 40, 8, generator=torch.Generator().manual_seed(0)), dim=-1)
    ones, cold = torch.ones(4, 40), torch.tensor(20.0)
    loss, found = contrast(drawn, drawn, ones, cold)
    strange, lost = contrast(drawn, drawn.flip(0), ones, cold)
    assert loss < 0.5 * strange
    assert found == 1.0
    assert lost < 0.2


def test_a_window_of_sound_depends_on_its_five_frames_alone(trainer):
    network = trainer(1).network.eval()
    mels = torch.randn(1, 12, 160)
    changed = mels.clone()
    changed[:, 5] += 1.0
    with torch.inference_mode():
        apart = (network.sound(mels) - network.sound(changed)).abs().amax(2)[0]
    assert apart.shape == (8,)
    assert torch.equal(apart > 1e-6, torch.tensor([False] + [True] * 5 + [False] * 2))


@pytest.mark.parametrize(("window", "frames"), [(3, 2), (9, 8)])
def test_any_odd_window_is_accepted(window, frames):
    tower = MouthTower(SyncConfig(window=window, width=8, vector=4)).eval()
    with torch.inference_mode():
        made = tower(torch.rand(1, 12, MOUTH, MOUTH))
    assert made.shape == (1, 12 - frames, 4)
    torch.testing.assert_close(made.norm(dim=2), torch.ones(1, 12 - frames))
    with pytest.raises(ValueError, match="the window is 4 frames; accepted are odd numbers from 3"):
        SyncConfig(window=4)


def test_varied_lips_move_when_the_others_do():
    rng = np.random.default_rng(0)
    values = np.zeros((100, 52), np.float32)
    values[:, ARKIT_INDEX["jawOpen"]] = 0.3 + 0.3 * np.sin(np.arange(100) / 3)
    for _ in range(20):
        varied = vary_lips(rng, values)
        assert 0.0 <= varied.min() <= varied.max() <= 1.0
        one, other = (lips_of(each)[:, -2] for each in (values, varied))
        assert np.corrcoef(one, other)[0, 1] > 0.85
    assert values[:, ARKIT_INDEX["jawOpen"]].max() > 0.59


def test_light_and_contrast_hardly_change_a_normalised_mouth():
    mouths = torch.rand(2, 3, MOUTH, MOUTH, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(normalised(0.2 + 0.5 * mouths), normalised(mouths), rtol=1e-4, atol=1e-4)
    assert normalised(torch.full((1, 1, MOUTH, MOUTH), 0.4)).abs().max() < 1e-4
    varied = vary_mouths(torch.Generator().manual_seed(1), mouths)
    assert varied.shape == mouths.shape
    assert torch.isfinite(varied).all()


def test_the_command_writes_weights_and_leaves_those_in_use(corpus, tmp_path, monkeypatch, capsys):
    shipped = weights.LIPS.read_bytes()
    monkeypatch.setattr("dystream_lab.sync.training.BATCH", 4)
    line = ["train-sync", "lips", str(corpus), "--run", str(tmp_path), "--steps", "2"]
    assert main(line) == 0
    assert "shifts of up to 200 ms found within a frame" in capsys.readouterr().out
    network = weights.load(tmp_path / "lips.safetensors")
    assert network.mouths is None
    assert weights.LIPS.read_bytes() == shipped
    assert main(line) == 0  # nothing is left to do


def test_pictures_belong_to_the_weights_that_they_were_trained_for(trainer, tmp_path):
    network = trainer(1).network
    weights.save_lips(network, tmp_path / "lips.safetensors")
    network.mouths = MouthTower(network.config)
    weights.save_mouths(network, tmp_path / "mouths.safetensors", tmp_path / "lips.safetensors")
    assert weights.load(tmp_path / "lips.safetensors", tmp_path / "mouths.safetensors").mouths is not None
    with pytest.raises(ValueError, match="was trained for other weights"):
        weights.load(weights.LIPS, tmp_path / "mouths.safetensors")
    with pytest.raises(ValueError, match="has the format 'dystream_lab sync 1'; expected is"):
        weights.load(tmp_path / "lips.safetensors", tmp_path / "lips.safetensors")
    (tmp_path / "lips.safetensors").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="damaged or no safetensors file"):
        weights.load(tmp_path / "lips.safetensors")


def test_rendered_mouths_train_the_tower_of_pictures(trainer, corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("dystream_lab.sync.rendered._SECONDS", 2.2)
    monkeypatch.setattr("dystream_lab.sync.training.MOUTH_BATCH", 2)
    weights.save_lips(trainer(1).network, tmp_path / "lips.safetensors")
    run = ["--run", str(tmp_path)]
    assert main(["train-sync", "render", str(corpus), *run, "--clips", "1", "--portraits", "lumi"]) == 0
    printed = capsys.readouterr()
    assert "1 clips in" in printed.out
    [path] = (tmp_path / "mouths").glob("*.npz")
    with np.load(path) as clip:
        assert clip["seen"].all()
        assert clip["mouths"].shape == (55, MOUTH, MOUTH)
        jaw = clip["values"][:, ARKIT_INDEX["jawOpen"]]
        # The mouth is in the middle of the crop: the farther it is open, the more teeth and dark there are.
        contrast = clip["mouths"][:, 20:34, 16:32].astype(float).std((1, 2))
        assert np.corrcoef(jaw, contrast)[0, 1] > 0.9
    assert main(["train-sync", "pictures", *run, "--steps", "1"]) == 0
    assert "none of the held-out faces was rendered" in capsys.readouterr().out
    assert weights.load(tmp_path / "lips.safetensors", tmp_path / "mouths.safetensors").mouths is not None


def test_a_corpus_without_phones_judges_as_well(trainer, corpus, tmp_path):
    """Speech of videos is not labelled by phones, but it is speech."""
    shutil.copytree(corpus, tmp_path / "own")
    for labels in (tmp_path / "own" / "clips").glob("*/labels.json"):
        parties = json.loads(labels.read_text())
        for party in parties:
            party["phones"] = [[0.0, 9.0, "?"]]
        labels.write_text(json.dumps(parties))
    assert judge_lips(trainer(1).network.eval(), [tmp_path / "own"])["recordings"] == 2
