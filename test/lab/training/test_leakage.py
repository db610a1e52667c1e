"""Leakage into the own channel: the partner's voice and music, softer than the own voice."""

import numpy as np

from dystream_lab.corpus.augmentation import speaking_rms
from dystream_lab.training.leakage import leaked


def sounds(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return tuple((0.1 * rng.standard_normal(32_000)).astype(np.float32) for _ in range(2))


def test_a_silent_channel_gets_the_partners_voice_now_and_then():
    rng = np.random.default_rng(0)
    own, partner = np.zeros(32_000, np.float32), sounds(rng)[1]
    partner[:8_000] = partner[24_000:] = 0.0
    made = [leaked(rng, own, partner, speaks=False) for _ in range(300)]
    silent = np.array([not sound.any() for sound in made])
    assert 0.4 < silent.mean() < 0.58  # (1 - 0.35) (1 - 0.25)
    ratios = [speaking_rms(sound) / speaking_rms(partner) for sound in made if sound.any()]
    assert 20 * np.log10(max(ratios)) < 0.0
    for sound in made:
        assert sound.dtype == np.float32
        assert np.abs(sound).max() <= 1.0


def test_the_own_voice_stays_the_loudest_and_where_it_is():
    rng = np.random.default_rng(1)
    own, partner = sounds(rng)
    for _ in range(100):
        heard = leaked(rng, own, 5.0 * partner, speaks=True)
        added = heard - own
        assert speaking_rms(added) < 10 ** (-4 / 20) * speaking_rms(own)  # 8 dB below it each, together less
