"""Parts of the compact model: features, guidance, sampling, motion space, events, and weights on disk."""

import itertools
import json
import math

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from dystream_ros.cli import main
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.models.compact import weights, weights_file
from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.features import LogMel
from dystream_ros.models.compact.model import EVENTS, CompactModel
from dystream_ros.models.compact.motion_space import MOTION, MotionSpace
from dystream_ros.models.errors import ModelError
from dystream_ros.models.flow import multistep_sample, noise_level, sampling_angles
from dystream_ros.models.guidance import Guidance
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime


def tone(level: float, seconds: float = 2.0, hertz: float = 440.0) -> torch.Tensor:
    return level * torch.sin(2 * math.pi * hertz * torch.arange(int(16000 * seconds)) / 16000)[None]


def test_features_of_pieces_equal_those_of_the_whole():
    mel = LogMel(64)
    audio = torch.randn(1, 160 * 37, generator=torch.Generator().manual_seed(0)) * 0.1
    whole, _ = mel(audio, mel.initial_state(1))
    state, pieces = mel.initial_state(1), []
    for start, stop in ((0, 160), (160, 160 * 11), (160 * 11, 160 * 37)):
        piece, state = mel(audio[:, start:stop], state)
        pieces.append(piece)
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, atol=1e-5, rtol=0)


def test_a_tone_shows_in_its_band():
    mel = LogMel(64)
    features, _ = mel(tone(0.1), mel.initial_state(1))
    hertz = mel.filters[:, features[0, -1].argmax()].argmax() * 16000 / 512
    assert abs(hertz - 440) < 40


@pytest.mark.parametrize("gain_db", [-18.0, 12.0])
def test_features_lose_the_gain_of_speech_within_seconds(gain_db):
    mel = LogMel(64)
    rng = torch.Generator().manual_seed(0)
    speech = torch.randn(1, 16000 * 12, generator=rng) * 0.05
    usual, _ = mel(speech, mel.initial_state(1))
    other, _ = mel(speech * 10 ** (gain_db / 20), mel.initial_state(1))
    assert (usual[:, -50:] - other[:, -50:]).abs().mean() < 0.15


def test_hiss_in_a_long_pause_is_not_amplified_to_speech():
    mel = LogMel(64)
    rng = torch.Generator().manual_seed(0)
    hiss = torch.randn(1, 16000 * 60, generator=rng) * 10 ** (-55 / 20)
    speech = torch.randn(1, 16000, generator=rng) * 0.05
    features, _ = mel(torch.cat([speech, hiss], dim=1), mel.initial_state(1))
    during_speech, after_a_minute = features[0, 50:100, 10:].mean(), features[0, -100:, 10:].mean()
    assert after_a_minute < during_speech - 0.8


def test_guidance_without_weights_is_the_plain_estimate_in_one_branch():
    guidance = Guidance()
    assert list(guidance.coefficients) == ["all"]
    estimate = torch.randn(2, 1, 5)
    torch.testing.assert_close(guidance.combine(estimate), estimate[:, 0])


def test_guidance_follows_its_formula_without_branches_of_weight_zero():
    guidance = Guidance(0.5, 0.5, 0.0, 1.0)
    assert list(guidance.coefficients) == ["none", "self", "other", "all"]
    none, own, other, everything = torch.randn(4, 5)
    expected = none + 0.5 * (own - none) + 0.5 * (other - none) + 1.0 * (everything - none)
    stacked = torch.stack([none, own, other, everything])[None]
    torch.testing.assert_close(guidance.combine(stacked)[0], expected)


@pytest.mark.parametrize("steps", [1, 4])
def test_sampling_a_point_reaches_the_point_from_any_noise(steps):
    point = torch.randn(3, 7)
    sample = multistep_sample(lambda x, index: point, torch.randn(3, 7), sampling_angles(steps))
    torch.testing.assert_close(sample, point, atol=1e-5, rtol=0)


