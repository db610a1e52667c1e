"""Start and memory of the head: python -m benchmarks.start (after `source scripts/env.sh`).

Starts the head several times and prints how long each stage takes until it is active; then its memory by library, while
a process of its own receives its motion and images.
"""

import argparse
import json
import re
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.live import check_running
from dystream_ros.cli.demo.domain import local_environment
from dystream_ros.cli.demo.processes import Child, children

_LONGEST_START = 120.0  # s
_SHOWN = 14  # lines of the table of memory


def measure(runs: int = 5, seconds: float = 20.0, arguments: Sequence[str] = ()) -> dict[str, object]:
    """Start the head `runs` times, and let the last one run for `seconds`.

    Args:
        runs: at least 1; in the first, files may have to be read from the disk.
        seconds: of running, with a reader of motion and images, before and after its memory is read.
        arguments: command line of the head, e.g. "--ros-args", "-p", "images:=false".

    Returns:
        Medians over the runs: `stages_s`, from the start of the process to the end of each stage, and the same in
        `processor_s`; `active_s`, of each run; `memory_mib`, proportional (PSS), by library, and `pss_mib` at the
        beginning and at the end of the `seconds`.

    Raises:
        RuntimeError: the head ended, or was not active after two minutes.
    """
    times, memory, sizes = [], Counter(), []
    for number in range(runs):
        with tempfile.TemporaryDirectory() as name, children() as running:
            folder = Path(name)
            environment = local_environment()
            marks, begun = folder / "marks.json", time.time()
            head = Child("benchmarks.started_head", [str(marks), *arguments], environment, folder / "head.log")
            running.append(head)
            while not marks.exists():
                check_running(running)
                if time.time() - begun > _LONGEST_START:
                    raise RuntimeError(f"the head was not active after {_LONGEST_START:.0f} s: {head.last_error()}")
                time.sleep(0.01)
            times.append({stage: (at - begun, used) for stage, (at, used) in json.loads(marks.read_text()).items()})
            if number == runs - 1:
                watched = [str(folder / "watched.json")]
                running.append(Child("benchmarks.watcher", watched, environment, folder / "watcher.log"))
                for _ in range(2):
                    time.sleep(seconds / 2)
                    check_running(running)
                    memory = memory_by_library(Path(f"/proc/{head.pid}/smaps").read_text())
                    sizes.append(round(sum(memory.values()), 1))
    stages = sorted(times[-1], key=lambda stage: times[-1][stage][0])
    return {
        "stages_s": {stage: round(statistics.median(run[stage][0] for run in times), 2) for stage in stages},
        "processor_s": {stage: round(statistics.median(run[stage][1] for run in times), 2) for stage in stages},
        "active_s": [round(run["active"][0], 2) for run in times],
        "memory_mib": {name: round(size, 1) for name, size in memory.most_common()},
        "pss_mib": sizes,
    }


def memory_by_library(smaps: str) -> Counter[str]:
    """Proportional memory in MiB by what is mapped: a Python package, a system library, "anonymous" or "heap".

    Args:
        smaps: text of /proc/PID/smaps.
    """
    sizes: Counter[str] = Counter()
    name = ""
    for line in smaps.splitlines():
        if mapping := re.match(r"[0-9a-f]+-[0-9a-f]+ \S{4} \S+ \S+ \d+ *(.*)", line):
            name = _library(mapping[1])
        elif line.startswith("Pss:"):
            sizes[name] += int(line.split()[1]) / 1024
    return sizes


def _library(path: str) -> str:
    if not path:
        return "anonymous"
    if path.startswith("["):
        return path.strip("[]").partition(":")[0]
    if path.startswith("/dev/shm/"):
        return "shared memory of Fast DDS"
    if package := re.search(r"/(?:site|dist)-packages/([^/]+)", path):
        return re.sub(r"\.(libs|cpython.*|abi3.*)$", "", package[1])
    return re.sub(r"\.so[\d.]*$", "", Path(path).name)


def report(figures: dict) -> str:
    """Tables of the result of `measure`."""
    lines = [
        f"{'stage, median of ' + str(len(figures['active_s'])) + ' starts':<32}{'ends after':>12}{'processor':>12}"
    ]
    lines += [
        f"{stage:<32}{end:>10.2f} s{figures['processor_s'][stage]:>10.2f} s"
        for stage, end in figures["stages_s"].items()
    ]
    lines += ["", "active after: " + ", ".join(f"{seconds:.2f} s" for seconds in figures["active_s"])]
    lines += ["", f"{'memory (PSS) with images':<32}{'MiB':>12}"]
    parts = list(figures["memory_mib"].items())
    lines += [f"{name:<32}{size:>12.1f}" for name, size in parts[:_SHOWN]]
    lines.append(f"{f'{len(parts[_SHOWN:])} others':<32}{sum(size for _, size in parts[_SHOWN:]):>12.1f}")
    before, after = figures["pss_mib"]
    lines.append(f"{'together':<32}{after:>12.1f}  (before: {before:.1f})")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="starts (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of running, for memory (default %(default)s)")
    parser.add_argument("arguments", nargs="*", help="of the head, after --, e.g. -- --ros-args -p images:=false")
    args = parser.parse_args()
    if args.runs < 1 or args.seconds < 0:
        parser.error(f"--runs is at least 1 and --seconds at least 0; given are {args.runs} and {args.seconds}")
    print(report(measure(args.runs, args.seconds, args.arguments)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
