"""Noise of a session."""

import numpy as np
import pytest
import torch

from dystream_ros.models.noise import NormalNoise


@pytest.mark.parametrize("count", [16, 62, 512])
@pytest.mark.parametrize("seed", [0, 5, 2**40 + 7, 2**63 - 1])
def test_numbers_are_those_of_pytorch(seed, count):
    draws, noise = torch.Generator().manual_seed(seed), NormalNoise(seed)
    for _ in range(50):
        np.testing.assert_allclose(noise.draw(count), torch.randn(count, generator=draws).numpy(), rtol=0, atol=2e-6)


def test_a_seed_starts_again():
    noise = NormalNoise(3)
    first = noise.draw(62)
    noise.draw(7)
    noise.seed(3)
    assert np.array_equal(noise.draw(62), first)


def test_few_numbers_are_normal_too():
    noise = NormalNoise(1)
    drawn = np.concatenate([noise.draw(5) for _ in range(4000)])
    assert abs(drawn.mean()) < 0.05
    assert abs(drawn.std() - 1) < 0.05