def sampled(steps: int, weights: list[float], means: list[float], deviations: list[float]) -> torch.Tensor:
    """Samples of a mixture of normal distributions, whose best estimate is known in closed form."""
    angles = sampling_angles(steps)
    weight, mean, deviation = (torch.tensor(values, dtype=torch.float64) for values in (weights, means, deviations))

    def estimate(x: torch.Tensor, index: int) -> torch.Tensor:
        s = noise_level(angles[index])
        variance = ((1 - s) * deviation) ** 2 + s**2
        off = x[:, None] - (1 - s) * mean
        share = torch.softmax(weight.log() - 0.5 * off.square() / variance - 0.5 * variance.log(), dim=1)
        return (share * (mean + (1 - s) * deviation.square() / variance * off)).sum(1)

    noise = torch.randn(50_000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return multistep_sample(estimate, noise, angles)


def test_many_steps_reproduce_a_distribution():
    sample = sampled(200, [1.0], [2.0], [0.5])
    assert abs(sample.mean() - 2.0) < 0.02
    assert abs(sample.std() - 0.5) < 0.02


def test_four_steps_keep_the_spread_and_the_rare_events():
    """Nods start in 1 % of the frames: a sampler that reduces the variance loses them."""
    assert 0.9 < sampled(4, [1.0], [0.0], [1.0]).std() < 1.0
    rare = sampled(4, [0.99, 0.01], [0.0, 4.0], [0.4, 0.8])
    assert 0.008 < (rare > 2.0).double().mean() < 0.013


def test_numbers_predicted_in_steps_return_to_their_mean():
    """Errors of steps accumulate: without the return the head drifts away within minutes."""
    space = MotionSpace()
    far = space.maximum.clone()
    for _ in range(25 * 20):
        far = space.motion(torch.zeros_like(far), far)
    assert far[~space.absolute].abs().max() < 0.1 * space.maximum[~space.absolute].max()


def test_a_head_outside_its_usual_range_returns_in_two_seconds_and_one_inside_does_not():
    space = MotionSpace()
    pose = torch.cat([torch.zeros(52), torch.tensor([0.6, -0.6, 0.8, 0.05, -0.05, 0.05])])
    for _ in range(50):
        pose = space.motion(torch.zeros_like(pose), pose)
    assert pose[52:55].abs().max() < 0.18
    assert pose[55:].abs().max() < 0.015
    near = torch.cat([torch.zeros(52), torch.tensor([0.1, -0.1, 0.1, 0.01, -0.01, 0.01])])
    torch.testing.assert_close(space.motion(torch.zeros_like(near), near)[52:], 0.998 * near[52:])


def test_each_number_of_the_head_pose_has_its_own_scale():
    """Heads move by millimetres: on the scale of angles and coefficients the model would not learn them."""
    time = torch.arange(500) / 25.0
    motion = torch.zeros(1, 500, 58)
    motion[0, :, 52:55] = 0.04 * torch.sin(time)[:, None]
    motion[0, :, 55:] = 0.004 * torch.sin(time)[:, None]
    space = MotionSpace()
    space.fit(motion)
    torch.testing.assert_close(space.normalised(motion)[..., 52:].std(dim=1), torch.ones(1, 6))
    steps = space.prediction(motion[:, 1:], motion[:, :-1])[..., 52:]
    torch.testing.assert_close(steps.std(dim=1), torch.ones(1, 6))
    assert space.normalised(motion + 1e-3)[..., :52].abs().max() < 0.1


def test_lips_do_not_depend_on_past_lips():
    """Errors of past lips must not propagate."""
    torch.manual_seed(0)
    model = CompactModel(CompactConfig(lip_flow=0.0)).eval()
    state = model.initial_state(1)
    audio, noise, anchor = 0.1 * torch.randn(1, 640), torch.randn(1, 59), torch.zeros(1, 58)
    grimace = state.previous.clone()
    grimace[:, model.space.speech] = 1.0
    one, _ = model.step(audio, audio, anchor, noise, state)
    other, _ = model.step(audio, audio, anchor, noise, state._replace(previous=grimace))
    assert torch.equal(one[:, model.space.speech], other[:, model.space.speech])


def test_each_part_of_the_face_is_sampled_at_its_own_temperature():
    config = CompactConfig(
        temperature=1.0, gaze_temperature=2.0, brow_temperature=3.0, smile_temperature=4.0, lip_temperature=5.0
    )
    scale = MotionSpace().tempered(torch.ones(1, MOTION), config)[0].tolist()
    expected = {"eyeLookInLeft": 2.0, "browInnerUp": 3.0, "mouthSmileRight": 4.0, "jawOpen": 5.0, "eyeBlinkLeft": 1.0}
    assert {name: scale[ARKIT_INDEX[name]] for name in expected} == expected
    assert scale[-6:] == [1.0] * 6


def test_settings_of_the_sampler_are_accepted_or_refused_by_name():
    config = CompactConfig().sampled_with(["steps=3", "lip_flow=0.5"])
    assert (config.steps, config.lip_flow, config.width) == (3, 0.5, CompactConfig().width)
    for text, complaint in (
        ("width=3", "not a setting of the sampler"),
        ("steps=few", "no integer after steps="),
        ("steps=0", "accepted are integers from 1 to 100"),
        ("lip_flow=2", "from 0 to 1"),
        ("temperature=nan", "accepted are numbers from 0 to 10"),
    ):
        with pytest.raises(ValueError, match=complaint):
            CompactConfig().sampled_with([text])


def test_saved_weights_load_unchanged(tmp_path):
    torch.manual_seed(0)
    model = CompactModel(CompactConfig(width=48, lookahead_ms=40), Guidance(0.5, 0.0, 0.0, 1.0)).eval()
    weights.save(model, tmp_path / "model.safetensors", dtype=torch.float32)
    loaded = load_model(str(tmp_path / "model.safetensors"))
    assert loaded.network.config == model.config
    assert loaded.network.guidance == model.guidance
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.network.state_dict()[name], tensor), name
    assert len(loaded.weights_sha256) == 64


