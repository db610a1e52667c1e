"""A model file is all that a node needs to run the published model."""

import numpy as np
import pytest
import torch

from dystream_ros.engine.session import Session
from dystream_ros.models.errors import ModelError
from dystream_ros.models.released import load, weights_sha256
from dystream_ros.models.released.conversion import GENERATOR_FILE, convert_generator, sha256_of
from dystream_ros.models.released.portrait import PortraitCodes

SETTINGS = "family: released\nweights: model\nwindow: 0.8\n"


@pytest.fixture
def folder(tiny_state, tmp_path):
    checkpoint = tmp_path / "last.ckpt"
    torch.save({"state_dict": {"model." + key: value for key, value in tiny_state.items()}}, checkpoint)
    convert_generator(checkpoint, tmp_path / "model", any_size=True, heads=4, encoder_heads=2, window=12)
    return tmp_path


def write(folder, text):
    path = folder / "model.yaml"
    path.write_text(text)
    return path


def test_a_model_file_loads_to_a_session(folder):
    PortraitCodes(torch.arange(16.0) / 16, torch.zeros(32, 16, 64, 64)).save(folder / "me.safetensors")
    model = load(write(folder, SETTINGS + "portrait: me.safetensors\nlookahead: 0.1\n"))
    assert model.anchor[8] == 0.5
    session = Session(model)
    assert session.samples_needed == 640 + 1600
    quiet = np.zeros(session.samples_needed, np.float32)
    assert np.isfinite(session.step(quiet, quiet).latent).all()
    assert weights_sha256(folder / "model.yaml") == sha256_of(folder / "model" / GENERATOR_FILE)


def test_a_folder_loads_with_every_setting_at_its_default(folder):
    model = load(folder / "model")
    assert (model.lookahead, model.config.steps, model.config.window) == (960, 5, 192)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weights: model\n", "family: released"),
        (SETTINGS + "stpes: 3\n", "stpes"),
        (SETTINGS + "precision: float16\n", "bfloat16"),
        (SETTINGS + "encoder: other\n", "student"),
        (SETTINGS + "encoder: student\n", "distill-encoder"),
        (SETTINGS + "portrait: nobody.jpg\n", "nobody.jpg"),
        ("family: released\nweights: nowhere\n", "dystream convert"),
        ("family: [", "model file"),
    ],
)
def test_a_wrong_model_file_says_what_to_do(folder, text, said):
    with pytest.raises(ModelError, match=said):
        load(write(folder, text))
