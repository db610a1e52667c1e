"""Compares this checkout with an earlier commit: python -m benchmarks.compare (after `source scripts/env.sh`).

Both run in turns on this machine: earlier, present, present, earlier, and so on. A ratio then shows the code and not
the hour. The earlier code is checked out into a temporary folder and uses this checkout's packages and messages.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dystream_ros.cli import measuring

ROOT = Path(__file__).resolve().parents[1]
# Before ONNX Runtime, the thread of the images and the cheaper renderer.
BASE = "c6ceff4"
PARTS = ("engine", "rendering", "live")
# Figures that are compared: name, place in the result of a run.
FIGURES: dict[str, dict[str, tuple[str, ...]]] = {
    "engine": {"engine step, p50, ms": ("step_ms", "p50"), "engine step, p95, ms": ("step_ms", "p95")},
    "rendering": {"image 512x512, p50, ms": ("image_ms", "p50"), "image 512x512, p95, ms": ("image_ms", "p95")},
    "live": {
        "head, share of one core": ("head_share_of_one_core",),
        "process start to first motion, s": ("start_to_first_motion_s",),
        "memory of the head (PSS), MiB": ("head_pss_mib", "last"),
        "processing to motion, p50, ms": ("processing_to_motion_ms", "p50"),
        "processing to motion, p95, ms": ("processing_to_motion_ms", "p95"),
        "processing to image elsewhere, p50, ms": ("processing_to_image_elsewhere_ms", "p50"),
        "processing to image elsewhere, p95, ms": ("processing_to_image_elsewhere_ms", "p95"),
        "images lost, %": ("images_lost_percent",),
    },
}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", default=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--base", default=BASE, metavar="COMMIT", help="the earlier commit (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each commit (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of a run that computes (default %(default)s)")
    parser.add_argument("--minutes", type=float, default=1.0, help="of a live run (default %(default)s)")
    parser.add_argument(
        "--output", type=Path, default=Path("benchmarks/comparison.json"), help="JSON (default %(default)s)"
    )
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"unknown part {', '.join(sorted(unknown))}; accepted are {', '.join(PARTS)}")
    if args.rounds < 1:
        parser.error(f"--rounds is {args.rounds}; accepted are 1 and more")
    results = json.loads(args.output.read_text()) if args.output.exists() else {}
    with earlier_checkout(args.base) as earlier:
        for part in args.parts:
            results[part] = {"machine": measuring.describe_machine(), "base": args.base}
            results[part] |= _in_turns(part, {"earlier": earlier, "present": ROOT}, args)
            args.output.write_text(json.dumps(results, indent=2) + "\n")
    for part in args.parts:
        print(table(results[part]["figures"]))
    print(f"wrote {args.output}")
    return 0


@contextmanager
def earlier_checkout(commit: str) -> Iterator[Path]:
    """A temporary checkout of a commit. Raises RuntimeError if the repository lacks it."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "earlier"
        made = subprocess.run(
            ["git", "-C", str(ROOT), "worktree", "add", "--detach", str(tree), commit], capture_output=True, text=True
        )
        if made.returncode:
            raise RuntimeError(
                f"commit {commit} cannot be checked out (a shallow clone lacks it): {made.stderr.strip()}"
            )
        try:
            yield tree
        finally:
            subprocess.run(["git", "-C", str(ROOT), "worktree", "remove", "--force", str(tree)], check=True)


def _in_turns(part: str, trees: dict[str, Path], args: argparse.Namespace) -> dict[str, Any]:
    runs: dict[str, list[dict]] = {name: [] for name in trees}
    for number in range(args.rounds):
        for name in list(trees)[:: 1 if number % 2 == 0 else -1]:
            print(f"{part}, run {number + 1} of {args.rounds}: {name}", file=sys.stderr, flush=True)
            runs[name].append(_measured(part, trees[name], args))
    figures = {
        label: {name: [_at(run, place) for run in made] for name, made in runs.items()}
        for label, place in FIGURES[part].items()
    }
    return {"figures": figures, "runs": runs}


def _measured(part: str, tree: Path, args: argparse.Namespace) -> dict:
    """One run of a part with the code of a checkout."""
    if part == "live":
        from benchmarks import live  # here and not above: the other parts need no ROS

        return live.measure(args.minutes, None if tree == ROOT else tree)
    call = {"engine": f"engine('compact', {args.seconds})", "rendering": f"rendering('astronaut', 512, {args.seconds})"}
    code = f"import json; from dystream_ros.cli import bench; print(json.dumps(bench.measure_{call[part]}))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tree), os.environ.get("PYTHONPATH", "")])}
    ran = subprocess.run([sys.executable, "-c", code], cwd=tree, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(ran.stdout.splitlines()[-1])


def _at(run: dict, place: tuple[str, ...]) -> float:
    for key in place:
        run = run[key]
    return float(run)  # type: ignore[arg-type]  # the last key leads to a number


def table(figures: dict[str, dict[str, list[float]]]) -> str:
    """Medians of the runs of each commit, and their ratio, as Markdown."""
    lines = ["| figure | earlier | present | ratio |", "|---|---|---|---|"]
    for label, runs in figures.items():
        earlier, present = (statistics.median(runs[name]) for name in ("earlier", "present"))
        ratio = f"{present / earlier:.2f}" if earlier else "-"
        lines.append(f"| {label} | {earlier:.3g} | {present:.3g} | {ratio} |")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
