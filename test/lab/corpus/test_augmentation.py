"""Augmentation never delays a voice and is determined by its generator."""

from dataclasses import replace

import numpy as np
import pytest

from dystream_lab.corpus import noises
from dystream_lab.corpus.augmentation import Augmentation, augment, speaking_rms
from dystream_lab.corpus.codecs import CODECS, overload, telephone, through_codec

NOTHING = Augmentation(
    clean=0.0, breath=0.0, room=0.0, wander=0.0, noise=0.0, music=0.0, crowd=0.0, events=0.0, echo=0.0, overload=0.0,
    band=0.0, telephone=0.0, codec=0.0, people=0.0, machines=0.0, signals=0.0,
)  # fmt: skip
LINES = [("telephone", 0), *((codec, rate) for codec, (_, _, rates) in CODECS.items() for rate in rates)]


def voice(seconds: float = 3.0) -> np.ndarray:
    """A second of silence, then noise bursts like syllables."""
    sound = np.zeros(int(16_000 * seconds), np.float32)
    rng = np.random.default_rng(0)
    for start in np.arange(16_000, len(sound) - 3_200, 4_800):
        sound[start : start + 3_200] = 0.1 * rng.standard_normal(3_200)
    return sound


def decibels(value: float) -> float:
    return 20 * np.log10(value)


def lag(heard: np.ndarray, sound: np.ndarray) -> int:
    size = 2**17
    likeness = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sound, size)))
    best = int(np.argmax(likeness))
    return best if best < size // 2 else best - size


def test_a_channel_delays_nothing_and_stays_in_range():
    sound = voice()
    for seed in range(40):
        heard = augment(np.random.default_rng(seed), sound, np.zeros_like(sound))
        assert heard.shape == sound.shape
        assert heard.dtype == np.float32
        assert np.abs(heard).max() <= 1.0
        assert abs(lag(heard, sound)) <= 8  # half a millisecond


def test_the_same_generator_gives_the_same_channel():
    sound = voice()
    for seed in range(8):
        first, again = (augment(np.random.default_rng(seed), sound, sound[::-1]) for _ in range(2))
        np.testing.assert_array_equal(first, again)


def test_the_level_of_a_channel_is_within_the_configured_range():
    for seed in range(20):
        heard = augment(np.random.default_rng(seed), voice(), np.zeros(48_000), Augmentation(clean=1.0))
        assert -58.5 < decibels(speaking_rms(heard)) < -11.5


@pytest.mark.parametrize("kind", ["echo", "noise", "music", "crowd", "events", "people", "machines", "signals"])
def test_every_kind_of_sound_reaches_the_channel_of_a_silent_party_and_nothing_else_does(kind):
    partner = voice()
    silent = np.zeros_like(partner)
    assert np.abs(augment(np.random.default_rng(1), silent, partner, NOTHING)).max() == 0.0
    assert np.abs(augment(np.random.default_rng(1), silent, partner, replace(NOTHING, **{kind: 1.0}))).max() > 1e-4


@pytest.mark.parametrize("kind", ["noise", "music", "crowd", "machines", "signals"])
def test_speech_is_louder_than_continuous_background(kind):
    sound = voice()
    for seed in range(10):
        settings = replace(NOTHING, **{kind: 1.0})
        heard = augment(np.random.default_rng(seed), sound, np.zeros_like(sound), settings)
        pauses = heard[8_000:15_000]
        assert decibels(speaking_rms(heard)) - decibels(np.sqrt(np.mean(pauses**2)) + 1e-9) > 5.0


def test_a_breath_is_drawn_before_speech_and_never_over_it():
    sound = voice()
    heard = augment(np.random.default_rng(3), sound, np.zeros_like(sound), replace(NOTHING, breath=1.0))
    before = np.abs(heard[:15_700]).max()
    assert 0.0 < before < 0.5 * np.abs(heard).max()
    np.testing.assert_allclose(np.corrcoef(heard[16_000:], sound[16_000:])[0, 1], 1.0, atol=1e-6)


@pytest.mark.parametrize(("codec", "bit_rate"), LINES)
def test_a_line_keeps_length_and_time_and_changes_the_sound(codec, bit_rate):
    sound = voice().astype(np.float64)
    heard = telephone(sound) if codec == "telephone" else through_codec(sound, codec, bit_rate)
    assert heard.shape == sound.shape
    assert abs(lag(heard, sound)) <= 2
    assert 1e-4 < np.sqrt(np.mean((heard - sound) ** 2)) < np.sqrt(np.mean(sound**2))


def test_a_telephone_passes_no_highs():
    heard = np.abs(np.fft.rfft(telephone(voice())))
    assert np.square(heard[: len(heard) // 2]).sum() > 100 * np.square(heard[5 * len(heard) // 8 :]).sum()


@pytest.mark.parametrize("soft", [False, True])
def test_overload_clips_peaks_and_keeps_quiet_parts(soft):
    sound = 0.5 * np.sin(np.arange(16_000) / 8.0) * np.linspace(0.0, 1.0, 16_000)
    heard = overload(sound, 6.0, soft)
    assert np.abs(heard).max() <= 0.2513
    np.testing.assert_allclose(heard[:1_000], sound[:1_000], atol=1e-3)


@pytest.mark.parametrize("make", [*dict.fromkeys(noises.EVENTS), noises.breath])
def test_sounds_that_are_no_speech_are_short_finite_and_of_unit_level(make):
    for seed in range(20):
        sound = make(np.random.default_rng(seed))
        assert 80 < len(sound) < 8 * 16_000
        assert np.isfinite(sound).all()
        assert 0.2 < speaking_rms(sound) < 4.0 or len(sound) < 320


@pytest.mark.parametrize("make", [noises.steady, noises.music])
def test_a_background_has_unit_level(make):
    sound = make(np.random.default_rng(0), 32_001)
    assert len(sound) == 32_001
    assert np.sqrt(np.mean(sound**2)) == pytest.approx(1.0, abs=0.01)
