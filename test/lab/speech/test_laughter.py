"""Laughs as sounds."""

import numpy as np
import pytest
from scipy.signal import find_peaks

from dystream_lab.speech.laughter import envelope, laugh


@pytest.mark.parametrize("seed", range(10))
def test_a_laugh_is_a_series_of_calls_about_five_times_a_second(seed):
    sound = laugh(np.random.default_rng(seed), 120.0)
    assert sound.dtype == np.float32
    assert 0.5 < len(sound) / 16_000 < 2.7
    assert np.abs(sound).max() < 1.0
    calls, _ = find_peaks(envelope(sound, 100), height=0.1, prominence=0.05, distance=10)
    assert len(calls) >= 3
    assert 0.15 < np.median(np.diff(calls)) / 100 < 0.3


def test_the_envelope_follows_the_sound():
    sound = np.zeros(16_000, np.float32)
    sound[8_000:12_000] = 0.3
    loud = envelope(sound, 25)
    assert loud.shape == (25,)
    assert loud[:11].max() < 0.05
    assert loud[14:17].min() > 0.9
