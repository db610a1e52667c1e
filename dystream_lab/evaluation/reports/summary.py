"""Means with confidence intervals, over what was measured and over seeds; and their table."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

Summary = dict[str, list[float]]  # measure -> [value, lower, upper limit of the 95 % interval]

_REPLICATES = 1000
_LIMITS = (2.5, 97.5)


def bootstrap(
    tallies: np.ndarray, measures: Callable[[np.ndarray], Mapping[str, np.ndarray]], replicates: int = _REPLICATES
) -> Summary:
    """Measures of additive tallies, with percentile intervals (Efron and Tibshirani 1993, chapter 13).

    Utterances and seeds are drawn anew, each with replacement; every seed meets every utterance.

    Args:
        tallies: float64 (seeds, utterances, n), what each utterance adds to the sums of n numbers.
        measures: gives values (...,) for sums (..., n).
    """
    seeds, utterances, size = tallies.shape
    if not utterances:
        raise ValueError("no utterances to summarise")
    rng = np.random.default_rng(0)
    by_utterance = rng.multinomial(utterances, np.full(utterances, 1 / utterances), replicates)  # (R, U)
    by_seed = rng.multinomial(seeds, np.full(seeds, 1 / seeds), replicates)  # (R, S)
    weights = (by_seed[:, :, None] * by_utterance[:, None, :]).reshape(replicates, -1)  # (R, S * U)
    flat = tallies.reshape(-1, size)
    return _with_limits(measures(flat.sum(0)), measures(weights @ flat))


def mean_of_values(values: Mapping[str, Sequence[float]], replicates: int = _REPLICATES) -> Summary:
    """Mean of each list of values with its interval; NaN is left out, and a measure without values, too."""
    rng = np.random.default_rng(0)
    summary: Summary = {}
    for name, listed in values.items():
        kept = np.array([value for value in listed if not np.isnan(value)], np.float64)
        if len(kept):
            means = rng.choice(kept, (replicates, len(kept))).mean(1)
            summary[name] = [float(kept.mean()), *(float(limit) for limit in np.percentile(means, _LIMITS))]
    return summary


def _with_limits(values: Mapping[str, np.ndarray], drawn: Mapping[str, np.ndarray]) -> Summary:
    summary: Summary = {}
    for name, value in values.items():
        known = drawn[name][~np.isnan(drawn[name])]
        limits = np.percentile(known, _LIMITS) if len(known) else (np.nan, np.nan)
        summary[name] = [float(value), float(limits[0]), float(limits[1])]
    return summary


def table(title: str, summaries: Mapping[str, Summary], bars: Mapping[str, str] | None = None) -> str:
    """Text table: a measure a line, a row of the comparison a column of "value [lower, upper]".

    `bars` says for a measure what the shipped weights should reach.
    """
    bars = bars or {}
    measures = list(dict.fromkeys(name for summary in summaries.values() for name in summary))
    cells = [[title, *(["bar"] if bars else []), *summaries]]
    for measure in measures:
        line = [measure, *([bars.get(measure, "")] if bars else [])]
        cells.append(line + [_cell(summary.get(measure)) for summary in summaries.values()])
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    padded = [[line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:]))] for line in cells]
    return "\n".join("  ".join(line).rstrip() for line in padded)


def markdown(summaries: Mapping[str, Summary], measures: Sequence[str]) -> str:
    """Markdown table: a row of the comparison a line, the given measures its columns."""
    lines = ["| | " + " | ".join(measures) + " |", "|---" * (len(measures) + 1) + "|"]
    for name, summary in summaries.items():
        lines.append(f"| {name} | " + " | ".join(_cell(summary.get(measure)) for measure in measures) + " |")
    return "\n".join(lines)


def _cell(value: Sequence[float] | None) -> str:
    if value is None or np.isnan(value[0]):
        return "-"
    digits = 0 if abs(value[0]) >= 100 else 1 if abs(value[0]) >= 10 else 2
    return f"{value[0]:.{digits}f} [{value[1]:.{digits}f}, {value[2]:.{digits}f}]"
