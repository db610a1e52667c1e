"""The figure of the study: the paper's curve beside ours, both scaled to their own limits."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from benchmarks.ablations_causal.report import values
from benchmarks.ablations_causal.strategies import BETTER, LOOKAHEADS, RANDOM, TAUGHT, TWO_SIDED, lookahead_name
from benchmarks.ablations_causal.study import ROWS

# Sync-C by lookahead, ms: DyStream (arXiv 2512.24408), Table 3. The paper gives no value of a two-sided encoder there;
# its limit is its value at 60 ms.
PAPER = {0: 3.017, 20: 5.976, 40: 6.896, 60: 7.119}
_MEASURES = {"P B M at 0.5 /s": "tab:red", "correlation": "tab:blue"}
_STRATEGIES = (  # rows of the right half, from above
    TWO_SIDED,
    lookahead_name(BETTER),
    *(f"distilled features and lips, {ms} ms" for ms in reversed(TAUGHT)),
    *(f"distilled features, {ms} ms" for ms in reversed(TAUGHT)),
    "predicts log-mels",
    "samples log-mels",
    "predicts features",
    "samples features",
    lookahead_name(0),
)


def draw(results: Mapping, path: Path) -> None:
    """Draws the figure: on the left the lookaheads, on the right the other strategies, in shares of the limits.

    Bars are standard deviations over the seeds. Nothing is drawn while the limit is not measured.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = results[ROWS]
    if TWO_SIDED not in rows:
        return
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained", sharex=False)
    paper = np.array(list(PAPER.values()))
    left.plot(list(PAPER), paper / paper[-1], "k--o", label="paper, Sync-C (limit: 60 ms)")
    for place, (measure, colour) in enumerate(_MEASURES.items()):
        limit = values(rows[TWO_SIDED], measure).mean()
        for kind, name, style in (("one", lookahead_name, "-o"), (RANDOM, _random_name, ":x")):
            found = {ms: values(rows[name(ms)], measure) / limit for ms in LOOKAHEADS if name(ms) in rows}
            label = f"here, {measure}" if kind == "one" else f"here, {measure}, {RANDOM}"
            if found:
                left.errorbar(list(found), *_means(found.values()), fmt=style, color=colour, capsize=3, label=label)
        shares = {row: values(rows[row], measure) / limit for row in _STRATEGIES if row in rows}
        means, spread = _means(shares.values())
        heights = [_STRATEGIES.index(row) + 0.2 * (place - 0.5) for row in shares]
        right.errorbar(means, heights, xerr=spread, fmt="o", color=colour, capsize=3, label=measure)
    left.set(xlabel="lookahead, ms of sound past the end of a frame", ylabel="share of the limit")
    right.set(xlabel="share of the limit (two-sided)", yticks=range(len(_STRATEGIES)), yticklabels=_STRATEGIES)
    right.invert_yaxis()
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8, loc="lower right" if axes is left else "lower left")
    figure.savefig(path, dpi=80)
    plt.close(figure)


def _random_name(ms: int) -> str:
    return f"{RANDOM}, run with {ms} ms"


def _means(found: Iterable[np.ndarray]) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each."""
    arrays = list(found)
    return [one.mean() for one in arrays], [one.std(ddof=1) if len(one) > 1 else 0.0 for one in arrays]
