"""Pitch, loudness, phrases and accents of clean speech."""

import numpy as np
import pytest

from dystream_lab.rates import CURVE_RATE
from dystream_lab.speech.phones import SILENCE
from dystream_lab.speech.prosody import track
from dystream_lab.teacher.phrases import find_phrases


def voice(hertz: np.ndarray) -> np.ndarray:
    """A pulse train of a course of pitch, at 16 kHz, dulled as voices are."""
    phase = np.cumsum(hertz) / 16_000
    pulses = np.diff(np.floor(phase), prepend=0.0)
    return (0.3 * np.convolve(pulses, np.exp(-np.arange(60) / 12.0))[: len(hertz)]).astype(np.float32)


@pytest.mark.parametrize("interval", [-5.0, 4.0])
def test_pitch_is_in_semitones_of_the_speakers_median(interval):
    low = np.full(24_000, 130.0)
    high = np.full(16_000, 130.0 * 2 ** (interval / 12))
    prosody = track(voice(np.concatenate([low, high])))
    assert np.median(prosody.pitch[20:130]) == pytest.approx(0.0, abs=0.3)
    assert np.median(prosody.pitch[170:230]) == pytest.approx(interval, abs=0.4)


def test_silence_and_noise_have_no_pitch():
    assert not track(np.zeros(16_000, np.float32)).voiced.any()
    noise = 0.1 * np.random.default_rng(0).standard_normal(16_000)
    assert track(noise.astype(np.float32)).voiced.mean() < 0.1


def test_loudness_does_not_depend_on_the_level():
    sound = voice(np.full(16_000, 150.0)) * np.repeat([1.0, 0.3], 8_000)
    np.testing.assert_allclose(track(sound).loudness, track(0.2 * sound).loudness, atol=0.5)


def test_phrases_end_at_pauses_and_know_a_question():
    rising = voice(np.concatenate([np.full(12_000, 140.0), np.linspace(140.0, 220.0, 4_000)]))
    sound = np.concatenate([rising, np.zeros(16_000, np.float32), voice(np.full(16_000, 140.0))])
    phones = [(0.0, 1.0, "AA"), (1.0, 2.0, SILENCE), (2.0, 2.95, "AA")]
    first, second = find_phrases(phones, track(sound))
    assert (first.start, first.end) == (0.0, 1.0)
    assert first.rises
    assert not second.rises
    assert len(track(sound).pitch) == 3 * CURVE_RATE


def test_a_short_lone_word_is_a_backchannel():
    phones = [(3.0, 3.4, "M"), (6.0, 8.0, "AA")]
    short, long = find_phrases(phones, track(np.zeros(16_000 * 9, np.float32)))
    assert short.backchannel
    assert not long.backchannel
