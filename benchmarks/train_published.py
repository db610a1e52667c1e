"""Steps of the training of the published generator on this machine, and the memory that a GPU needs for it.

    python -m benchmarks.train_published                      three steps of the published sizes, one clip each
    python -m benchmarks.train_published --preset small --batch 12

Audio and motion are random: times and memory do not depend on them. Memory of a GPU is reckoned: weights, gradients,
both moments of AdamW and the moving average in float32; the weights that autocast keeps in bfloat16; and, for each
clip, the tensors that the backward pass needs, as counted here in a forward pass with the same precision. Operations
are those of the products in forward and backward pass, counted in the first step.
"""

import argparse
import dataclasses
import json
import resource
import time
from contextlib import nullcontext
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.saved_tensors import saved_bytes
from dystream_lab.published.batches import Batch
from dystream_lab.published.config import PRESETS, Preset
from dystream_lab.published.objective import PublishedLoss
from dystream_lab.published.trainer import PublishedTrainer
from dystream_ros.cli import measuring
from dystream_ros.models.released.networks.configuration import FEATURE_HOP, HOP

_GB = 1e9
_STATE_BYTES = 4 * 5  # weight, gradient, two moments, average, of each parameter
_COPY_BYTES = 2  # of each parameter, in bfloat16
_BATCHES = (8, 16, 32, 64)


def random_batch(preset: Preset, clips: int) -> Batch:
    """Noise for both parties, who always speak, random motion and no phones."""
    config, draws = preset.training, torch.Generator().manual_seed(0)
    samples = HOP * config.frames + config.lookahead
    own, other = 0.05 * torch.randn(2, clips, samples, generator=draws)
    voiced = torch.ones(clips, samples // FEATURE_HOP)
    motion = torch.randn(clips, config.frames, preset.network.motion, generator=draws)
    phones = torch.zeros(clips, config.frames, dtype=torch.int64)
    return Batch(own, other, voiced, voiced, motion, phones)


def clip_bytes(loss: PublishedLoss, batch: Batch, bfloat16: bool) -> int:
    """Bytes of the tensors that the backward pass of one forward pass needs, without the weights themselves."""

    def total() -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            return loss(batch)["total"]

    copies = sum(2 * parameter.numel() for parameter in loss.parameters()) if bfloat16 else 0
    # Autocast's copies of the weights are saved too, and counted apart.
    return max(0, saved_bytes(total, loss.parameters()) - copies)


def measure(preset: Preset, steps: int) -> dict[str, object]:
    """Seconds and losses of the steps, and the memory."""
    torch.manual_seed(0)
    torch.set_num_threads(preset.training.threads)
    trainer = PublishedTrainer(preset)
    parameters = sum(parameter.numel() for parameter in trainer.model.parameters())
    clips = preset.training.batch
    batch = random_batch(preset, clips)
    loss = PublishedLoss(trainer.model, trainer.objective, preset.training)
    each = clip_bytes(loss, batch, preset.training.bfloat16) / clips
    done, flops = [], FlopCounterMode(display=False)
    for number in range(steps):
        wall, processor = time.monotonic(), time.process_time()
        with nullcontext() if number else flops:
            losses = trainer.descend(batch)
        done.append(
            {
                "wall_s": round(time.monotonic() - wall, 2),
                "processor_s": round(time.process_time() - processor, 2),
                "flow": round(losses["flow"], 4),
            }
        )
    constant = parameters * (_STATE_BYTES + _COPY_BYTES)
    return {
        "parameters": parameters,
        "clips_per_step": clips,
        "steps": done,
        "tflop_per_clip": round(flops.get_total_flops() / clips / 1e12, 4),
        "peak_resident_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _GB, 2),
        "reckoned_gb": {
            "weights, gradients, moments, average, copies": round(constant / _GB, 2),
            "each clip": round(each / _GB, 3),
            **{f"batch {number}": round((constant + number * each) / _GB, 1) for number in _BATCHES},
        },
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.train_published",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--preset", choices=tuple(PRESETS), default="published", help="sizes (default %(default)s)")
    parser.add_argument("--batch", type=int, default=1, help="clips of a step (default %(default)s)")
    parser.add_argument("--steps", type=int, default=3, help="number of steps (default %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default %(default)s)")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("benchmarks/train_published.json"),
        help="JSON of the figures by preset (default %(default)s)",
    )
    args = parser.parse_args()
    if args.batch < 1 or args.steps < 1:
        parser.error(f"--batch is {args.batch} and --steps {args.steps}; accepted are 1 and more")
    preset = PRESETS[args.preset]
    if args.preset != "published":
        preset = preset.with_motion(58)
    training = dataclasses.replace(
        preset.training, batch=args.batch, threads=args.threads, device="cpu", encoder_steps=0
    )  # fmt: skip
    figures = measure(dataclasses.replace(preset, training=training), args.steps)
    results = json.loads(args.output.read_text()) if args.output.exists() else {}
    results[args.preset] = {"machine": measuring.describe_machine()} | figures
    args.output.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results[args.preset], indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
