"""The registry loads the published model as it loads the compact one."""

import numpy as np
import pytest
import soundfile
import torch

from dystream_ros.cli import main
from dystream_ros.engine.offline import frames_of_files
from dystream_ros.engine.session import Session
from dystream_ros.models.errors import ModelError
from dystream_ros.models.registry import load_model, open_own_renderer, shipped_models
from dystream_ros.models.released.files.conversion import convert_generator
from dystream_ros.models.released.files.readout import READOUT_FILE, Readout


@pytest.fixture
def model_file(tiny_state, tmp_path):
    torch.save({"state_dict": {"model." + key: value for key, value in tiny_state.items()}}, tmp_path / "last.ckpt")
    convert_generator(tmp_path / "last.ckpt", tmp_path / "model", any_size=True, heads=4, encoder_heads=2, window=12)
    (tmp_path / "tiny.yaml").write_text("family: released\nweights: model\nwindow: 0.8\n")
    return tmp_path / "tiny.yaml"


def test_a_recorded_conversation_becomes_frames_with_latents(model_file, tmp_path):
    sound = (0.1 * np.random.default_rng(0).standard_normal(16_000)).astype(np.float32)
    soundfile.write(tmp_path / "self.wav", sound, 16_000)
    loaded = load_model(str(model_file))
    frames = list(frames_of_files(tmp_path / "self.wav", None, Session(loaded.network, 3)))
    assert len(frames) == 25
    assert frames[0].motion.latent.shape == (16,)
    assert len(loaded.weights_sha256) == 64
    again = list(frames_of_files(tmp_path / "self.wav", None, Session(loaded.network, 3)))
    assert np.array_equal(frames[-1].motion.latent, again[-1].motion.latent)


def test_without_converted_weights_the_shipped_model_names_fetch_and_convert(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "released" in shipped_models()
    with pytest.raises(ModelError, match=r"dystream fetch.*dystream convert"):
        load_model("released")
    with pytest.raises(ModelError, match=r"dystream fetch.*dystream convert"):
        open_own_renderer("released", 64, 64)


def test_a_portrait_without_the_renderers_weights_asks_for_them_first(model_file, tmp_path):
    (tmp_path / "me.jpg").write_bytes(b"a photo that is never opened")
    model_file.write_text(model_file.read_text() + "portrait: me.jpg\n")
    with pytest.raises(ModelError, match=r"renderer.safetensors: .*dystream fetch.*dystream convert"):
        open_own_renderer(str(model_file), 64, 64)


def test_without_a_portrait_only_a_model_with_named_coefficients_can_be_drawn(model_file):
    with pytest.raises(ModelError, match="portrait"):
        open_own_renderer(str(model_file), 64, 64)
    Readout(*(torch.zeros(1) for _ in range(5))).save(model_file.parent / "model" / READOUT_FILE)
    assert open_own_renderer(str(model_file), 64, 64) is None


def test_render_offline_is_refused_for_a_model_without_it(tmp_path, capsys):
    soundfile.write(tmp_path / "a.wav", np.zeros(1_600), 16_000)
    options = ["--self", str(tmp_path / "a.wav"), "--offline", "-o", str(tmp_path / "a.mp4")]
    assert main(["render", *options]) == 2
    assert "offline" in capsys.readouterr().err


def test_render_offline_draws_the_published_offline_motion(model_file, tmp_path, monkeypatch):
    drawn = []

    class Recorder:
        name, device = "recorder", "memory"

        def render(self, motion):
            drawn.append(motion.latent)
            return np.zeros((64, 64, 3), np.uint8)

        def close(self):
            pass

    monkeypatch.setattr("dystream_ros.models.registry.open_own_renderer", lambda *arguments: Recorder())
    sound = (0.1 * np.random.default_rng(0).standard_normal(8_000)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", sound, 16_000, subtype="FLOAT")
    options = ["--self", str(tmp_path / "a.wav"), "--model", str(model_file), "--size", "64", "--seed", "2"]
    assert main(["render", *options, "--offline", "-o", str(tmp_path / "a.mp4")]) == 0
    network = load_model(str(model_file)).network
    expected = [frame.latent for frame in network.offline(sound, np.zeros(0, np.float32), 2)]
    np.testing.assert_allclose(drawn, expected, atol=1e-6)
