"""Interpolation of audio at any position: resampling with a short, fixed reach that does not depend on chunking.

A streaming resampler of a library holds back 40 to 120 ms of input (soxr at its medium quality and better), which is
too much for a live face. Here each output sample is a weighted sum of the input around its position. The same audio
gives the same samples in any chunks, the ratio may change from sample to sample (clock drift), and the reach is 1.5 ms
of later input (2 ms at 8 kHz, none at an unchanged 16 kHz). Driven time waits for that input; live audio is delayed by
the reach.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

MEDIA_RATE = 16_000  # Hz, of the media clock and of all audio that a model receives
PHASES = 512
REACH_SECONDS = 0.0015
LEAST_REACH = 16
# Middle of the transition band. Aliases lie above 8 kHz, where the attenuation is 60 dB; speech is kept up to 6.8 kHz.
CUTOFF = 7_400.0
# Kaiser's window for 60 dB (Oppenheim and Schafer, Discrete-Time Signal Processing, eq. 7.75).
BETA = 0.1102 * (60 - 8.7)


def reach(rate: int) -> int:
    """Input samples on either side that an output sample between two input samples depends on."""
    return LEAST_REACH if rate <= MEDIA_RATE else int(np.ceil(REACH_SECONDS * rate))


@lru_cache(maxsize=8)
def kernels(rate: int) -> NDArray[np.float32]:
    """Float32 (PHASES + 1, 2 * reach): weights of the input around a position, one row per fraction of a sample.

    Up to 16 kHz the band is not limited, so that a position on an input sample gives exactly that sample.
    """
    half = reach(rate)
    band = 1.0 if rate <= MEDIA_RATE else 2 * CUTOFF / rate
    fraction = np.arange(PHASES + 1)[:, None] / PHASES
    distance = np.arange(2 * half)[None, :] - (half - 1) - fraction
    window = np.i0(BETA * np.sqrt(np.clip(1 - (distance / half) ** 2, 0, None))) / np.i0(BETA)
    weights = band * np.sinc(band * distance) * window
    weights /= weights.sum(axis=1, keepdims=True)
    return weights.astype(np.float32)


def interpolate(
    source: NDArray[np.float32], base: int, positions: NDArray[np.float64], rate: int
) -> NDArray[np.float32]:
    """Audio of `rate` Hz at the given positions.

    Args:
        source: float32 (n,); holds every sample from floor(first position) - reach + 1 to floor(last) + reach.
        base: index of source[0].
        positions: float64 (m,), ascending, in samples.
        rate: Hz of `source`; above 16 kHz the band is limited to the band of 16 kHz audio.

    Returns:
        float32 (m,).
    """
    if not positions.size:
        return np.zeros(0, np.float32)
    whole = np.floor(positions)
    fraction = (positions - whole) * PHASES
    first = whole.astype(np.int64) - base
    if rate <= MEDIA_RATE and not fraction.any():
        return source[first].astype(np.float32)
    half = reach(rate)
    table = kernels(rate)
    row = fraction.astype(np.int64)
    between = (fraction - row).astype(np.float32)[:, None]
    weights = table[row]
    if between.any():
        weights += between * (table[row + 1] - weights)
    windows = np.lib.stride_tricks.sliding_window_view(source, 2 * half)[first - half + 1]
    return (windows * weights).sum(axis=1, dtype=np.float32)
