"""Picture of the published model: ms a frame of the folded renderer beside the plain module, in the same run.

python -m benchmarks.released_renderer [--frames 3] [--threads 1] [--output FILE]

Full size, 512 x 512, random weights; the runs take turns frame by frame.
"""

import argparse
import json
from pathlib import Path

import torch

from benchmarks.released_motion import median, timed
from dystream_ros.cli import _machine
from dystream_ros.models.released.autoencoder import Autoencoder
from dystream_ros.models.released.folded_renderer import FoldedRenderer


def measure(frames: int, threads: int) -> dict[str, object]:
    """Medians of wall and processor time a frame, ratios to the plain module, and how far the pictures are apart."""
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    plain = Autoencoder().eval().requires_grad_(False)
    runs = {
        "plain float32": plain,
        "folded float32": FoldedRenderer(plain, torch.float32),
        "folded bfloat16": FoldedRenderer(plain, torch.bfloat16),
    }
    volume = torch.randn(1, 32, 16, 64, 64)
    source, walls, cpus, apart = torch.randn(1, 512), {}, {}, {}
    with torch.inference_mode():
        for frame in range(frames + 1):
            target, pictures = torch.randn(1, 512), {}
            for name, run in runs.items():
                pictures[name], wall, cpu = timed(lambda run=run, target=target: run(volume, source, target))
                if frame:  # the first one warms up
                    walls.setdefault(name, []).append(wall)
                    cpus.setdefault(name, []).append(cpu)
                difference = (pictures[name] - pictures["plain float32"]).abs()
                apart.setdefault(name, []).append((difference.max().item(), difference.mean().item()))
    rows = {
        name: {
            "wall_ms": median(walls[name]),
            "cpu_ms": median(cpus[name]),
            "max_abs_difference": max(largest for largest, _ in apart[name]),
            "mean_abs_difference": max(mean for _, mean in apart[name]),
        }
        for name in runs
    }
    for row in rows.values():
        row["times_faster_wall"] = rows["plain float32"]["wall_ms"] / row["wall_ms"]
        row["times_faster_cpu"] = rows["plain float32"]["cpu_ms"] / row["cpu_ms"]
    return {"threads": threads, "frames": frames, "rows": rows}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.released_renderer", description=__doc__)
    parser.add_argument("--frames", type=int, default=3, help="frames to measure (default %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default %(default)s)")
    parser.add_argument("--output", type=Path, help="JSON of the figures")
    args = parser.parse_args()
    result = {"machine": _machine.describe()} | measure(args.frames, args.threads)
    text = json.dumps(result, indent=2)
    print(text)
    if args.output:
        args.output.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
