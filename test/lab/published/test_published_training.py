"""A training run of the published generator: it learns, resumes, and its folder is a model like any other."""

import csv
import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import two_ranks
from patience import PATIENCE
from safetensors.torch import load_file, save_file
from sessions import babble, run

from dystream_lab.autoencoder.presets import PRESETS as AUTOENCODERS
from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.published.batches import Batch, ClipBatches
from dystream_lab.published.motions import named_space
from dystream_lab.published.objective import PublishedLoss, Readouts
from dystream_lab.published.train import Sources, train
from dystream_lab.published.trainer import PublishedTrainer
from dystream_lab.published.voicing import Voicing
from dystream_ros.engine.session import Session
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.models.errors import ModelError
from dystream_ros.models.registry import load_model, open_own_renderer
from dystream_ros.models.released.files.portrait import PortraitCodes
from dystream_ros.models.released.files.state_dict import UNREAD_RENDERER_KEYS
from dystream_ros.models.released.networks.autoencoder import Autoencoder


def logged(folder: Path, split: str) -> list[dict[str, str]]:
    with (folder / "log.csv").open(newline="") as file:
        return [line for line in csv.DictReader(file) if line["split"] == split]


@pytest.fixture(scope="module")
def trained(corpus, preset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    train(Sources(corpus), folder, preset)
    return folder


def test_the_loss_falls_on_a_batch_that_is_repeated(corpus, preset, tmp_path):
    dataset = ConversationDataset(corpus, "train")
    space = named_space(dataset, 16, 0)
    config = dataclasses.replace(preset.training, steps=60, encoder_steps=20, warmup=5)
    trainer = PublishedTrainer(dataclasses.replace(preset, training=config).with_motion(58))
    source = ClipBatches(dataset, space, Voicing(corpus, tmp_path, 960), config)
    encoder, whole = source[0], source[20]
    assert (encoder.whole, whole.whole) == (False, True)
    phones = [trainer.descend(encoder)["phones"] for _ in range(20)]
    flow = [trainer.descend(whole)["flow"] for _ in range(40)]
    assert phones[-1] < 0.8 * phones[0]
    assert np.mean(flow[-10:]) < 0.8 * np.mean(flow[:5])


def test_both_encoders_begin_as_the_one_that_was_trained_alone(corpus, preset, tmp_path):
    dataset = ConversationDataset(corpus, "train")
    trainer = PublishedTrainer(preset.with_motion(58))
    source = ClipBatches(dataset, named_space(dataset, 16, 0), Voicing(corpus, tmp_path, 960), preset.training)

    def differs() -> bool:
        encoders = trainer.model.audio_encoder_face, trainer.model.audio_encoder_face_other
        own, other = (encoder.encoder.layers[0].feed_forward.output_dense.weight for encoder in encoders)
        return not torch.equal(own, other)

    for step in range(2):
        trainer.descend(source[step])
        assert differs()
    trainer._share_encoder()
    assert not differs()
    trainer.descend(source[2])
    assert differs()


def test_a_run_writes_a_folder_that_the_registry_loads(trained):
    model = load_model(str(trained / "model")).network
    assert model.layout.names == ARKIT_NAMES
    assert (model.lookahead, model.hop) == (960, 640)
    assert open_own_renderer(str(trained / "model"), 64, 64) is None  # a portrait draws its coefficients
    motion = run(Session(model), babble(20), 20)
    assert np.isfinite(motion).all()
    assert (motion[:, :52] >= 0).all()
    assert (motion[:, :52] <= 1).all()
    assert np.abs(np.diff(motion, axis=0)).max() > 0
    assert np.allclose(model.neutral.latent, 0)


@pytest.mark.parametrize("change", [("causal", "window"), ("lookahead: 0.06", "lookahead: 0.1"), ("0.4", "0.8")])
def test_causal_weights_run_only_as_they_were_trained(trained, tmp_path, change):
    folder = tmp_path / "model"
    shutil.copytree(trained / "model", folder)
    settings = (folder / "model.yaml").read_text()
    assert change[0] in settings
    (folder / "model.yaml").write_text(settings.replace(*change))
    with pytest.raises(ModelError, match=r"trained with encoder: causal, lookahead: 0\.06 and window: 0\.4;"):
        load_model(str(folder))


def test_the_log_has_every_step_and_the_validation_in_free_running(trained):
    assert [int(line["step"]) for line in logged(trained, "train")] == [1, 2, 3, 4, 5, 6]
    assert all(line["flow"] == "" for line in logged(trained, "train")[:2])
    assert [int(line["step"]) for line in logged(trained, "valid")] == [3, 6]
    free = logged(trained, "free")
    assert [int(line["step"]) for line in free] == [6]
    assert float(free[0]["free_gain"]) >= 0
    assert free[0]["free_silent"] == "", "nobody is silent in this corpus"
    assert (trained / "losses.png").stat().st_size > 10_000


def test_closed_lips_are_closed_and_the_rest_of_the_face_is_unchanged(trained):
    model = load_model(str(trained / "model")).network
    session, audio = Session(model), babble(1)
    frame = session.step(*audio)
    closed = model.close_lips(frame, 1.0)
    names = list(ARKIT_NAMES)
    assert closed.values[names.index("jawOpen")] == pytest.approx(0, abs=1e-5)
    assert closed.values[names.index("browInnerUp")] == pytest.approx(
        frame.values[names.index("browInnerUp")], abs=1e-5
    )
    np.testing.assert_allclose(closed.head_pose, frame.head_pose, atol=1e-5)


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(trained, corpus, preset, tmp_path, monkeypatch):
    descend = PublishedTrainer.descend

    def interrupted(self, batch):
        if self.step == 4:
            raise KeyboardInterrupt
        return descend(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(PublishedTrainer, "descend", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(Sources(corpus), tmp_path, preset)
    train(Sources(corpus), tmp_path, preset)
    first, second = (load_file(folder / "model" / "generator.safetensors") for folder in (trained, tmp_path))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_run_that_is_complete_writes_its_model_again(trained, corpus, preset, tmp_path):
    run = shutil.copytree(trained, tmp_path / "run")
    path = run / "model" / "generator.safetensors"
    before = load_file(path)
    path.unlink()
    train(Sources(corpus), run, preset)
    after = load_file(path)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_run_is_not_resumed_with_other_settings(trained, corpus, preset):
    other = dataclasses.replace(preset, training=dataclasses.replace(preset.training, lookahead=0))
    with pytest.raises(ValueError, match="was begun with lookahead=960, and now lookahead=0 is given"):
        train(Sources(corpus), trained, other)


def test_features_in_training_are_those_of_a_stream_behind_its_gate(trained, corpus, preset):
    """The same forward: a clip from the beginning of a conversation, as the loss and as a session receive it."""
    model = load_model(str(trained / "model")).network
    dataset = ConversationDataset(corpus, "train")
    name, frames = dataset.entries[0]["id"], 12
    clip = dataset.view(name, 0, 0, frames, 960)
    source = ClipBatches(
        dataset, named_space(dataset, 16, 0), Voicing(corpus, trained, 960), preset.training
    )  # fmt: skip
    batch: Batch = source._joined([clip], True)
    loss = PublishedLoss(model._generator, Readouts(16, 58), preset.training)
    with torch.inference_mode():
        whole = loss.own.encode_clip(batch.self_audio, batch.self_voiced)
    session, position = Session(model), 0
    for frame in range(frames):
        part = slice(position, position + session.samples_needed)
        session.step(clip.self_audio[part], clip.other_audio[part])
        position = part.stop
        streamed = model.stream.self_encoder.read(session._batch._stepping._state.self_encoder)
        torch.testing.assert_close(streamed[0], whole[0, frame], atol=2e-5, rtol=0)


_SCRIPT = """
import pickle, sys
from pathlib import Path
import torch
from dystream_lab.published.train import Sources, train
from dystream_lab.published.trainer import PublishedTrainer
corpus, folder = Path(sys.argv[1]), Path(sys.argv[2])
preset = pickle.loads((folder / "preset").read_bytes())
descend = PublishedTrainer.descend
def descend_and_save(self, batch):
    losses = descend(self, batch)
    torch.save(self.model.state_dict(), folder / f"{self.processes.rank}.pt")
    return losses
PublishedTrainer.descend = descend_and_save
def main():
    train(Sources(corpus), folder / "run", preset)
"""


def test_processes_of_torchrun_train_one_model(corpus, preset, tmp_path):
    import pickle

    (tmp_path / "preset").write_bytes(pickle.dumps(preset))
    script = tmp_path / "two.py"
    script.write_text(_SCRIPT)
    root = Path(__file__).resolve().parents[3]
    environment = {**os.environ, "PYTHONPATH": f"{root}:{os.environ.get('PYTHONPATH', '')}", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, two_ranks.__file__, str(script)]
    done = subprocess.run(
        [*command, str(corpus), str(tmp_path)], env=environment, capture_output=True, text=True, timeout=4 * PATIENCE
    )
    assert done.returncode == 0, done.stderr
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert [int(line["step"]) for line in logged(tmp_path / "run", "train")] == [1, 2, 3, 4, 5, 6]


def test_latents_are_learned_and_their_folder_has_the_renderer_and_names(corpus, preset, tmp_path):
    """Stage 1 is untrained, and its latents are a random map of the coefficients: what they mean is known."""
    latents, stage1 = tmp_path / "latents", tmp_path / "stage1"
    autoencoder = untrained_stage1(stage1)
    size = autoencoder.config.motion
    mixing = 30 * np.random.default_rng(0).standard_normal((58, size)).astype(np.float32)
    write_latents(corpus, latents, autoencoder, mixing)
    model = train(Sources(corpus, latents, stage1), tmp_path / "run", preset)
    network = load_model(str(model)).network
    assert network.layout.latent_size == size
    jaw = ARKIT_NAMES.index("jawOpen")
    opened = np.zeros(58, np.float32)
    opened[jaw] = 0.5
    assert network.readout.read(opened @ mixing)[0][jaw] == pytest.approx(0.5, abs=0.05)
    motion = run(Session(network), babble(3), 3)
    assert np.isfinite(motion).all()
    with open_own_renderer(str(model), 64, 64) as renderer:
        assert renderer.render(network.neutral).shape == (64, 64, 3)


def test_latents_of_no_clip_of_the_corpus_are_refused(corpus, preset, tmp_path):
    stage1 = tmp_path / "stage1"
    autoencoder = untrained_stage1(stage1)
    latents = tmp_path / "latents"
    latents.mkdir()
    with pytest.raises(FileNotFoundError, match="dystream train-autoencoder latents"):
        train(Sources(corpus, latents, stage1), tmp_path / "run", preset)
    (latents / "latents.json").write_text(json.dumps({"size": autoencoder.config.motion}))
    with pytest.raises(ValueError, match="latents of no clip"):
        train(Sources(corpus, latents, stage1), tmp_path / "run", preset)


def untrained_stage1(folder: Path) -> Autoencoder:
    torch.manual_seed(0)
    autoencoder = Autoencoder(AUTOENCODERS["tiny"].network).eval().requires_grad_(False)
    state = {key: part for key, part in autoencoder.state_dict().items() if not UNREAD_RENDERER_KEYS.search(key)}
    folder.mkdir()
    save_file({key: part.contiguous() for key, part in state.items()}, str(folder / "renderer.safetensors"))
    return autoencoder


def write_latents(corpus: Path, folder: Path, autoencoder: Autoencoder, mixing: np.ndarray) -> None:
    """Latents that are the coefficients, mixed, as `autoencoder.latents` would store them."""
    folder.mkdir()
    for split in ("train", "valid"):
        for entry in ConversationDataset(corpus, split).entries:
            motion = np.load(corpus / "clips" / entry["id"] / "motion.npy")
            np.save(folder / f"{entry['id']}.npy", (motion @ mixing).astype(np.float32))
    sizes = autoencoder.config
    (folder / "latents.json").write_text(json.dumps({"size": sizes.motion}))
    codes = PortraitCodes(torch.zeros(sizes.motion), torch.zeros(sizes.volume))
    codes.save(folder / "portrait.safetensors")
