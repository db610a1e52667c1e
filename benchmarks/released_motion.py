"""Motion of the published model: the folded stepper against the naive loop, in the same run.

Full size, random weights. The runs alternate frame by frame, so that other load affects all of them. The offline
encoder's cost is divided by the clip's frames; `released_encoder` measures the live model's encoders.
"""

import torch

from benchmarks import released_report
from benchmarks.released_naive import NaiveLoop
from benchmarks.released_report import SPEED, Timings, speed
from dystream_ros.models.released.fast.dense import pack
from dystream_ros.models.released.networks.configuration import HOP
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.released.streaming.offline import encode_conversation
from dystream_ros.models.released.streaming.stepper import MotionStepper

CLIP = 50  # frames of the clip that is encoded once, 2 s; a shorter clip has a larger share of encoding per frame
NAIVE = "published schedule, plain, float32"
BARS = {"folded, float32": "2.2", "folded, bfloat16": "4"}


class Stepped:
    """The folded stepper over known features."""

    def __init__(self, generator: MotionGenerator, features, anchor: torch.Tensor, dtype: torch.dtype) -> None:
        self.stepper = MotionStepper(generator, dtype=dtype)
        pack(self.stepper)
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
    """Medians of wall and processor time per frame, ratios to the naive loop, and differences of the outputs."""
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    generator = MotionGenerator().eval().requires_grad_(False)
    config, timings = generator.config, Timings()
    audio = tuple(0.1 * torch.randn(HOP * CLIP) for _ in range(2))
    anchor, noise = torch.randn(config.motion), torch.randn(frames + 1, config.motion)
    with torch.inference_mode():
        features = timings.timed("encode", lambda: encode_conversation(generator, *audio))
    padded = tuple(torch.cat((torch.zeros(HOP * config.history), track)) for track in audio)
    runs = {
        NAIVE: NaiveLoop(generator, padded, features, anchor),
        "folded, float32": Stepped(generator, features, anchor, torch.float32),
        "folded, bfloat16": Stepped(generator, features, anchor, torch.bfloat16),
    }
    motions = {name: [] for name in runs}
    for frame in range(frames + 1):
        for name, run in runs.items():
            motion = timings.timed(name, lambda run=run, frame=frame: run.step(noise[frame]), recorded=frame > 0)
            motions[name].append(motion)
    # The naive loop also encodes the clip once, besides the window in each frame.
    rows = timings.rows(NAIVE, once={"encode": CLIP + config.history})
    naive = torch.stack(motions[NAIVE])
    for name, row in rows.items():
        row["max_abs_difference"] = (torch.stack(motions[name]) - naive).abs().max().item()
    return {"threads": threads, "frames": frames, "motion_rms": naive.square().mean().sqrt().item(), "rows": rows}


def table(result: dict) -> list[str]:
    """Lines of the table."""
    lines = [f"| motion, offline encoder | {SPEED} | bar | max difference (rms {result['motion_rms']:.2f}) |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for name, row in result["rows"].items():
        lines.append(f"| {name} | {speed(row)} | {BARS.get(name, '')} | {row['max_abs_difference']:.1e} |")
    return lines


if __name__ == "__main__":
    raise SystemExit(released_report.main("motion", __doc__, measure, table, frames=7))