def test_missing_and_damaged_weights_are_named(tmp_path):
    with pytest.raises(ModelError, match="there is no model 'nobody'; shipped are"):
        load_model("nobody")
    with pytest.raises(ModelError, match="no weights at"):
        load_model(str(tmp_path / "none.safetensors"))
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(np.random.default_rng(0).bytes(500))
    with pytest.raises(ModelError, match="damaged or no safetensors file"):
        load_model(str(damaged))


@pytest.mark.parametrize(
    "settings",
    [
        {"heads": 0}, {"steps": 10**9}, {"steps": 1.5}, {"steps": True}, {"temperature": float("nan")},
        {"temperature": 1e30}, {"lip_flow": "0.1"}, {"blocks": 10**7}, {"self_rounds": 10**5}, {"window": 0},
        {"lookahead_ms": 60.0}, {"width": None}, {"mels": -1}, {"colour": 1},
    ],
    ids=str,
)  # fmt: skip
def test_odd_settings_in_a_weights_file_are_refused_with_a_sentence(tmp_path, settings):
    path = tmp_path / "odd.safetensors"
    header = {"format": weights_file.FORMAT, "config": json.dumps(settings), "guidance": "{}"}
    save_file({"a": np.zeros(3, np.float16)}, path, header)
    with pytest.raises(ModelError, match=r"odd\.safetensors does not fit this version's compact model"):
        load_model(str(path), Runtime())


@pytest.mark.parametrize(
    "header", [{"config": "[]", "guidance": "{}"}, {"config": "[" * 100_000, "guidance": "{}"}, {"config": "{}"}]
)
def test_odd_headers_of_a_weights_file_are_refused_with_a_sentence(tmp_path, header):
    path = tmp_path / "odd.safetensors"
    save_file({"a": np.zeros(3, np.float16)}, path, {"format": weights_file.FORMAT} | header)
    with pytest.raises(ModelError, match=r"odd\.safetensors does not fit this version's compact model"):
        load_model(str(path), Runtime())


def test_weights_that_are_not_finite_are_refused(tmp_path):
    path = tmp_path / "odd.safetensors"
    header = {"format": weights_file.FORMAT, "config": "{}", "guidance": "{}"}
    save_file({"a": np.array([0, np.nan], np.float16)}, path, header)
    with pytest.raises(ModelError, match="holds NaN or infinity in 'a'"):
        load_model(str(path), Runtime())


