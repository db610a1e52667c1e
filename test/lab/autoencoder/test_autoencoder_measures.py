"""Measures whose value is known, and the sheet."""

import numpy as np
import pytest
import torch

from dystream_lab.autoencoder.data.clips import ClipFolder
from dystream_lab.autoencoder.measures.pictures import flicker, psnr, ssim
from dystream_lab.autoencoder.measures.reenactment import compare, mean_rows, measure, table
from dystream_lab.autoencoder.presets import PRESETS
from dystream_ros.models.released.networks.autoencoder import Autoencoder

GREY = np.full((32, 32, 3), 100, np.uint8)


def test_psnr_and_ssim_of_known_pictures():
    noise = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)
    assert (psnr(noise, noise), ssim(noise, noise)) == (100.0, pytest.approx(1, abs=1e-6))
    assert psnr(GREY, GREY + 5) == pytest.approx(20 * np.log10(255 / 5))
    assert ssim(noise, np.ascontiguousarray(noise[::-1])) < 0.2


def test_flicker_counts_change_that_the_true_pictures_lack():
    fading = [GREY + 4 * step for step in range(4)]
    assert flicker([picture + 9 for picture in fading], fading) == 0  # a constant error
    assert flicker(fading, [GREY] * 4) == 0  # a slow one
    blinking = [GREY + 10 * (step % 2) for step in range(4)]
    assert flicker(blinking, [GREY] * 4) == pytest.approx(20)
    with pytest.raises(ValueError, match="three pictures"):
        flicker(fading[:2], fading[:2])


def test_the_landmark_error_is_in_per_cent_of_the_distance_between_the_eyes():
    marks = np.zeros((478, 2))
    marks[263] = 50, 0

    def find(picture):
        return None if picture[0, 0, 0] == 0 else np.add(marks, (picture[0, 0, 0] - 100.0, 0))

    painted = [GREY + 1, np.zeros_like(GREY), GREY]
    row = compare(painted, [GREY] * 3, find, timed=False)
    assert row["landmarks"] == pytest.approx(100 * 0.5 / 50)
    assert row["lost"] == pytest.approx(100 / 3)
    assert np.isnan(row["flicker"])


def test_all_kinds_are_measured_and_drawn(clips):
    torch.manual_seed(0)
    networks = Autoencoder(PRESETS["tiny"].network).eval()
    ((rows, sheet),) = measure(
        networks, ClipFolder([clips], "valid"), lambda picture: np.arange(956.0).reshape(478, 2), 4
    )
    figures = mean_rows(rows)
    assert figures.keys() == {"self", "cross", "unmoved"}
    assert figures["self"]["clips"] == 2
    assert figures["self"]["flicker"] >= 0
    assert sheet.shape == (4 * 64, 8 * 64, 3)
    assert "| unmoved | 2 |" in table(figures)
    assert "No cross-reenactment" in table({"self": figures["self"]})
