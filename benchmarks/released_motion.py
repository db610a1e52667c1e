"""Motion of the published model: ms a frame of the folded stepper beside the naive loop, in the same run.

python -m benchmarks.released_motion [--frames 5] [--threads 1] [--output FILE]

Full size, random weights. The runs take turns frame by frame, so that what else the machine does hits all of them. The
offline encoder's cost is spread over the clip's frames; the live model's encoders are measured by `released_encoder`.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.released_naive import NaiveLoop
from dystream_ros.cli import _machine
from dystream_ros.models.released.configuration import HOP
from dystream_ros.models.released.generator import MotionGenerator
from dystream_ros.models.released.offline import encode_conversation
from dystream_ros.models.released.stepper import MotionStepper

CLIP = 50  # frames of the clip that is encoded once, 2 s: the shorter, the more encoding a frame carries


def timed(call: Callable[[], torch.Tensor]) -> tuple[torch.Tensor, float, float]:
    """Result, wall ms and processor ms of a call."""
    wall, processor = time.perf_counter(), time.process_time()
    result = call()
    return result, 1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - processor)


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


class Stepped:
    """The folded stepper over known features."""

    def __init__(self, generator: MotionGenerator, features, anchor: torch.Tensor, dtype: torch.dtype) -> None:
        self.stepper = MotionStepper(generator, dtype=dtype)
        self.features, self.history = features, generator.config.history
        self.state = self.stepper.start(anchor[None], *(part[:, : self.history] for part in features))
        self.frame = 0

    @torch.inference_mode()
    def step(self, noise: torch.Tensor) -> torch.Tensor:
        newest = [part[:, self.history + self.frame] for part in self.features]
        motion, state = self.stepper.step(self.state, *newest, noise[None])
        self.state = self.stepper.remember(state, motion)
        self.frame += 1
        return motion[0]


def measure(frames: int, threads: int) -> dict[str, object]:
    """Medians of wall and processor time a frame, ratios to the naive loop, and how far the outputs are apart."""
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    generator = MotionGenerator().eval().requires_grad_(False)
    config = generator.config
    audio = tuple(0.1 * torch.randn(HOP * CLIP) for _ in range(2))
    anchor, noise = torch.randn(config.motion), torch.randn(frames + 1, config.motion)
    with torch.inference_mode():
        features, encode_wall, encode_cpu = timed(lambda: encode_conversation(generator, *audio))
    padded = tuple(torch.cat((torch.zeros(HOP * config.history), track)) for track in audio)
    runs = {
        "naive float32": NaiveLoop(generator, padded, features, anchor),
        "folded float32": Stepped(generator, features, anchor, torch.float32),
        "folded bfloat16": Stepped(generator, features, anchor, torch.bfloat16),
    }
    motions = {name: [] for name in runs}
    walls = {name: [] for name in runs}
    cpus = {name: [] for name in runs}
    for frame in range(frames + 1):
        for name, run in runs.items():
            motion, wall, cpu = timed(lambda run=run, frame=frame: run.step(noise[frame]))
            motions[name].append(motion)
            if frame:  # the first one warms up
                walls[name].append(wall)
                cpus[name].append(cpu)
    spread = CLIP + config.history
    naive = torch.stack(motions["naive float32"])
    rows = {}
    for name in runs:
        # The naive loop encodes the clip once as well, before it encodes the window again each frame.
        wall, cpu = median(walls[name]) + encode_wall / spread, median(cpus[name]) + encode_cpu / spread
        difference = (torch.stack(motions[name]) - naive).abs().max().item()
        rows[name] = {"wall_ms": wall, "cpu_ms": cpu, "max_abs_difference": difference}
    for row in rows.values():
        row["times_faster_wall"] = rows["naive float32"]["wall_ms"] / row["wall_ms"]
        row["times_faster_cpu"] = rows["naive float32"]["cpu_ms"] / row["cpu_ms"]
    return {"threads": threads, "frames": frames, "motion_rms": naive.square().mean().sqrt().item(), "rows": rows}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.released_motion", description=__doc__)
    parser.add_argument("--frames", type=int, default=5, help="frames to measure (default %(default)s)")
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
