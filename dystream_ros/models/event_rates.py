"""Rates of the events that a model draws, by the noise that it draws them from."""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

_NORMAL = NormalDist()
_NEVER = 8.0  # a standard normal number that no probability below 1 - 6e-16 exceeds


def at_rates(draws: NDArray[np.float32], rates: Sequence[float]) -> NDArray[np.float32]:
    """Standard normal draws (n,) with which each event starts as often as its rate says.

    An event starts where Phi(draw) < p. The returned draw d' has Phi(d') = Phi(d) / rate, so that it starts with the
    probability min(rate p, 1). Draws of other events and later draws are the same, so motions of two rates differ only
    from the first event on that one of them lacks; the events of a lower rate are among those of a higher one until
    then.

    Args:
        rates: of each event, 0 or more; 1 leaves the draw as it is, bit for bit.
    """
    changed = draws.copy()
    for event, rate in enumerate(rates):
        if rate == 1.0:
            continue
        uniform = 0.5 * math.erfc(-float(draws[event]) / math.sqrt(2.0)) / rate if rate > 0.0 else 1.0
        changed[event] = _NORMAL.inv_cdf(max(uniform, 1e-15)) if uniform < 1.0 - 1e-12 else _NEVER
    return changed