@pytest.mark.parametrize("lookahead_ms", [-10, 65, 210])
def test_an_impossible_lookahead_is_refused(lookahead_ms):
    with pytest.raises(ValueError, match="accepted are 0 to 200 in steps of 10"):
        CompactConfig(lookahead_ms=lookahead_ms)


@pytest.mark.parametrize("event", range(len(EVENTS)), ids=EVENTS)
def test_event_onsets_have_the_predicted_probability_and_ages_count_up(event):
    torch.manual_seed(0)
    model = CompactModel(CompactConfig()).eval()
    torch.nn.init.zeros_(model.event_onset.weight)
    torch.nn.init.constant_(model.event_onset.bias, -100.0)
    with torch.no_grad():
        model.event_onset.bias[event] = math.log(0.1 / 0.9)
    rows = 8
    audio, anchor = torch.zeros(rows, 640), torch.zeros(rows, 58)
    state, seen = model.initial_state(rows), []
    for _ in range(50):
        _, state = model.step(audio, audio, anchor, torch.randn(rows, model.noise_size), state)
        seen.append(state.ages)
    ages = torch.stack(seen)  # (50, rows, events)
    assert 20 <= int((ages[:, :, event] == 0).sum()) <= 60
    before, after = ages[:-1, :, event], ages[1:, :, event]
    assert ((after == 0) | (after == (before + 1).clamp(max=50))).all()
    others = [other for other in range(len(EVENTS)) if other != event]
    assert (ages[:, :, others] == 50).all()


def test_the_age_of_an_event_changes_the_motion():
    torch.manual_seed(0)
    model = CompactModel(CompactConfig()).eval()
    torch.nn.init.normal_(model.event_shape.weight)
    torch.nn.init.constant_(model.event_onset.bias, -100.0)
    for mlp in model.head.by_condition:
        torch.nn.init.normal_(mlp.modulation.weight, std=0.02)
    state = model.initial_state(1)
    audio, anchor, noise = torch.zeros(1, 640), torch.zeros(1, 58), torch.randn(1, model.noise_size)
    shown = [
        model.step(audio, audio, anchor, noise, state._replace(ages=torch.tensor([ages])))[0]
        for ages in [[50] * len(EVENTS), *np.where(np.eye(len(EVENTS)), 0, 50).tolist()]
    ]
    for first, second in itertools.combinations(shown, 2):
        assert not torch.allclose(first[:, 52:], second[:, 52:])


def test_weights_are_averaged_and_keep_their_settings(tmp_path):
    paths = [tmp_path / f"{name}.safetensors" for name in "abc"]
    models = [CompactModel(CompactConfig(steps=3)) for _ in paths]
    for model, path in zip(models, paths):
        weights.save(model, path, torch.float32)
    assert (
        main(["average", *map(str, paths), "-o", str(tmp_path / "mean.safetensors"), "--setting", "lip_flow=0.5"]) == 0
    )
    mean = weights.load(tmp_path / "mean.safetensors")
    assert (mean.config.steps, mean.config.lip_flow) == (3, 0.5)
    expected = sum(model.lips.weight for model in models) / 3
    torch.testing.assert_close(mean.lips.weight, expected, atol=1e-3, rtol=0)


@pytest.mark.parametrize("other", [{"self_rounds": 1}, {"lookahead_ms": 0}])
def test_weights_of_different_models_are_not_averaged(tmp_path, capsys, other):
    """Also when all sizes are the same."""
    for name, settings in (("one", other), ("two", {})):
        weights.save(CompactModel(CompactConfig(**settings)), tmp_path / f"{name}.safetensors")
    files = [str(tmp_path / f"{name}.safetensors") for name in ("one", "two")]
    assert main(["average", *files, "-o", str(tmp_path / "mean.safetensors")]) == 2
    assert "{}={}".format(*next(iter(other.items()))) in capsys.readouterr().err
    assert not (tmp_path / "mean.safetensors").exists()
