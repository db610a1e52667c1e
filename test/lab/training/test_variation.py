"""Augmented log-mels keep their times, change in timbre, and are determined by the seed."""

import torch

from dystream_lab.training.variation import varied

_FEATURES = torch.randn(3, 50, 64, generator=torch.Generator().manual_seed(0)).clamp(-4.0, 3.0)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_each_clip_is_varied_in_its_own_way_and_again_the_same():
    same = _FEATURES[:1].expand(3, -1, -1)
    first, again = varied(same, seeded(1)), varied(same, seeded(1))
    assert torch.equal(first, again)
    assert not torch.allclose(first[0], first[1])
    assert not torch.allclose(first, varied(same, seeded(2)))


def test_a_burst_stays_at_its_frame():
    features = torch.full((4, 50, 64), -3.0)
    features[:, 20] = 2.0
    loudness = varied(features, seeded(3)).mean(2)
    assert (loudness.argmax(1) == 20).all()
    assert (loudness[:, 20] - loudness[:, 19] > 3.0).all()


def test_a_formant_moves_but_not_far():
    features = torch.full((64, 10, 64), -3.0)
    features[:, :, 30] = 3.0
    peaks = varied(features, seeded(4))[:, 5].argmax(1)
    assert peaks.min() >= 26
    assert peaks.max() <= 34
    assert peaks.unique().numel() > 2
