"""What every test stands on."""

import os
import signal

import numpy as np
import pytest

# The networks here are small: a second thread waits for the first far longer than it helps, above all beside others.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# A shell starts what it puts in the background with SIGINT ignored, and children inherit that: Ctrl-C is tested here.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def spoken() -> np.ndarray:
    """Float32 (32000,): two seconds of a voice at 16 kHz, a pulse train through the resonances of changing vowels."""
    rate, voice = 16_000, np.zeros(32_000)
    pitch = 120 + 15 * np.sin(2 * np.pi * 1.3 * np.arange(len(voice)) / rate)
    source = np.diff(np.floor(np.cumsum(pitch) / rate), prepend=0)
    for k, formants in enumerate([(700, 1200, 2500), (300, 2200, 2900), (500, 900, 2400), (400, 1900, 2600)] * 2):
        part = source[k * 4000 : (k + 1) * 4000]
        for formant in formants:
            t = np.arange(800) / rate
            voice[k * 4000 : (k + 1) * 4000] += np.convolve(part, np.exp(-250 * t) * np.sin(2 * np.pi * formant * t))[
                :4000
            ]
    return (0.3 * voice / np.abs(voice).max()).astype(np.float32)
