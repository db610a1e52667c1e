"""The tables of the study from its results."""

from collections.abc import Iterator, Mapping

import numpy as np

from benchmarks.ablations_causal.strategies import LOOKAHEADS, RANDOM, TWO_SIDED, lookahead_name
from benchmarks.ablations_causal.study import HELD, MATRIX, MOVED, ROWS

FRAME_MS = 40  # duration of a motion frame
STEP_MS = "step ms"  # group of the results
# Kind of step of the strategies that have none of their own, by the beginning of their names.
_STEPS = {
    "lookahead": "lookahead, distilled",
    "distilled": "lookahead, distilled",
    "predicts features": "lookahead, distilled",
}
_MEASURE = "correlation"

Seeds = Mapping[str, Mapping[str, float]]  # figures by seed


def tables(results: Mapping) -> Iterator[tuple[str, str]]:
    """Name and Markdown text of each table."""
    yield "causal", _rows(results)
    for group in (HELD, MOVED):
        yield f"causal {group}", _matrix(results, group)
    yield "causal random", _random(results)


def values(seeds: Seeds, measure: str) -> np.ndarray:
    """A measure of all seeds."""
    return np.array([figures[measure] for figures in seeds.values() if measure in figures])


def _rows(results: Mapping) -> str:
    rows = {name: seeds for name, seeds in results[ROWS].items() if not name.startswith(RANDOM)}
    measures = list(dict.fromkeys(name for seeds in rows.values() for found in seeds.values() for name in found))
    head = ["causal", "heard, ms", "latency, ms", *measures, "step, ms", "seeds"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for name, seeds in sorted(rows.items(), key=lambda row: _place(row[0])):
        heard = _heard(name)
        step = results.get(STEP_MS, {}).get(
            next((kind for begin, kind in _STEPS.items() if name.startswith(begin)), name)
        )
        cells = [
            name,
            "all" if heard is None else f"{heard}",
            "-" if heard is None else f"{FRAME_MS + heard}",
            *(_cell(values(seeds, measure)) for measure in measures),
            "-" if step is None else f"{step:.2f}",
            f"{len(seeds)}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _place(name: str) -> tuple[int, str, int]:
    kinds = (TWO_SIDED, "lookahead", "distilled", "predicts", "samples")
    return kinds.index(name.split()[0]), name.partition(",")[0] if "," in name else "", _heard(name) or 0


def _heard(name: str) -> int | None:
    """Sound that a row hears past the end of a frame, ms; None for all."""
    if name == TWO_SIDED:
        return None
    words = name.split()
    return int(words[-2]) if words[-1] == "ms" else 0


def _matrix(results: Mapping, group: str) -> str:
    """Correlation of encoders that were trained with one lookahead and run with another."""
    lines = [
        f"| trained with (below), run with | {' | '.join(f'{ms} ms' for ms in MATRIX)} |",
        "|---" * (len(MATRIX) + 1) + "|",
    ]
    for trained in MATRIX:
        cells = []
        for run in MATRIX:
            name = lookahead_name(trained)
            same = results[ROWS].get(name, {})
            seeds = same if run == trained else results[group].get(f"{name}, run with {run} ms", {})
            cells.append(_cell(values(seeds, _MEASURE)))
        lines.append(f"| {trained} ms | {' | '.join(cells)} |")
    return "\n".join(lines)


def _random(results: Mapping) -> str:
    """Encoders of one lookahead beside the one that was trained with a random one."""
    measures = ("P B M at 0.5 /s", "F V at 0.5 /s", _MEASURE)
    lines = [
        f"| lookahead | {' | '.join(f'{name}, one | {name}, random' for name in measures)} |",
        "|---" * (2 * len(measures) + 1) + "|",
    ]
    for ms in LOOKAHEADS:
        own = results[ROWS].get(lookahead_name(ms), {})
        drawn = results[ROWS].get(f"{RANDOM}, run with {ms} ms", {})
        cells = [_cell(values(seeds, name)) for name in measures for seeds in (own, drawn)]
        lines.append(f"| {ms} ms | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(found: np.ndarray) -> str:
    """Mean, and standard deviation of several seeds."""
    if not len(found):
        return "-"
    spread = f" ± {found.std(ddof=1):.2g}" if len(found) > 1 else ""
    return f"{found.mean():.3g}{spread}"
