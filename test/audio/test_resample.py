"""Interpolation of audio: exact at an unchanged rate, without aliases at others, and with a short reach."""

import numpy as np
import pytest

from dystream_ros.audio.resample import MEDIA_RATE, interpolate, reach

RATES = (8_000, 11_025, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000)


def resample(signal, rate):
    half = reach(rate)
    positions = np.arange(int(len(signal) * MEDIA_RATE / rate)) * rate / MEDIA_RATE
    return interpolate(np.pad(signal, half + 2), -half - 2, positions, rate)


def tone(frequency, rate, seconds=0.5):
    return np.sin(2 * np.pi * frequency * np.arange(int(rate * seconds)) / rate).astype(np.float32)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("frequency", [100, 1000, 3000])
def test_a_tone_stays_the_same_tone_without_delay(rate, frequency):
    heard, wanted = resample(tone(frequency, rate), rate), tone(frequency, MEDIA_RATE)
    middle = slice(400, 7000)
    assert np.abs(heard[middle] - wanted[middle]).max() < 10 ** (-45 / 20)


@pytest.mark.parametrize("rate", [32_000, 44_100, 48_000, 96_000])
def test_frequencies_that_would_alias_are_attenuated(rate):
    assert np.abs(resample(tone(9_000, rate), rate)[400:7000]).max() < 10 ** (-55 / 20)


def test_16_khz_passes_unchanged():
    signal = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    np.testing.assert_array_equal(interpolate(signal, 0, np.arange(1000.0), MEDIA_RATE), signal)


@pytest.mark.parametrize("rate", [8_000, 16_000, *RATES])
def test_an_output_sample_depends_on_at_most_two_milliseconds_of_later_input(rate):
    assert reach(rate) / rate <= 0.002
    signal = np.random.default_rng(0).standard_normal(rate).astype(np.float32)
    changed = signal.copy()
    changed[rate // 2 :] = 0
    before = int((rate // 2 - reach(rate)) * MEDIA_RATE / rate)
    np.testing.assert_array_equal(resample(signal, rate)[:before], resample(changed, rate)[:before])
