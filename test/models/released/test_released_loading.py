"""A model file is all that a node needs to run the published model."""

import numpy as np
import pytest
import torch

from dystream_ros.engine.session import Session
from dystream_ros.models.errors import ModelError
from dystream_ros.models.released.family import FAMILY
from dystream_ros.models.released.fast.dense import Dense, pack
from dystream_ros.models.released.files.conversion import GENERATOR_FILE, convert_generator, sha256_of
from dystream_ros.models.released.files.loading import load
from dystream_ros.models.released.files.model_file import read_model_file
from dystream_ros.models.released.files.portrait import PortraitCodes
from dystream_ros.models.released.files.readout import READOUT_FILE, Readout

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
    assert FAMILY.weights_sha256(folder / "model.yaml") == sha256_of(folder / "model" / GENERATOR_FILE)


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
        (SETTINGS + "guidance: {slef: 0.5}\n", "slef.*self, other"),
        (SETTINGS + "guidance: 0.5\n", "self, other"),
        (SETTINGS + "lookahead: 60 ms\n", "60 ms.*0.06"),
        (SETTINGS + "encoder: student\n", "distill-encoder"),
        (SETTINGS + "encoder: causal\n", "were not trained with one; accepted are window"),
        (SETTINGS + "portrait: nobody.jpg\n", "nobody.jpg"),
        ("family: released\nweights: nowhere\n", "dystream convert"),
        ("family: [", "model file"),
        ("family: released\nweights: 3\n", "weights is 3"),
        (SETTINGS + "3: 4\n", "needs lines such as"),
        (SETTINGS + "lookahead: .nan\n", "lookahead is nan; give a number from 0 to 0.5"),
        (SETTINGS.replace("0.8", ".inf"), "window is inf; give a number from 0.4 to 30"),
        (SETTINGS.replace("0.8", "-5"), "window is -5"),
        (SETTINGS + "steps: abc\n", "steps is 'abc'; give an integer from 1 to 50"),
        (SETTINGS + "steps: 0\n", "steps is 0"),
        (SETTINGS + "device: nonsense\n", "device is 'nonsense'; accepted are auto, cpu"),
        (SETTINGS + "tracking_time: 0\n", "tracking_time is 0"),
        (SETTINGS + "masked: maybe\n", "accepted are true and false"),
        (SETTINGS + "guidance: {self: .nan}\n", "self_weight is nan"),
        (SETTINGS + "portrait: ~nosuchuser/x\n", "is no path"),
        (SETTINGS + "\0", "cannot be read as a model file"),
        ("[" * 3000, "cannot be read as a model file"),
        ("#" * 1_000_001, "more than 1 MB"),
    ],
)
def test_a_wrong_model_file_says_what_to_do(folder, text, said):
    with pytest.raises(ModelError, match=said):
        load(write(folder, text))


def test_files_of_another_model_beside_the_weights_are_named(folder):
    PortraitCodes(torch.zeros(32), torch.zeros(32, 16, 64, 64)).save(folder / "me.safetensors")
    with pytest.raises(ModelError, match=r"me\.safetensors was encoded for another model: .* 32 numbers, .* 16;"):
        load(write(folder, SETTINGS + "portrait: me.safetensors\n"))
    readout = folder / "model" / READOUT_FILE
    parts = torch.zeros(4, 32), torch.zeros(4), torch.zeros(58, 4), torch.zeros(58), torch.zeros(58)
    Readout(*parts).save(readout)
    with pytest.raises(ModelError, match=r"readout\.safetensors names motions of 32 numbers, .* have 16;"):
        load(write(folder, SETTINGS))
    Readout(parts[0], torch.zeros(3), *parts[2:]).save(readout)
    with pytest.raises(ModelError, match=r"readout\.safetensors is damaged: its shapes are"):
        load(write(folder, SETTINGS))
    readout.write_bytes(readout.read_bytes()[:100])
    with pytest.raises(ModelError, match=r"readout\.safetensors is damaged .* or delete it"):
        load(write(folder, SETTINGS))


@pytest.mark.parametrize(("fast", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_precision_is_what_the_processor_is_fast_in_unless_told(folder, monkeypatch, fast, dtype):
    monkeypatch.setattr("dystream_ros.models.released.files.model_file.has_bfloat16", lambda: fast)
    assert read_model_file(write(folder, SETTINGS + "device: cpu\n")).config.dtype == dtype
    told = read_model_file(write(folder, SETTINGS + "device: cpu\nprecision: float32\n"))
    assert told.config.dtype == torch.float32


def test_offline_motion_is_float32_whatever_the_precision_of_the_stream(folder):
    sound = (0.1 * np.random.default_rng(0).standard_normal(6_400)).astype(np.float32)
    single, half = (load(write(folder, f"{SETTINGS}precision: {name}\n")) for name in ("float32", "bfloat16"))
    for exact, other in zip(single.offline(sound, sound), half.offline(sound, sound), strict=True):
        assert np.array_equal(exact.latent, other.latent)


@torch.inference_mode()
@pytest.mark.parametrize("gelu", [False, True])
def test_a_packed_layer_gives_what_it_gave_before(gelu):
    layer = Dense.of(torch.nn.Linear(64, 96), torch.bfloat16)
    x = torch.randn(2, 5, 64)
    before = layer(x, gelu)
    pack(layer)
    torch.testing.assert_close(layer(x, gelu), before, atol=2e-2, rtol=2e-2)
