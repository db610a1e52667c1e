"""Parts of the training of the published generator, one by one."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from dystream_lab.published.config import PRESETS, PublishedConfig
from dystream_lab.published.folder import unscaled
from dystream_lab.published.initial import begin_encoders, random_weights
from dystream_lab.published.objective import corrupted_history, frame_weights
from dystream_lab.published.voicing import gated, voiced_units
from dystream_ros.models.guidance import Guidance
from dystream_ros.models.released.files.state_dict import UNREAD_GENERATOR_KEYS, fold_weight_norm
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.released.streaming.silence_gate import SilenceGate
from dystream_ros.models.released.streaming.stepper import MotionStepper

DATA = Path(__file__).parents[2] / "data" / "released"


def test_the_preset_published_has_the_names_and_shapes_of_the_published_manifest():
    lines = (DATA / "motion_generator_manifest.tsv").read_text().splitlines()[1:]
    published = {}
    with torch.device("meta"):
        for key, shape, _ in (line.split("\t") for line in lines):
            published[key] = torch.empty([int(size) for size in shape.split("x")] if shape else [])
        ours = MotionGenerator(PRESETS["published"].network).state_dict()
        folded = fold_weight_norm(published)
    read = {key: tuple(value.shape) for key, value in folded.items() if not UNREAD_GENERATOR_KEYS.search(key)}
    assert read == {key: tuple(value.shape) for key, value in ours.items()}


def test_the_preset_published_has_the_published_settings():
    config = PRESETS["published"].training
    published = {
        "batch": 64, "frames": 96, "optimiser": "adamw", "weight_decay": 0.01, "warmup": 1000, "decay": False,
        "steps": 300_000, "average": 0.999, "corruption": 0.5, "drop": 0.1, "last_frames": 5, "last_weight": 3.0,
        "anchor_frames": 10, "encoder_steps": 0, "auxiliary": 0.0, "draws": 1,
    }  # fmt: skip
    assert {name: getattr(config, name) for name in published} == published
    assert PRESETS["published"].guidance == Guidance(0.5, 0.5, 0.0, 1.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lookahead": 100}, "lookahead is 6.25 ms; accepted are multiples of 20 ms"),
        ({"frames": 10}, "frames is 10; accepted are 11 and more"),
        ({"optimiser": "sgd"}, "'sgd'; accepted are adamw, muon"),
        ({"encoder_steps": 300_000}, "encoder_steps is 300000 of 300000 steps"),
        ({"save_every": 0}, "save_every is 0; accepted are 1 and more"),
    ],
)
def test_settings_out_of_range_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        PublishedConfig(**change)


def test_the_history_is_corrupted_at_the_beginning_and_clean_at_the_end():
    torch.manual_seed(0)
    motion, sigma = torch.randn(400, 20, 8), torch.full((400, 1, 1), 0.5)
    error = corrupted_history(motion, sigma, 0.5) - motion
    assert error[:, -1].abs().max() == 0
    changed = (error != 0).any(-1).float().mean(0)
    np.testing.assert_allclose(changed[:-1], 0.5, atol=0.1)
    spread = error.square().mean((0, 2)).sqrt()
    # (1 - s) m + s n - m = s (n - m), of variance 2 s^2, for half of the frames, and less towards the end.
    assert spread[0] == pytest.approx(0.5, abs=0.03)
    np.testing.assert_allclose(spread, 0.5 * np.linspace(1, 0, 20), atol=0.05)
    assert torch.equal(corrupted_history(motion, sigma, 0.0), motion)


def test_the_last_five_frames_count_three_times():
    assert frame_weights(8, PublishedConfig(), torch.device("cpu")).tolist() == [1, 1, 1, 3, 3, 3, 3, 3]


@pytest.mark.parametrize("lookahead", [0, 960])
def test_tracks_pass_as_a_live_session_passes_them(lookahead):
    rng = np.random.default_rng(0)
    time = np.arange(640 * 100 + lookahead) / 16_000
    voice = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 20)) * (1 + 0.8 * np.sin(8 * np.pi * time))
    sound = (0.1 * voice * (np.sin(2 * np.pi * 0.5 * time) > -0.3)).astype(np.float32)
    sound += (1e-3 * rng.standard_normal(len(sound))).astype(np.float32)
    gate = SilenceGate()
    chunks = ([sound[:lookahead]] if lookahead else []) + np.split(sound[lookahead:], 100)
    passed = [gate.gate(chunk)[0] for chunk in chunks]
    voiced = voiced_units(sound, lookahead)
    assert 0.2 < voiced.mean() < 1
    assert np.array_equal(gated(sound, voiced, 0), np.concatenate(passed))
    half = len(voiced) // 2
    ours = gated(sound[320 * half :], voiced[half:], int(voiced[half - 1]))
    assert np.array_equal(ours, np.concatenate(passed)[320 * half :])


def test_weights_and_noise_of_another_scale_give_the_scaled_motion(preset):
    torch.manual_seed(1)
    model = MotionGenerator(dataclasses.replace(preset.network, motion=6)).eval().requires_grad_(False)
    random_weights(model)
    for parameter in model.diffusion_head.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    large = MotionGenerator(dataclasses.replace(model.config, noise_scale=5.0)).eval().requires_grad_(False)
    large.load_state_dict(unscaled(model.state_dict(), 5.0))
    features, noise, anchor = torch.randn(2, 1, 30, 16), torch.randn(8, 6), torch.randn(1, 6)

    @torch.inference_mode()
    def motion(generator, scale):
        stepper, motions = MotionStepper(generator), []
        history = generator.config.history
        state = stepper.start(scale * anchor, *features[:, :, :history])
        for frame in range(8):
            newest = features[:, :, history + frame]
            made, state = stepper.step(state, *newest, noise[frame, None])
            state = stepper.remember(state, made)
            motions.append(made)
        return torch.cat(motions)

    torch.testing.assert_close(motion(large, 5.0), 5 * motion(model, 1.0), atol=1e-4, rtol=1e-4)


@pytest.fixture
def wav2vec2(preset, tmp_path) -> tuple[MotionGenerator, dict[str, torch.Tensor], Path]:
    """An untrained generator, another encoder's weights as wav2vec2-base-960h names them, and their file."""
    torch.manual_seed(2)
    model, other = MotionGenerator(preset.network), MotionGenerator(preset.network)
    state = {f"wav2vec2.{key}": value for key, value in other.audio_encoder_face.state_dict().items()}
    state["wav2vec2.encoder.layers.1.attention.k_proj.weight"] = torch.zeros(16, 16)  # a later layer
    state["lm_head.weight"] = torch.zeros(3, 16)
    position = "wav2vec2.encoder.pos_conv_embed.conv.weight"
    direction = state.pop(position)
    state[f"{position}_v"] = direction
    state[f"{position}_g"] = direction.norm(dim=(0, 1), keepdim=True)
    path = tmp_path / "wav2vec2.safetensors"
    save_file(state, str(path))
    return model, other.audio_encoder_face.state_dict(), path


def test_both_encoders_begin_with_the_weights_of_wav2vec2(wav2vec2):
    model, expected, path = wav2vec2
    begin_encoders(model, path)
    for encoder in (model.audio_encoder_face, model.audio_encoder_face_other):
        for key, value in encoder.state_dict().items():
            torch.testing.assert_close(value, expected[key])


def test_weights_of_another_size_are_refused_with_a_list(wav2vec2, tmp_path):
    _, _, path = wav2vec2
    with pytest.raises(ValueError, match=r"does not fit the encoder of this preset(.|\n)*expected"):
        begin_encoders(MotionGenerator(PRESETS["tiny"].network), path)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no weights")
    with pytest.raises(ValueError, match="is no safetensors file"):
        begin_encoders(MotionGenerator(PRESETS["tiny"].network), broken)
