"""Losses whose value is known."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from dystream_lab.autoencoder.networks import spectral
from dystream_lab.autoencoder.networks.discriminator import Discriminator, discriminators_loss, painters_loss
from dystream_lab.autoencoder.networks.equivariance import equivariance_loss, random_transforms, transformed
from dystream_lab.autoencoder.networks.perceptual import PerceptualLoss
from dystream_lab.autoencoder.networks.picture_losses import gradient_loss, pixel_loss, structural_similarity
from dystream_lab.autoencoder.presets import PRESETS
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.models.released.networks.spade import SpectralConv

TINY = PRESETS["tiny"].network
IDENTITY = torch.eye(2, 3)[None].expand(2, 2, 3)


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(0)
    return Autoencoder(TINY).eval()


@pytest.fixture(scope="module")
def driving(networks):
    """Source codes, driving pictures and the deltas of their warps."""
    torch.manual_seed(1)
    masked = F.interpolate(torch.rand(2, 3, 8, 8) * 2 - 1, size=(64, 64), mode="bilinear")
    source = networks.motion_encoder(masked.flip(0))
    return (
        source,
        masked,
        networks.face_generator.deltas(networks.flow_estimator(source, networks.motion_encoder(masked))),
    )


@torch.no_grad()
def test_equivariance_is_zero_for_the_identity_and_not_for_a_turn(networks, driving):
    assert float(equivariance_loss(networks, *driving, IDENTITY)) < 1e-4
    torch.manual_seed(2)
    assert float(equivariance_loss(networks, *driving, random_transforms(2, torch.device("cpu")))) > 1e-3


def test_a_shifted_picture_is_shifted_and_black_outside():
    picture = torch.zeros(1, 1, 8, 8)
    picture[..., 3, 3] = 1
    shift = torch.tensor([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]])  # reads a quarter of the picture further right
    moved = transformed(picture, shift)
    assert moved[0, 0, 3, 1] == pytest.approx(1, abs=1e-5)
    assert (moved[0, 0, :, 6:] == -1).all()


def test_equal_pictures_have_no_loss_and_different_ones_have():
    torch.manual_seed(0)
    one, weight = torch.rand(2, 3, 32, 32) * 2 - 1, torch.ones(2, 1, 32, 32)
    assert pixel_loss(one, one, weight) == gradient_loss(one, one, weight) == 0
    torch.testing.assert_close(structural_similarity(one, one), torch.ones(2))
    assert float(pixel_loss(one, one + 0.25, weight)) == pytest.approx(0.25, abs=1e-6)
    assert float(gradient_loss(one, one + 0.25, weight)) < 1e-6
    assert float(structural_similarity(one, one.flip(-1)).max()) < 0.5


def test_weighted_pixels_count_more():
    one, other, weight = torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4), torch.ones(1, 1, 4, 4)
    other[..., 0] = 1
    weight[..., 0] = 3
    assert float(pixel_loss(one, other, weight)) == pytest.approx(0.5)


def test_the_discriminator_prefers_true_pictures_and_the_painter_the_contrary():
    logits = torch.tensor([2.0, 3.0])
    for kind in ("hinge", "nonsaturating"):
        assert discriminators_loss(kind, logits, -logits) < discriminators_loss(kind, -logits, logits)
        assert painters_loss(kind, logits) < painters_loss(kind, -logits)
    assert float(discriminators_loss("hinge", logits, -logits)) == 0
    assert Discriminator(TINY)(torch.zeros(3, 3, 64, 64)).shape == (3,)


def test_spectral_norms_follow_their_weights():
    torch.manual_seed(0)
    layer = SpectralConv(6, 5, 3, bias=False)
    layer.weight_orig.data.mul_(torch.rand(5, 1, 1, 1) * 4)
    spectral.iterate(layer, 50)
    assert float(torch.linalg.matrix_norm(layer.normalised().detach().flatten(1), 2)) == pytest.approx(1, abs=1e-3)


def narrow_vgg(path, width=2):
    """VGG19 with few channels, in torchvision's names."""
    rng, inputs, weights = np.random.default_rng(0), 3, {}
    for place in (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28):
        weights[f"features.{place}.weight"] = torch.from_numpy(rng.normal(0, 0.3, (width, inputs, 3, 3))).float()
        weights[f"features.{place}.bias"] = torch.zeros(width)
        inputs = width
    save_file(weights, path)


def test_the_perceptual_loss_reads_the_users_weights(tmp_path):
    narrow_vgg(tmp_path / "vgg.safetensors")
    loss = PerceptualLoss(tmp_path / "vgg.safetensors")
    torch.manual_seed(0)
    one, other = torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64, requires_grad=True)
    assert float(loss(one, one)) == 0
    value = loss(other, one)
    value.backward()
    assert float(value) > 0
    assert other.grad.abs().sum() > 0
    save_file({"features.0.weight": torch.zeros(2, 3, 3, 3)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="torchvision's names"):
        PerceptualLoss(tmp_path / "other.safetensors")
