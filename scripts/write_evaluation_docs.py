"""Rewrites the tables of docs/evaluation.md and docs/ablations.md from the JSON files beside them.

    dystream evaluate lips --sets valid synthetic real --corpus corpus/first --json docs/evaluation_lips.json
    dystream evaluate stillness listening loop --corpus corpus/first --json docs/evaluation_conversations.json
    dystream evaluate sync --sets real russian --every 8 --seeds 1 --json docs/evaluation_sync.json
    python -m benchmarks.ablations --corpus corpus/first       and docs/ablations_causal.json by its study "causal"
    python scripts/write_evaluation_docs.py

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; NAME is a set of lips, `voices`, a section, a study,
or "run" and the name of a file, for weights, corpus and date of its figures.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import ablations  # noqa: E402
from benchmarks.ablations_causal import report  # noqa: E402
from dystream_lab.evaluation.reports import comparison, sections  # noqa: E402

DOCS = ROOT / "docs"
PAGES = DOCS / "evaluation.md", DOCS / "ablations.md"
_PLACE = re.compile(r"(<!-- table: (?P<name>[\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
# Measures that are in the JSON only.
_LEFT_OUT = re.compile(r", after |values clipped")


def main() -> None:
    """Rewrites the pages."""
    tables = dict(_tables())
    for page in PAGES:
        text = page.read_text()
        asked = {found["name"] for found in _PLACE.finditer(text)}
        if asked - set(tables):
            raise SystemExit(
                f"{page.name} asks for {sorted(asked - set(tables))}; the JSON files give {sorted(tables)}"
            )
        page.write_text(_PLACE.sub(lambda found: found[1] + tables[found["name"]] + "\n" + found[3], text))


def _tables() -> Iterator[tuple[str, str]]:
    for study, results in json.loads((DOCS / "ablations.json").read_text()).items():
        yield study, ablations.table(study, results)
    yield from report.tables(json.loads((DOCS / "ablations_causal.json").read_text()))
    for path in sorted(DOCS.glob("evaluation_*.json")):
        content = json.loads(path.read_text())
        yield f"run {path.stem.removeprefix('evaluation_')}", _run(content.pop("run", {}), content["seeds"])
        for group, rows in content.pop("lips", {}).items():
            summaries = {name: row["summary"] for name, row in rows.items()}
            yield group, _table(summaries, comparison.BARS.get(group, {}), intervals=content["models"])
            if group == "synthetic":
                yield "voices", _voices(rows[content["models"][0]]["voices"])
        for section, summaries in content.items():
            if isinstance(summaries, dict):
                judged = [name for name in summaries if name.startswith((*content["models"], "teacher", "oracle"))]
                yield section, _table(summaries, sections.bars(section) or {}, intervals=judged)


def _table(summaries: Mapping[str, Mapping], bars: Mapping[str, str], intervals: list[str]) -> str:
    """One measure per line, one row of the comparison per column; intervals for the rows named."""
    measures = [name for name in next(iter(summaries.values())) if not _LEFT_OUT.search(name)]
    lines = ["| | bar | " + " | ".join(summaries) + " |", "|---" * (len(summaries) + 2) + "|"]
    for measure in measures:
        # Enough digits to compare with the bar.
        digits = 3 if "0." in bars.get(measure, "") else 2
        cells = [_cell(summary.get(measure), name in intervals, digits) for name, summary in summaries.items()]
        lines.append(f"| {measure} | {bars.get(measure, '')} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _run(run: Mapping, seeds: int) -> str:
    """Weights, seeds, corpus and date of the figures of a file."""
    if not run:
        return "Of earlier weights, which the report does not name."
    weights = ", ".join(f"`{name}` {sha[:12]}" for name, sha in run["weights"].items())
    corpus = run.get("corpus", {})
    conversations = f", corpus of {corpus['hours']:g} hours (seed {corpus['seed']})" if "hours" in corpus else ""
    return f"Weights {weights}; {seeds} seeds{conversations}; {run['date']}."


def _cell(value: list[float] | None, interval: bool, digits: int) -> str:
    if value is None or value[0] is None:
        return "-"
    value = [value[0] if limit is None else limit for limit in value]
    shown = [f"{number:.0f}" if abs(number) >= 20 else f"{number:.{digits}f}" for number in value]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]" if interval and value[1] != value[2] else shown[0]


def _voices(voices: Mapping[str, Mapping[str, float]]) -> str:
    wanted = [
        name for name in next(iter(voices.values())) if "at 0.5" in name or name in ("rounding AUC", "correlation")
    ]
    lines = ["| voice | " + " | ".join(wanted) + " |", "|---" * (len(wanted) + 1) + "|"]
    for voice, found in voices.items():
        lines.append(f"| {voice} | " + " | ".join(f"{found[name]:.2f}" for name in wanted) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
