"""Quantiles of measured times."""

import numpy as np


def quantiles(values: np.ndarray) -> dict[str, float]:
    """Median, p95, p99 and the largest, rounded to hundredths."""
    named = zip(("p50", "p95", "p99"), np.percentile(values, (50, 95, 99)), strict=True)
    return {name: round(float(value), 2) for name, value in named} | {"max": round(float(np.max(values)), 2)}
