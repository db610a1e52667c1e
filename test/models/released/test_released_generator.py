"""Stage 2 reproduces the published numbers."""

import pytest
import torch

from dystream_ros.models.guidance import BRANCHES, Guidance
from dystream_ros.models.released.files.state_dict import UNREAD_GENERATOR_KEYS, fold_weight_norm, load_state
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.released.networks.sampling import PUBLISHED_GUIDANCE, euler, sigma_schedule
from dystream_ros.models.released.networks.wav2vec2 import encode_utterance
from dystream_ros.models.released.streaming.offline import encode_conversation, generate
from dystream_ros.models.released.streaming.stepper import MotionStepper

LIMIT = 2e-5
OUTPUTS = {
    "motion_steps5_cfg_0.5_0.5_0.0_1.0": (5, PUBLISHED_GUIDANCE),
    "motion_steps1_cfg_0.5_0.5_0.0_1.0": (1, PUBLISHED_GUIDANCE),
    "motion_steps5_cfg_0.7_0.3_0.6_1.2": (5, Guidance(0.7, 0.3, 0.6, 1.2)),
    "motion_steps10_cfg_0.0_0.0_0.0_1.0": (10, Guidance(0.0, 0.0, 0.0, 1.0)),
}


@pytest.fixture(scope="module")
def features(tiny_generator, tiny_golden):
    return tiny_generator.encode(tiny_golden["input/audio_self"], tiny_golden["input/audio_other"])


@torch.inference_mode()
@pytest.mark.parametrize("party", ["self", "other"])
def test_encoder_gives_the_published_features(tiny_generator, tiny_golden, party):
    encoder = tiny_generator.audio_encoder_face if party == "self" else tiny_generator.audio_encoder_face_other
    features = encode_utterance(encoder, tiny_golden[f"input/audio_{party}"])
    torch.testing.assert_close(features, tiny_golden[f"intermediate/audio_{party}_features_50hz"], atol=LIMIT, rtol=0)


@torch.inference_mode()
def test_network_and_head_give_the_published_intermediates(tiny_generator, tiny_golden, features):
    anchor = tiny_golden["input/anchor"][0]
    history = anchor[:, None].expand(1, tiny_generator.config.history, -1)
    outputs = [
        tiny_generator.predict(
            history, tiny_generator.fuse(*features, branch)[:, 1:11], tiny_generator.embed_anchor(anchor, branch)
        )
        for branch in BRANCHES
    ]
    expected = tiny_golden["intermediate/ar_output_first_frame"]
    torch.testing.assert_close(torch.stack(outputs), expected, atol=LIMIT, rtol=0)
    time = tiny_generator.time_embed(sigma_schedule(5)[:1])
    torch.testing.assert_close(time, tiny_golden["intermediate/time_embed_first_call"], atol=LIMIT, rtol=0)
    noise = tiny_golden["input/noise"][0, 0].expand(5, -1)
    clean = tiny_generator.diffusion_head(noise, time.expand(5, -1), expected[:, 0])
    torch.testing.assert_close(clean, tiny_golden["intermediate/flow_head_first_call"][:, 0], atol=LIMIT, rtol=0)


@pytest.mark.parametrize("name", OUTPUTS)
def test_folded_stepper_gives_the_published_motion(tiny_generator, tiny_golden, features, name):
    steps, guidance = OUTPUTS[name]
    stepper = MotionStepper(tiny_generator, guidance, steps)
    anchor, noise = tiny_golden["input/anchor"][0, 0], tiny_golden["input/noise"][:, 0, 0]
    motion = torch.stack(list(generate(stepper, *features, anchor, noise)))
    expected = tiny_golden[f"output/{name}"][0, tiny_generator.config.history :]
    torch.testing.assert_close(motion[: len(expected)], expected, atol=LIMIT, rtol=0)


def test_old_spelling_of_the_weight_norm_loads_to_the_same_weights(tiny_generator, tiny_state):
    old = {
        key.replace("parametrizations.weight.original0", "weight_g").replace(
            "parametrizations.weight.original1", "weight_v"
        ): value
        for key, value in tiny_state.items()
    }
    assert old.keys() != tiny_state.keys()
    generator = MotionGenerator(tiny_generator.config)
    load_state(generator, old, UNREAD_GENERATOR_KEYS)
    for key, value in tiny_generator.state_dict().items():
        assert torch.equal(generator.state_dict()[key], value), key


def test_a_full_state_dict_fits_the_published_manifest(released_data):
    lines = (released_data / "motion_generator_manifest.tsv").read_text().splitlines()[1:]
    published = {}
    with torch.device("meta"):
        for key, shape, _ in (line.split("\t") for line in lines):
            published[key] = torch.empty([int(size) for size in shape.split("x")] if shape else [])
        ours = MotionGenerator().state_dict()
        folded = fold_weight_norm(published)
    left = {key for key in folded if key not in ours}
    assert {key: value.shape for key, value in folded.items() if key in ours} == {k: v.shape for k, v in ours.items()}
    assert all(UNREAD_GENERATOR_KEYS.search(key) for key in left)


def test_a_missing_or_misshapen_weight_is_named(tiny_generator, tiny_state):
    state = dict(tiny_state)
    del state["output_proj.bias"]
    state["face_embed.weight"] = torch.zeros(3, 3)
    state["from_another_model"] = torch.zeros(1)
    with pytest.raises(ValueError, match=r"output_proj\.bias") as raised:
        load_state(MotionGenerator(tiny_generator.config), state, UNREAD_GENERATOR_KEYS)
    assert "face_embed.weight: (3, 3)" in str(raised.value)
    assert "from_another_model" in str(raised.value)


def test_a_branch_of_weight_zero_is_dropped_and_the_rest_sum_to_one():
    assert list(PUBLISHED_GUIDANCE.coefficients) == ["none", "self", "other", "all"]
    assert list(Guidance(0, 0, 0, 1).coefficients) == ["all"]
    assert sum(Guidance(0.7, 0.3, 0.6, 1.2).coefficients.values()) == pytest.approx(1)


@pytest.mark.parametrize("steps", [1, 5, 20])
def test_sampler_lands_on_a_known_clean_motion(steps):
    target = torch.randn(3, 7)
    schedule = sigma_schedule(steps)
    assert len(schedule) == steps + 1
    assert (schedule[0], schedule[-1]) == (1, 0)
    result = euler(torch.randn(3, 7), schedule.tolist(), lambda x, step: target)
    torch.testing.assert_close(result, target, atol=1e-5, rtol=0)


def test_offline_generation_gives_a_frame_for_each_40_ms(tiny_generator):
    self_audio, other_audio = torch.randn(640 * 5 + 1), torch.randn(100)
    features = encode_conversation(tiny_generator, self_audio, other_audio)
    stepper = MotionStepper(tiny_generator)
    motion = list(generate(stepper, *features, torch.zeros(16), torch.randn(6, 16)))
    assert len(motion) == 6
