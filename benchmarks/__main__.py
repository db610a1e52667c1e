"""Measures everything on this machine: python -m benchmarks (or make bench)."""

import argparse
import json
from pathlib import Path

from dystream_ros.cli import bench, measuring

PARTS = ("engine", "sessions", "rendering", "start", "live")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the live run (default %(default)s)")
    parser.add_argument(
        "--output", type=Path, default=Path("benchmarks/results.json"), help="JSON of the figures (default %(default)s)"
    )
    args = parser.parse_args()
    unknown = set(args.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {', '.join(sorted(unknown))}; accepted are {', '.join(PARTS)}")
    results = json.loads(args.output.read_text()) if args.output.exists() else {}
    for part in args.parts:
        results[part] = {"machine": measuring.describe_machine()} | _measure(part, args.minutes)
        args.output.write_text(json.dumps(results, indent=2) + "\n")
        print(f"{part}: {json.dumps(results[part], indent=2)}")
    print(f"wrote {args.output}")
    return 0


def _measure(part: str, minutes: float) -> dict[str, object]:
    if part == "engine":
        return bench.measure_engine("compact", seconds=40.0)
    if part == "sessions":
        from benchmarks import sessions  # imports ONNX Runtime

        return sessions.measure()
    if part == "rendering":
        sizes = {size: bench.measure_rendering("astronaut", size, seconds=20.0) for size in (512, 256)}
        return {f"{size}x{size}": figures for size, figures in sizes.items()}
    # Here and not above: the other parts need no ROS.
    from benchmarks import live, start

    return start.measure() if part == "start" else live.measure(minutes)


if __name__ == "__main__":
    raise SystemExit(main())
