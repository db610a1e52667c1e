"""Measures with 95 % percentile bootstrap intervals over recordings and seeds (Efron and Tibshirani 1993, chapter 13).

`bootstrap` pools additive tallies; `quantiles` describes how sessions differ.
"""

from collections.abc import Callable, Mapping

import numpy as np

Summary = dict[str, list[float]]  # measure -> [value, lower, upper limit of the 95 % interval]

QUANTILES = {"p10": 10, "median": 50, "p90": 90}
_REPLICATES = 1000
_LIMITS = (2.5, 97.5)


def bootstrap(
    tallies: np.ndarray, measures: Callable[[np.ndarray], Mapping[str, np.ndarray]], replicates: int = _REPLICATES
) -> Summary:
    """Measures of additive tallies with percentile intervals.

    Recordings and seeds are resampled with replacement; every seed is combined with every recording.

    Args:
        tallies: float64 (seeds, recordings, n), the contribution of each recording to n sums.
        measures: maps sums (..., n) to values (...,).

    Raises:
        ValueError: there is no recording.
    """
    seeds, recordings, size = tallies.shape
    if not recordings:
        raise ValueError("no utterances to summarise")
    rng = np.random.default_rng(0)
    by_recording = rng.multinomial(recordings, np.full(recordings, 1 / recordings), replicates)  # (R, U)
    by_seed = rng.multinomial(seeds, np.full(seeds, 1 / seeds), replicates)  # (R, S)
    weights = (by_seed[:, :, None] * by_recording[:, None, :]).reshape(replicates, -1)  # (R, S * U)
    flat = tallies.reshape(-1, size)
    return _with_limits(measures(flat.sum(0)), measures(weights @ flat))


def _with_limits(values: Mapping[str, np.ndarray], drawn: Mapping[str, np.ndarray]) -> Summary:
    summary: Summary = {}
    for name, value in values.items():
        known = drawn[name][~np.isnan(drawn[name])]
        limits = np.percentile(known, _LIMITS) if len(known) else (np.nan, np.nan)
        summary[name] = [float(value), float(limits[0]), float(limits[1])]
    return summary


def quantiles(values: Mapping[str, np.ndarray], wanted: Mapping[str, float] = QUANTILES) -> Summary:
    """Quantiles over sessions, or over n values of each, named "<name> <quantile>", with percentile intervals.

    Sessions and seeds are resampled with replacement: values of one session are not independent of each other. NaN is
    ignored; a name without a value is left out.

    Args:
        values: (seeds, sessions) or (seeds, sessions, n) by name.
        wanted: per cent by label.
    """
    rng = np.random.default_rng(0)
    summary: Summary = {}
    for name, table in values.items():
        if np.isnan(table).all():
            continue
        seeds, sessions = table.shape[:2]
        by_seed = rng.integers(seeds, size=(_REPLICATES, seeds, 1))
        by_session = rng.integers(sessions, size=(_REPLICATES, 1, sessions))
        drawn = table[by_seed, by_session].reshape(_REPLICATES, -1)
        drawn = drawn[~np.isnan(drawn).all(axis=1)]
        for label, percent in wanted.items():
            low, high = np.percentile(np.nanpercentile(drawn, percent, axis=1), _LIMITS)
            summary[f"{name} {label}"] = [float(np.nanpercentile(table, percent)), float(low), float(high)]
    return summary
