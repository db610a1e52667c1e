"""How sessions differ: quantiles of what each of them did, with confidence intervals."""

from collections.abc import Mapping

import numpy as np

from dystream_lab.evaluation.reports.summary import Summary

QUANTILES = {"p10": 10, "median": 50, "p90": 90}
_REPLICATES = 1000
_LIMITS = (2.5, 97.5)


def quantiles(values: Mapping[str, np.ndarray], wanted: Mapping[str, float] = QUANTILES) -> Summary:
    """Quantiles of values (seeds, sessions), NaN left out, with percentile intervals, named "<name> <quantile>".

    Sessions and seeds are drawn anew, each with replacement; a name without a value is left out.
    """
    rng = np.random.default_rng(0)
    summary: Summary = {}
    for name, table in values.items():
        if np.isnan(table).all():
            continue
        seeds, sessions = table.shape
        by_seed = rng.integers(seeds, size=(_REPLICATES, seeds, 1))
        by_session = rng.integers(sessions, size=(_REPLICATES, 1, sessions))
        drawn = table[by_seed, by_session].reshape(_REPLICATES, -1)
        drawn = drawn[~np.isnan(drawn).all(axis=1)]
        for label, percent in wanted.items():
            low, high = np.percentile(np.nanpercentile(drawn, percent, axis=1), _LIMITS)
            summary[f"{name} {label}"] = [float(np.nanpercentile(table, percent)), float(low), float(high)]
    return summary
