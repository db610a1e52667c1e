"""The own channel as in rooms: nothing is delayed, talkers are softer than the voice, silence stays possible."""

import numpy as np

from dystream_lab.corpus.augmentation import speaking_rms
from dystream_lab.training.surroundings import surrounded


def click_and_voice(rng):
    """A channel that is silent up to a click, and one of noise as loud as a voice."""
    click = np.zeros(32_000, np.float32)
    click[16_000] = 0.5
    return np.stack([click, (0.05 * rng.standard_normal(32_000)).astype(np.float32)])


def test_the_direct_sound_stays_where_it_is_and_channels_stay_in_range():
    rng = np.random.default_rng(0)
    own = click_and_voice(rng)
    for _ in range(100):
        heard = surrounded(rng, own[:1], np.array([True]))  # no other row: nobody talks elsewhere
        assert heard.dtype == np.float32
        assert np.abs(heard).max() <= 1.0
        assert np.abs(heard[0]).argmax() == 16_000
        assert np.abs(heard[0, :16_000]).max() < 1e-6


def test_a_talker_is_softer_than_the_voice_and_silence_is_not_made_louder():
    rng = np.random.default_rng(1)
    own = click_and_voice(rng)
    own[0] = 0.0
    made = [surrounded(rng, own, np.array([False, True])) for _ in range(200)]
    levels = np.array([speaking_rms(heard[0]) for heard in made])
    talked = levels > 0
    assert 0.12 < talked.mean() < 0.28
    assert levels.max() < 10 ** (-37 / 20)
    voices = np.array([speaking_rms(heard[1]) for heard in made])
    assert 0.05 < (voices < 0.02).mean() < 0.2  # a speaker far from the microphone
    assert (voices > 0.04).mean() > 0.7


def test_the_same_seed_gives_the_same_sound():
    own = click_and_voice(np.random.default_rng(2))
    first, second = (surrounded(np.random.default_rng(3), own, np.array([True, True])) for _ in range(2))
    assert np.array_equal(first, second)
