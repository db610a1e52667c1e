"""Motion codes of a corpus, without a landmarker."""

import json

import numpy as np
import pytest
import torch
from drawn_faces import drawn_face
from tiny_training import write_corpus

from dystream_lab.autoencoder import export, latents
from dystream_lab.autoencoder.data.rigged_landmarks import RiggedLandmarks
from dystream_lab.autoencoder.presets import PRESETS
from dystream_ros.models.released.files.portrait import PortraitCodes
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.rendering.portrait import load_portrait

FRAMES = 40


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """Two short clips, and a portrait whose landmarks are placed."""
    root = tmp_path / "corpus"
    write_corpus(root)
    index = json.loads((root / "index.json").read_text())
    for entry in index["clips"]:
        entry["frames"] = FRAMES
    (root / "index.json").write_text(json.dumps(index))

    def placed(picture):
        return drawn_face((0, 0, 0), 0.3, 0.0, 64)[1] * picture.shape[0]

    monkeypatch.setattr(latents, "rig_of", lambda face: RiggedLandmarks.of(load_portrait(face), placed))
    return root


@pytest.fixture
def stage1(tmp_path):
    torch.manual_seed(0)
    folder = tmp_path / "stage1"
    export.write(Autoencoder(PRESETS["tiny"].network).eval().requires_grad_(False), folder, 1)
    return folder


def test_motion_codes_are_written_for_every_face_and_continued(corpus, stage1, tmp_path):
    output = tmp_path / "latents"
    counted = list(latents.write_latents(stage1, corpus, output))
    assert sum(counted) == latents.frames_of(corpus) == 2 * 2 * FRAMES
    assert max(counted) < FRAMES, "the progress is that of pictures, not of clips"
    first = output / "a.npy"
    codes = np.load(first)
    assert codes.shape == (2, FRAMES, PRESETS["tiny"].network.motion)
    motion = np.load(corpus / "clips" / "a" / "motion.npy")[0, :FRAMES]
    opened = motion.max(1) > 0.1
    apart = np.abs(codes[0, opened].mean(0) - codes[0, ~opened].mean(0)).max()
    assert apart > 5 * codes[0, opened].std(0).max(), "codes follow the jaw"
    assert PortraitCodes.load(output / "portrait.safetensors").code.shape == codes.shape[2:]

    written = first.stat().st_mtime_ns
    (output / "b.npy").unlink()
    assert sum(latents.write_latents(stage1, corpus, output)) == 4 * FRAMES
    assert first.stat().st_mtime_ns == written
    assert (output / "b.npy").is_file()


def test_motion_codes_of_other_weights_do_not_go_into_the_same_folder(corpus, stage1, tmp_path):
    output = tmp_path / "latents"
    next(latents.write_latents(stage1, corpus, output))
    export.write(Autoencoder(PRESETS["tiny"].network).eval().requires_grad_(False), stage1, 2)
    with pytest.raises(ValueError, match="was written with stage1="):
        next(latents.write_latents(stage1, corpus, output))
