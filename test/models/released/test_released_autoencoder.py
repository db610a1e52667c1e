"""Stage 1 reproduces the published numbers, at full size with weights drawn by a rule."""

import numpy as np
import pytest
import torch

from dystream_ros.models.released.fast.enlarged_convolution import EnlargedConvolution
from dystream_ros.models.released.fast.folded_renderer import FoldedRenderer
from dystream_ros.models.released.networks.autoencoder import to_uint8
from dystream_ros.models.released.networks.warping import warp_volume


def smooth_noise(seed: int, shape: tuple[int, ...]) -> torch.Tensor:
    """The golden pictures: clipped noise, three times box-filtered, mixed with a tenth of itself."""
    noise = np.clip(np.random.default_rng(seed).standard_normal(shape), -1, 1)
    smooth = noise
    for _ in range(3):
        for axis in (-2, -1):
            smooth = sum(np.roll(smooth, shift, axis) for shift in range(-4, 5)) / 9
    return torch.from_numpy((0.9 * smooth / abs(smooth).max() + 0.1 * noise).astype(np.float32))


def assert_near(actual, golden, name, limit):
    difference = (actual - golden[name]).abs().max().item()
    assert difference <= limit, f"{name}: {difference:.1e} off, at most {limit:.0e}"


@pytest.fixture(scope="module")
def volume(autoencoder):
    with torch.inference_mode():
        return autoencoder.face_encoder(smooth_noise(2, (1, 3, 512, 512)))


@torch.inference_mode()
def test_motion_encoder_gives_the_published_code(autoencoder, autoencoder_golden):
    code = autoencoder.motion_encoder(smooth_noise(1, (1, 3, 512, 512)))
    assert_near(code, autoencoder_golden, "motion_encoder/code", 3e-6)


@torch.inference_mode()
def test_motion_encoder_resizes_a_smaller_portrait_as_published(autoencoder, autoencoder_golden):
    code = autoencoder.motion_encoder(smooth_noise(5, (1, 3, 256, 256)))
    assert_near(code, autoencoder_golden, "motion_encoder/code_from_256px", 3e-6)


@torch.inference_mode()
def test_flow_estimator_gives_the_published_codes(autoencoder, autoencoder_golden):
    estimator = autoencoder.flow_estimator
    target, source = (
        torch.from_numpy(np.random.default_rng(seed).standard_normal((4, 512)).astype(np.float32)) for seed in (3, 4)
    )
    assert_near(estimator.coordinates(target), autoencoder_golden, "flow_estimator/alpha", 5e-6)
    assert_near(estimator.direction.basis(), autoencoder_golden, "flow_estimator/Q", 1e-6)
    assert_near(estimator(source, target), autoencoder_golden, "flow_estimator/out", 5e-6)
    assert_near(estimator(source, source), autoencoder_golden, "flow_estimator/out_tgt_equals_src", 5e-6)
    assert_near(estimator(source[:1], torch.zeros(1, 512)), autoencoder_golden, "flow_estimator/out_tgt_zero", 5e-6)
    weight, bias = estimator.affine()
    assert_near(target @ weight.T + bias, autoencoder_golden, "flow_estimator/alpha", 5e-6)


@torch.inference_mode()
def test_appearance_encoder_gives_the_published_volume(autoencoder_golden, volume):
    assert_near(volume[:, ::4, ::2, ::4, ::4], autoencoder_golden, "face_encoder/feat", 1e-5)
    assert_near(volume.mean((-2, -1)), autoencoder_golden, "face_encoder/feat_mean_hw", 1e-5)


@torch.inference_mode()
@pytest.mark.parametrize("source", ["motion0", "recipe_feat"])
def test_warp_gives_the_published_volume(autoencoder, autoencoder_golden, volume, source):
    golden, generator = autoencoder_golden, autoencoder.face_generator
    features = volume if source == "motion0" else smooth_noise(7, (1, 32, 16, 64, 64))
    name = f"face_generator/{source}/"
    deltas = generator.deltas(golden["face_generator/tgt_latent"][:1])
    assert_near(deltas[:, ::2, ::4, ::4], golden, name + "deltas", 1e-5)
    _, seen = generator.condition(warp_volume(features, deltas))
    assert_near(seen, golden, name + "occlusion_map", 5e-5)


def assert_published_picture(image, golden, name):
    """Within the golden notes' limits; a stride of 8 sees one of the four phases of the last shuffle, a crop all."""
    crop = image[:, :, 200:264, 200:264]
    assert_near(image[:, :, ::8, ::8], golden, name + "image_stride8", 3e-4)
    assert_near(crop, golden, name + "image_crop", 3e-4)
    assert_near(torch.nn.functional.avg_pool2d(image, 8), golden, name + "image_area64", 6e-5)
    expected = golden[name + "image_crop"]
    assert (crop - expected).square().mean().sqrt() <= 3e-5
    assert (to_uint8(crop).int() - to_uint8(expected).int()).abs().max() <= 1


@torch.inference_mode()
def test_decoder_gives_the_published_picture(autoencoder, autoencoder_golden, volume):
    image = autoencoder.face_generator(autoencoder_golden["face_generator/tgt_latent"][:1], volume)
    assert_published_picture(image, autoencoder_golden, "face_generator/motion0/")


@torch.inference_mode()
def test_folded_renderer_gives_the_published_picture(autoencoder, autoencoder_golden, volume):
    source = autoencoder.motion_encoder(smooth_noise(1, (1, 3, 512, 512)))
    target = torch.from_numpy(np.random.default_rng(3).standard_normal((4, 512)).astype(np.float32))[1:2]
    image = FoldedRenderer(autoencoder)(volume, source, target)
    assert_published_picture(image, autoencoder_golden, "face_generator/motion1/")


def test_the_decoder_is_never_run_in_float16(autoencoder):
    with pytest.raises(ValueError, match="bfloat16"):
        FoldedRenderer(autoencoder, torch.float16)


@torch.inference_mode()
@pytest.mark.parametrize("scale", [2, 4])
def test_a_convolution_at_the_maps_own_size_equals_the_enlarged_one(scale):
    torch.manual_seed(0)
    x, weight, bias = torch.randn(2, 5, 7, 6), torch.randn(4, 5, 3, 3), torch.randn(4)
    enlarged = torch.nn.functional.interpolate(x, scale_factor=scale, mode="nearest")
    expected = torch.relu(torch.nn.functional.conv2d(enlarged, weight, bias, padding=1))
    folded = EnlargedConvolution(weight, bias, scale, torch.float32)(x)
    torch.testing.assert_close(folded, expected, atol=1e-5, rtol=0)


def test_pictures_are_clipped_and_truncated():
    assert to_uint8(torch.tensor([-2.0, -1.0, 0.0, 0.999, 1.0, 3.0])).tolist() == [0, 0, 127, 254, 255, 255]
