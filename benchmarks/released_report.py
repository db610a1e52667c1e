"""Shared by the benchmarks of the published model: timing, command line, a JSON file and a table in the docs."""

import argparse
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dystream_ros.cli import measuring

FIGURES, PAGE = Path(__file__).parent / "released", Path(__file__).parents[1] / "docs" / "released.md"


class Timings:
    """Wall and processor time of several implementations that alternate, so that other load affects all of them."""

    def __init__(self) -> None:
        self._spent: dict[str, list[tuple[float, float]]] = {}

    def timed(self, name: str, call: Callable[[], Any], recorded: bool = True) -> Any:
        """Result of a call; its time is left out if it is not `recorded`, as for a warm-up."""
        wall, processor = time.perf_counter(), time.process_time()
        result = call()
        spent = 1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - processor)
        if recorded:
            self._spent.setdefault(name, []).append(spent)
        return result

    def rows(self, reference: str, once: dict[str, int] | None = None) -> dict[str, dict[str, float]]:
        """Medians in ms of each, and its speed relative to the reference.

        Args:
            once: name of a call made once -> number of frames that share its time, which is added to every row.
        """
        shared = [sum(self._median(name, kind) / frames for name, frames in (once or {}).items()) for kind in range(2)]
        rows = {
            name: {"wall_ms": self._median(name, 0) + shared[0], "cpu_ms": self._median(name, 1) + shared[1]}
            for name in self._spent
            if name not in (once or {})
        }
        for row in rows.values():
            row["times_faster_wall"] = rows[reference]["wall_ms"] / row["wall_ms"]
            row["times_faster_cpu"] = rows[reference]["cpu_ms"] / row["cpu_ms"]
        return rows

    def _median(self, name: str, kind: int) -> float:
        return median([spent[kind] for spent in self._spent[name]])


def median(values: list[float]) -> float:
    """The middle value; the upper one of two."""
    return sorted(values)[len(values) // 2]


def speed(row: dict[str, float]) -> str:
    """The columns of `SPEED` for a row."""
    times = f"{row['times_faster_wall']:.2f} | {row['times_faster_cpu']:.2f}"
    return f"{row['wall_ms']:.0f} | {row['cpu_ms']:.0f} | {times}"


SPEED = "ms per frame, wall | processor | times faster, wall | processor"


def main(
    name: str,
    about: str,
    measure: Callable[[int, int], dict[str, Any]],
    table: Callable[[dict[str, Any]], list[str]],
    frames: int,
) -> int:
    """Measures, prints, and writes benchmarks/released/NAME.json and the table of that name in docs/released.md.

    Args:
        about: docstring of the benchmark.
        measure: frames and threads -> the figures.
        table: the figures -> lines of Markdown.
        frames: default number of frames to measure.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.released_{name}", description=about)
    parser.add_argument("--frames", type=int, default=frames, help="frames to measure (default %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default %(default)s)")
    parser.add_argument("--output", type=Path, default=FIGURES / f"{name}.json", help="JSON (default %(default)s)")
    parser.add_argument("--page", type=Path, default=PAGE, help="page whose table is replaced (default %(default)s)")
    args = parser.parse_args()
    result = {"machine": measuring.describe_machine()} | measure(args.frames, args.threads)
    lines = [*table(result), "", where_measured(result)]
    args.output.write_text(json.dumps(result, indent=2) + "\n")
    args.page.write_text(replaced(args.page.read_text(), name, lines))
    print("\n".join(lines))
    print(f"wrote {args.output} and the table in {args.page}")
    return 0


def where_measured(result: dict[str, Any]) -> str:
    """A sentence on the machine, the frames and the threads of a result, in Markdown."""
    if result.get("gpu", "") is None:
        return "Not measured on a GPU; memory is calculated from the sizes of the tensors."
    machine = result["machine"]
    where = f"{machine['processor']}, {machine['cores']} cores, PyTorch {machine['torch']}"
    load = f"load {machine['load_before']:.1f} before"
    return f"{result.get('gpu') or where}; {result['frames']} frames, {result['threads']} thread(s), {load}."


def replaced(page: str, name: str, lines: list[str]) -> str:
    """A page with other lines between its marks of that name.

    Raises:
        ValueError: the page has no such marks.
    """
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    if begin not in page or end not in page:
        raise ValueError(f"the page has no place for the table {name}: it needs the lines {begin.strip()} and {end}")
    return re.sub(
        f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: begin + "\n".join(lines) + f"\n{end}", page, flags=re.S
    )
