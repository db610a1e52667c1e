"""What all runs of the fuzzer add up to, and its table in docs/soak.md."""

import json
import re
from pathlib import Path

PUBLISHED = Path(__file__).resolve().parent.parent / "fuzz.json"
PAGE = PUBLISHED.parent.parent / "docs" / "soak.md"
_BEGIN, _END = "<!-- fuzzing -->\n", "<!-- end -->"


class Totals:
    """Sums of each target over all its runs, kept in a file so that a later process adds to them.

    Args:
        path: JSON file; it is made by the first run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.targets: dict[str, dict] = json.loads(path.read_text()) if path.exists() else {}

    def add(self, name: str, *, seconds: float, processor: float, inputs: int, slowest: float, kinds: int) -> None:
        """Add one run.

        Args:
            name: of the target.
            seconds: on the wall.
            processor: s of processor time, imports included.
            inputs: without those of earlier runs, which the fuzzer reads again at its start.
            slowest: processor time of the slowest input, s.
            kinds: number of kinds of findings.
        """
        former = self.targets.get(name, {})
        self.targets[name] = {
            "runs": former.get("runs", 0) + 1,
            "minutes": round(former.get("minutes", 0.0) + seconds / 60, 2),
            "processor_minutes": round(former.get("processor_minutes", 0.0) + processor / 60, 2),
            "inputs": former.get("inputs", 0) + max(0, inputs),
            "slowest_s": max(former.get("slowest_s", 0.0), slowest),
            "runs_with_findings": former.get("runs_with_findings", 0) + bool(kinds),
        }
        self._path.write_text(json.dumps(self.targets, indent=1) + "\n")


def table(targets: dict[str, dict]) -> str:
    """The sums in Markdown, one row per target."""
    rows = [
        "| Target | Minutes | of the processor | Inputs | Slowest input [s] | Runs with findings |",
        "|---|---|---|---|---|---|",
    ]
    for name, each in targets.items():
        rows.append(
            f"| `{name}` | {each['minutes']:.1f} | {each['processor_minutes']:.1f} | {each['inputs']} | "
            f"{each['slowest_s']:.1f} | {each['runs_with_findings']} of {each['runs']} |"
        )
    return "\n".join(rows)


def written(page: str, targets: dict[str, dict]) -> str:
    """The page with the table between its marks replaced."""
    pattern = re.escape(_BEGIN) + ".*?" + re.escape(_END)
    return re.sub(pattern, lambda _: f"{_BEGIN}\n{table(targets)}\n\n{_END}", page, flags=re.DOTALL)


def publish(path: Path, order: list[str]) -> None:
    """Write the sums of a file into benchmarks/fuzz.json and docs/soak.md, in the order of the targets."""
    targets = Totals(path).targets
    ordered = {name: targets[name] for name in order if name in targets}
    PUBLISHED.write_text(json.dumps(ordered, indent=1) + "\n")
    PAGE.write_text(written(PAGE.read_text(), ordered))
