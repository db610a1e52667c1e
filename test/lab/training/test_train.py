"""Training learns, can be stopped anywhere, and says no to settings that do not fit what was begun."""

import csv
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.speech.phones import PHONE_INDEX, PHONES
from dystream_lab.training.objective import Corruption, Objective
from dystream_lab.training.train import TrainingConfig, dataset_batch, spliced, train
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.model import EVENTS, CompactModel
from dystream_ros.models.errors import ModelError
from dystream_ros.models.registry import load_model

_MODEL = CompactConfig(
    self_channels=24,
    other_channels=16,
    self_features=32,
    other_features=16,
    width=32,
    blocks=1,
    window=20,
    head_width=32,
)
_CONFIG = TrainingConfig(
    steps=6,
    batch=4,
    frames=40,
    ear_steps=1,
    ear_batch=4,
    ear_frames=40,
    warmup=2,
    save_every=3,
    rate=3e-3,
    bfloat16=False,
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    """Two clips in which the jaw of a party is open exactly while it sounds."""
    root = tmp_path_factory.mktemp("corpus")
    rng = np.random.default_rng(0)
    clips = []
    for name, split in (("a", "train"), ("b", "valid")):
        frames = 250
        open_now = np.repeat(rng.random((frames // 10, 2)) > 0.5, 10, axis=0)  # (frames, party)
        sound = 0.1 * np.repeat(open_now, 640, axis=0) * rng.standard_normal((frames * 640, 2))
        motion = np.zeros((2, frames, 58), np.float32)
        motion[:, :, ARKIT_INDEX["jawOpen"]] = 0.5 * open_now.T
        folder = root / "clips" / name
        folder.mkdir(parents=True)
        np.save(folder / "audio.npy", (32767 * sound).astype(np.int16))
        np.save(folder / "motion.npy", motion)
        (folder / "labels.json").write_text(json.dumps([{"phones": [[0.0, 10.0, "AA"]]}] * 2))
        clips.append({"id": name, "split": split, "frames": frames})
    index = {"hop": 640, "frames_per_second": 25, "motion_names": [], "clips": clips}
    (root / "index.json").write_text(json.dumps(index))
    return root


def logged(run: Path, split: str) -> list[dict[str, str]]:
    with (run / "log.csv").open() as file:
        return [row for row in csv.DictReader(file) if row["split"] == split]


def test_training_learns_and_its_weights_load(corpus, tmp_path):
    config = dataclasses.replace(_CONFIG, steps=150, save_every=50)
    weights = train(corpus, tmp_path, config, _MODEL)
    losses = [float(row["lips"]) for row in logged(tmp_path, "train")]
    assert np.mean(losses[-10:]) < 0.5 * np.mean(losses[:5])
    assert load_model(str(weights)).network.config == _MODEL


def test_weights_are_kept_to_be_averaged(corpus, tmp_path):
    """Also between the steps at which a run is saved."""
    train(corpus, tmp_path, dataclasses.replace(_CONFIG, keep_every=2, save_every=3), _MODEL)
    kept = sorted(path.name for path in tmp_path.glob("step-*.safetensors"))
    assert kept == ["step-00002.safetensors", "step-00004.safetensors", "step-00006.safetensors"]
    first, last, shipped = (
        load_model(str(tmp_path / name)).network.lips.weight for name in (kept[0], kept[-1], "model.safetensors")
    )
    assert torch.equal(last, shipped)
    assert not torch.equal(first, last)


def test_clips_without_phones_are_learnt_from_too(corpus, tmp_path):
    """Videos of people come without them."""
    import dystream_lab.corpus.dataset as dataset
    from dystream_lab.speech.phones import UNKNOWN_ID

    real = dataset.ConversationDataset.view

    def without_phones(self, *args):
        clip = real(self, *args)
        return dataclasses.replace(clip, phones=np.full_like(clip.phones, UNKNOWN_ID))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset.ConversationDataset, "view", without_phones)
        train(corpus, tmp_path, _CONFIG, _MODEL)
    rows = logged(tmp_path, "train")
    assert {float(row["phones"]) for row in rows} == {0.0}
    assert all(np.isfinite(float(row["total"])) for row in rows)


def test_a_run_may_begin_with_weights_that_lack_what_the_model_has_now(corpus, tmp_path):
    from safetensors import safe_open
    from safetensors.torch import save_file

    first = train(corpus, tmp_path / "first", _CONFIG, dataclasses.replace(_MODEL, self_rounds=1))
    with safe_open(first, framework="pt") as file:
        header = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys() if not name.startswith("lips.")}  # noqa: SIM118
    save_file(tensors, tmp_path / "earlier.safetensors", metadata=header)
    config = dataclasses.replace(_CONFIG, steps=1, rate=0.0, start=str(tmp_path / "earlier.safetensors"))
    second = load_model(str(train(corpus, tmp_path / "second", config, _MODEL))).network.state_dict()
    assert torch.equal(
        second["self_encoder.fast.0.project.weight"], tensors["self_encoder.fast.0.project.weight"].float()
    )
    assert not second["self_encoder.fast.4.project.weight"].any()
    # What was begun goes on without the weights that it began with.
    (tmp_path / "earlier.safetensors").unlink()
    train(corpus, tmp_path / "second", dataclasses.replace(config, steps=2), _MODEL)


def test_a_wider_ear_begins_with_what_a_narrower_one_hears(corpus, tmp_path):
    first = train(corpus, tmp_path / "first", dataclasses.replace(_CONFIG, steps=20), _MODEL)
    config = dataclasses.replace(_CONFIG, steps=1, rate=0.0, start=str(first))
    second = train(corpus, tmp_path / "second", config, dataclasses.replace(_MODEL, self_channels=60))
    narrow, wide = (load_model(str(path)).network for path in (first, second))
    mels = dataset_batch(ConversationDataset(corpus, "valid"), _CONFIG, _MODEL, 0, clips=4, vary=False).self_mels
    with torch.no_grad():
        heard, grown = narrow.self_clip(mels, mels), wide.self_clip(mels, mels)
    assert (heard - grown).square().mean() < 1e-4 * heard.var(0).mean()
    # Copies that gave the same to every next channel would stay copies.
    down = wide.self_encoder.down.weight.unflatten(1, (60, -1))
    assert len(down.transpose(0, 1).flatten(1).unique(dim=0)) == 60


def test_an_earlier_model_goes_on_in_one_whose_ear_hears_both_parties_and_that_has_more_events(corpus, tmp_path):
    """One of two events, whose ear heard its own party alone, says the same at first, and blinks by events later."""
    from safetensors import safe_open
    from safetensors.torch import save_file

    first = train(corpus, tmp_path / "first", _CONFIG, _MODEL)
    with safe_open(first, framework="pt") as file:
        header, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    stem = tensors["self_encoder.stem.taps.weight"].unflatten(1, (3, 2, -1))
    tensors["self_encoder.stem.taps.weight"] = stem[:, :, 0].flatten(1).contiguous()
    for name in ("event_embed.weight", "event_shape.weight", "event_onset.weight", "event_onset.bias"):
        tensors[name] = tensors[name][: len(tensors[name]) // len(EVENTS) * 2].clone()
    earlier = tmp_path / "earlier.safetensors"
    save_file(tensors, earlier, metadata=header)
    with pytest.raises(ModelError, match="size mismatch"):
        load_model(str(earlier))
    config = dataclasses.replace(_CONFIG, steps=1, rate=0.0, start=str(earlier))
    grown = load_model(str(train(corpus, tmp_path / "second", config, _MODEL))).network
    own, partner = torch.randn(2, 1, 30, _MODEL.mels)
    with torch.no_grad():
        torch.testing.assert_close(grown.self_clip(own, partner), grown.self_clip(own, -partner))
        chances = grown.event_chances(torch.randn(1, 5, _MODEL.width)).sigmoid()
    assert (chances[..., 2:] < 0.01).all()
    assert not grown.event_shape.weight[2 * 51 :].any()
    assert grown.event_shape.weight[: 2 * 51].any()


def test_what_leaks_from_the_partner_is_told_from_the_own_voice(tmp_path):
    """The face speaks while its partner is silent; what the partner says is as loud in the own channel."""
    rng = np.random.default_rng(2)
    frames, clips = 500, []
    for name, split in (("a", "train"), ("b", "valid")):
        talks = np.repeat(rng.random((frames // 10, 2)) > 0.5, 10, axis=0)
        talks[:, 0] &= ~talks[:, 1]
        sound = 0.1 * np.repeat(talks, 640, axis=0) * rng.standard_normal((frames * 640, 2))
        sound[:, 0] += sound[:, 1]
        motion = np.zeros((1, frames, 58), np.float32)
        motion[0, :, ARKIT_INDEX["jawOpen"]] = 0.5 * talks[:, 0]
        folder = tmp_path / "corpus" / "clips" / name
        folder.mkdir(parents=True)
        np.save(folder / "audio.npy", (32767 * sound).astype(np.int16))
        np.save(folder / "motion.npy", motion)
        (folder / "labels.json").write_text(json.dumps([{"phones": [[0.0, 20.0, "AA"]]}, {"phones": []}]))
        clips.append({"id": name, "split": split, "frames": frames, "parties": [0]})
    index = {"hop": 640, "frames_per_second": 25, "motion_names": [], "clips": clips}
    (tmp_path / "corpus" / "index.json").write_text(json.dumps(index))
    config = dataclasses.replace(_CONFIG, steps=200, ear_steps=200, rate=1e-2, save_every=200, average=0.9)
    model = load_model(str(train(tmp_path / "corpus", tmp_path / "run", config, _MODEL))).network
    clip = ConversationDataset(tmp_path / "corpus", "valid").whole(0, 0)
    with torch.no_grad():
        heard = [torch.from_numpy(sound)[None] for sound in (clip.self_audio, clip.other_audio)]
        mels = [model.mels(sound, model.mels.initial_state(1))[0] for sound in heard]
        lips = model.lips(model.self_clip(*mels))[0]
    jaw = lips[:, model.space.speech_index.tolist().index(ARKIT_INDEX["jawOpen"])]
    jaw = jaw * model.space.deviation[ARKIT_INDEX["jawOpen"]] + model.space.mean[ARKIT_INDEX["jawOpen"]]
    error = (jaw - torch.from_numpy(clip.motion[:, ARKIT_INDEX["jawOpen"]])).abs()
    leaks = torch.from_numpy(np.abs(clip.other_audio[: frames * 640]).reshape(frames, 640).max(1) > 0.01)
    assert leaks.float().mean() > 0.3
    assert error[leaks].mean() < 0.1


def test_a_narrower_ear_cannot_begin_with_a_wider_one(corpus, tmp_path):
    first = train(corpus, tmp_path / "first", dataclasses.replace(_CONFIG, steps=1), _MODEL)
    with pytest.raises(ModelError, match="--self-channels 24 or more"):
        narrower = dataclasses.replace(_MODEL, self_channels=16)
        train(corpus, tmp_path / "second", dataclasses.replace(_CONFIG, start=str(first)), narrower)


def test_the_log_of_an_earlier_version_is_not_spoilt(corpus, tmp_path):
    train(corpus, tmp_path, dataclasses.replace(_CONFIG, steps=3), _MODEL)
    log = (tmp_path / "log.csv").read_text().replace("gaze shift", "events", 1)
    (tmp_path / "log.csv").write_text(log)
    with pytest.raises(ValueError, match="columns of an earlier version"):
        train(corpus, tmp_path, _CONFIG, _MODEL)
    assert (tmp_path / "log.csv").read_text() == log


def test_weights_are_kept_every_so_many_steps_or_the_setting_is_refused():
    with pytest.raises(ValueError, match="keep_every is 0; it has to be at least 1"):
        TrainingConfig(keep_every=0)


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(corpus, tmp_path, monkeypatch):
    straight = train(corpus, tmp_path / "straight", _CONFIG, _MODEL)

    class Stopped(Exception):
        pass

    import dystream_lab.training.train as loop

    real = loop.Trainer.descend

    def stops_at_four(self, batch):
        if self.step == 4:
            raise Stopped
        return real(self, batch)

    monkeypatch.setattr(loop.Trainer, "descend", stops_at_four)
    with pytest.raises(Stopped):
        train(corpus, tmp_path / "stopped", _CONFIG, _MODEL)
    monkeypatch.setattr(loop.Trainer, "descend", real)
    resumed = train(corpus, tmp_path / "stopped", _CONFIG, _MODEL)
    first, second = (load_model(str(path)).network.state_dict() for path in (straight, resumed))
    assert all(torch.equal(first[name], second[name]) for name in first)


_TWO_PROCESSES = """
import dataclasses, sys
from pathlib import Path
import torch
from test_train import _CONFIG, _MODEL
from dystream_lab.training import train
corpus, folder = Path(sys.argv[1]), Path(sys.argv[2])
kept = train.Trainer.descend
def descend(self, batch):
    losses = kept(self, batch)
    torch.save(self.model.state_dict(), folder / f"{self.processes.rank}.pt")
    return losses
train.Trainer.descend = descend
train.train(corpus, folder / "run", dataclasses.replace(_CONFIG, steps=4), _MODEL)
"""


def test_processes_of_torchrun_train_one_model_on_batches_of_their_own(corpus, tmp_path):
    script = tmp_path / "two.py"
    script.write_text(_TWO_PROCESSES)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    root = Path(__file__).resolve().parents[3]
    environment = {
        **os.environ,
        "PYTHONPATH": f"{root}:{root / 'test' / 'training'}:{os.environ.get('PYTHONPATH', '')}",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [*command, str(corpus), str(tmp_path)], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert [int(row["step"]) for row in logged(tmp_path / "run", "train")] == [1, 2, 3, 4]
    alone = load_model(str(train(corpus, tmp_path / "alone", dataclasses.replace(_CONFIG, steps=4), _MODEL)))
    both = load_model(str(tmp_path / "run" / "model.safetensors"))
    assert not torch.equal(alone.network.lips.weight, both.network.lips.weight)


def test_a_device_that_is_not_there_is_named(corpus, tmp_path):
    config = dataclasses.replace(_CONFIG, device="cuda:7")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(ValueError, match="'cuda:7' was asked for"):
        patch.setattr(torch.cuda, "is_available", lambda: False)
        train(corpus, tmp_path, config, _MODEL)


def test_a_run_is_not_continued_with_other_settings(corpus, tmp_path):
    train(corpus, tmp_path, _CONFIG, _MODEL)
    with pytest.raises(ValueError, match="was begun with frames=40, now 50 is asked"):
        train(corpus, tmp_path, dataclasses.replace(_CONFIG, frames=50), _MODEL)


def test_a_spliced_stretch_has_sound_and_motion_of_one_voice_at_a_time():
    rows, frames = 200, 20
    shut = PHONE_INDEX["M"]
    phones = np.full((rows, frames), PHONE_INDEX["AA"])
    phones[:, [4, 5, 12]] = shut  # lips shut in frames 4 and 12
    motion = np.broadcast_to(np.arange(rows, dtype=np.float32)[:, None, None], (rows, frames, 58)).copy()
    sound = np.broadcast_to(np.arange(rows, dtype=np.float32)[:, None], (rows, 640 * frames + 960)).copy()
    heard, partner, moved, said = spliced(sound, -sound, motion, phones, np.random.default_rng(0))
    np.testing.assert_array_equal(heard[:, : 640 * frames : 640], moved[..., 0])
    np.testing.assert_array_equal(partner, -heard)
    np.testing.assert_array_equal(said, phones)
    assert (moved[:, 0, 0] == np.arange(rows)).all()
    swapped = np.flatnonzero(moved[:, -1, 0] != np.arange(rows))
    assert 30 <= len(swapped) <= 70
    begins = [int(np.argmax(moved[row, :, 0] != row)) for row in swapped]
    assert np.isin(begins, [4, 12]).mean() > 0.6
    assert len(set(begins)) > 5


def test_a_missing_corpus_says_how_to_make_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="dystream corpus"):
        train(tmp_path / "none", tmp_path / "run", _CONFIG, _MODEL)


def test_events_are_learnt_where_the_partner_invites_them(tmp_path):
    """It nods and blinks when its partner falls silent, looks aside and raises its brows when that begins to talk."""
    rng = np.random.default_rng(1)
    frames, clips = 500, []
    for name, split in (("a", "train"), ("b", "valid")):
        talks = np.repeat(rng.random(frames // 20) > 0.5, 20)
        sound = np.zeros((frames * 640, 2))
        sound[:, 1] = 0.1 * np.repeat(talks, 640) * rng.standard_normal(frames * 640)
        falls = np.flatnonzero(talks[:-1] & ~talks[1:]) + 5
        rises = np.flatnonzero(~talks[:-1] & talks[1:]) + 5
        motion = np.zeros((1, frames, 58), np.float32)
        aside = np.isin(np.arange(frames), rises).cumsum() % 2 == 1
        motion[0, aside, ARKIT_INDEX["eyeLookOutLeft"]] = motion[0, aside, ARKIT_INDEX["eyeLookInRight"]] = 0.5
        for fall in falls:
            motion[0, fall : fall + 5, [ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]] = 1.0
        for rise in rises:
            motion[0, rise : rise + 10, ARKIT_INDEX["browInnerUp"]] = 0.3
        folder = tmp_path / "corpus" / "clips" / name
        folder.mkdir(parents=True)
        np.save(folder / "audio.npy", (32767 * sound).astype(np.int16))
        np.save(folder / "motion.npy", motion)
        party = {"phones": [[0.0, 20.0, "SIL"]], "nods": [(frame + 0.4) / 25 for frame in falls.tolist()]}
        (folder / "labels.json").write_text(json.dumps([party, {"phones": []}]))
        clips.append({"id": name, "split": split, "frames": frames, "parties": [0]})
    index = {"hop": 640, "frames_per_second": 25, "motion_names": [], "clips": clips}
    (tmp_path / "corpus" / "index.json").write_text(json.dumps(index))
    config = dataclasses.replace(_CONFIG, steps=120, ear_steps=0, frames=100, rate=1e-2, save_every=120, average=0.9)
    train(tmp_path / "corpus", tmp_path / "run", config, _MODEL)
    logs = logged(tmp_path / "run", "train")[-10:]
    clip = ConversationDataset(tmp_path / "corpus", "train").whole(0, 0)
    rates = (clip.event_ages == 0).mean(0)
    assert rates.min() > 0.005
    blind = -rates * np.log(rates) - (1 - rates) * np.log(1 - rates)
    found = [np.mean([float(row[event]) for row in logs]) for event in EVENTS]
    assert (found < 0.6 * blind).all(), (found, blind)


def test_two_forwards_put_the_models_own_frames_among_the_past(corpus):
    torch.manual_seed(0)
    model, asked = CompactModel(_MODEL), []
    objective = Objective(model, len(PHONES), Corruption(drift=0.0, lip_noise=0.0, lip_drop=0.0, own=1.0))
    batch = dataset_batch(ConversationDataset(corpus, "train"), _CONFIG, _MODEL, step=0, clips=2, vary=False)
    context = model.context
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "context", lambda *given: asked.append(given[2]) or context(*given))
        objective(model, batch)["total"].backward()
    first, second = asked
    own = (first != second).any(2)
    assert 0.1 < own.float().mean() < 0.9
    assert model.motion_embed.weight.grad.abs().max() > 0
