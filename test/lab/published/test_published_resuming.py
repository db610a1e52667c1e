"""What a run of the published generator keeps when its sources change between two commands."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.published.motions import check_origin, keep_clips_with_latents, named_space
from dystream_lab.published.train import Sources, train
from dystream_lab.published.voicing import Voicing, voiced_units
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.models.released.files.conversion import sha256_of
from dystream_ros.models.released.files.readout import Readout


def test_a_resumed_run_keeps_the_scale_of_its_motion_when_the_corpus_has_changed(corpus, preset, tmp_path):
    """The network has learned motion of the first scale, so that of another corpus would enlarge the face's motion."""
    changed = shutil.copytree(corpus, tmp_path / "corpus")
    half = dataclasses.replace(preset, training=dataclasses.replace(preset.training, steps=3))
    model = train(Sources(changed), tmp_path / "run", half)
    before = Readout.load(model / "readout.safetensors").coordinates_weight
    path = changed / "clips" / "a" / "motion.npy"
    np.save(path, 0.5 * np.load(path))
    train(Sources(changed), tmp_path / "run", preset)
    assert torch.equal(Readout.load(model / "readout.safetensors").coordinates_weight, before)
    other = named_space(ConversationDataset(changed, "train"), preset.training.frames, preset.training.seed)
    jaw = ARKIT_INDEX["jawOpen"]
    assert other.scale[jaw] < 0.6 * before[jaw, jaw], "a new run has the scale of the new corpus"


def test_decisions_of_the_gate_are_those_of_this_corpus_and_lookahead(corpus, tmp_path):
    """Clips of two corpora have the same names."""
    quiet = shutil.copytree(corpus, tmp_path / "quiet")
    path = quiet / "clips" / "a" / "audio.npy"
    sound = np.load(path)
    np.save(path, np.zeros_like(sound))
    run = tmp_path / "run"
    first = Voicing(corpus, run, 960).units("a")
    assert first.any()
    assert not Voicing(quiet, run, 960).units("a").any()
    assert np.array_equal(Voicing(corpus, run, 960).units("a"), first)
    track = np.pad(sound[:, 0].astype(np.float32) / 32768.0, (0, 320))
    assert np.array_equal(Voicing(corpus, run, 320).units("a")[0], voiced_units(track, 320))
    np.save(path, sound)  # the corpus is made again
    assert np.array_equal(Voicing(quiet, run, 960).units("a"), first)


def test_latents_of_other_frames_than_their_clip_are_named(corpus, tmp_path):
    dataset = ConversationDataset(corpus, "train")
    (tmp_path / "latents.json").write_text(json.dumps({"size": 8}))
    np.save(tmp_path / "a.npy", np.zeros((2, 250, 8), np.float32))
    keep_clips_with_latents(tmp_path, dataset)
    np.save(tmp_path / "a.npy", np.zeros((2, 240, 8), np.float32))
    with pytest.raises(ValueError, match=r"a\.npy has the shape \(2, 240, 8\) .* that of the clip is \(2, 250, 8\)"):
        keep_clips_with_latents(tmp_path, dataset)


def test_latents_of_another_autoencoder_are_refused(tmp_path):
    stage1, latents = tmp_path / "stage1", tmp_path / "latents"
    stage1.mkdir()
    latents.mkdir()
    save_file({"a": torch.zeros(1)}, str(stage1 / "renderer.safetensors"))
    written = sha256_of(stage1 / "renderer.safetensors")
    (latents / "latents.json").write_text(json.dumps({"size": 8, "stage1": written}))
    check_origin(latents, stage1)
    save_file({"a": torch.ones(1)}, str(stage1 / "renderer.safetensors"))
    with pytest.raises(ValueError, match="were written with other weights than those in"):
        check_origin(latents, stage1)
    (latents / "latents.json").write_text(json.dumps({"size": 8}))  # put there by hand
    check_origin(latents, stage1)
