"""Text tables of summaries: one measure per line, one row of the comparison per column."""

from collections.abc import Mapping, Sequence

import numpy as np

from dystream_lab.evaluation.measures.intervals import Summary


def table(title: str, summaries: Mapping[str, Summary], bars: Mapping[str, str] | None = None) -> str:
    """Text table with cells "value [lower, upper]".

    Args:
        title: heading of the first column.
        summaries: by name of the row.
        bars: by measure, the value that the shipped weights should reach.
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


def _cell(value: Sequence[float] | None) -> str:
    if value is None or np.isnan(value[0]):
        return "-"
    digits = 0 if abs(value[0]) >= 100 else 1 if abs(value[0]) >= 10 else 2
    return f"{value[0]:.{digits}f} [{value[1]:.{digits}f}, {value[2]:.{digits}f}]"
