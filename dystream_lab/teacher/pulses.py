"""Pulse shapes of motions, with a continuous first derivative, and smooth random drift; 25 frames per second."""

from collections.abc import Sequence

import numpy as np
from scipy.signal import lfilter

from dystream_lab.rates import FRAME_RATE
from dystream_lab.teacher.behaviour import BEHAVIOUR as B


def frame_times(frames: int) -> np.ndarray:
    """Instant of each frame's motion in seconds, float64 (frames,): (k + 1/2) x 40 ms."""
    return (np.arange(frames) + 0.5) / FRAME_RATE


def plateau(times: np.ndarray, start: float, length: float, ramp: float) -> np.ndarray:
    """A minimum-jerk rise from 0 to 1 over `ramp` s from `start`, and the same fall that ends at start + length."""
    return minimum_jerk((times - start) / ramp) * minimum_jerk((start + length - times) / ramp)


def minimum_jerk(x: np.ndarray) -> np.ndarray:
    """0 for x <= 0, 1 for x >= 1, between them 10 x^3 - 15 x^4 + 6 x^5 (Flash and Hogan 1985)."""
    x = np.clip(x, 0.0, 1.0)
    return x**3 * (10.0 - 15.0 * x + 6.0 * x * x)


def bump(times: np.ndarray, start: float, length: float, peak: float) -> np.ndarray:
    """A rise from 0 to 1 and back over `length` s, with the maximum after the share `peak` of it."""
    x = (times - start) / length
    return minimum_jerk(x / peak) * minimum_jerk((1.0 - x) / (1.0 - peak))


def steps(times: np.ndarray, moves: Sequence[tuple[float, float, float]]) -> np.ndarray:
    """The sum of lasting changes, each (start in s, duration in s, size): minimum-jerk paths from target to target."""
    return sum((size * minimum_jerk((times - start) / length) for start, length, size in moves), np.zeros(len(times)))


def nod(times: np.ndarray, start: float, period: float, cycles: int) -> np.ndarray:
    """`cycles` bumps of decreasing size that start and end at 0.

    Neighbours overlap by a fifth of a period, so that the head does not stop between them.
    """
    starts = (start + 0.9 * i * period for i in range(cycles))
    return sum(B.nod_fades**i * bump(times, at, period * 1.1, B.nod_peak) for i, at in enumerate(starts))


def foot(values: np.ndarray, peak: int, reach: int) -> int:
    """The last frame before `peak` at which `values` (n,) has completed at most a tenth of its rise.

    The rise begins at the lowest of the `reach` frames before the peak.
    """
    first = max(0, peak - reach)
    before = values[first : peak + 1]
    level = before.min() + 0.1 * (values[peak] - before.min())
    return first + int(np.flatnonzero(before <= level)[-1])


def drift(rng: np.random.Generator, frames: int, constant: float) -> np.ndarray:
    """A smooth random walk about 0 with standard deviation 1 and time constant `constant` seconds, (frames,).

    White noise through four equal low-pass stages: its velocity and acceleration are continuous.
    """
    warm = int(8 * constant * FRAME_RATE) + 1
    share = 1.0 - np.exp(-4.0 / (constant * FRAME_RATE))
    values = rng.standard_normal(frames + warm)
    for _ in range(4):
        values = _low_pass(values, share)
    return (values / _drift_deviation(constant))[warm:]


def _low_pass(values: np.ndarray, share: float) -> np.ndarray:
    return lfilter([share], [1.0, share - 1.0], values)


def _drift_deviation(constant: float) -> float:
    share = 1.0 - np.exp(-4.0 / (constant * FRAME_RATE))
    impulse = np.zeros(int(12 * constant * FRAME_RATE) + 50)
    impulse[0] = 1.0
    for _ in range(4):
        impulse = _low_pass(impulse, share)
    return float(np.sqrt(np.sum(impulse**2)))
