"""The published model on a GPU: ms a frame of motion and picture, heads at 25 frames a second, memory.

python -m benchmarks.released_gpu [--frames 200] [--output FILE]

Full size, random weights, one captured graph a step and a picture. Says so and measures nothing where there is no GPU.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.released_motion import median
from dystream_ros.cli import _machine
from dystream_ros.models.released.autoencoder import Autoencoder
from dystream_ros.models.released.configuration import HOP
from dystream_ros.models.released.generator import MotionGenerator
from dystream_ros.models.released.model import ReleasedModel, StreamConfig
from dystream_ros.models.released.portrait import PortraitCodes
from dystream_ros.models.released.renderer import ReleasedRenderer
from dystream_ros.models.released.session import ReleasedSessionBatch

HEADS = (1, 2, 4, 8, 16, 32)
FRAME_MS = 40.0


def spent(call: Callable[[], object], frames: int) -> dict[str, float]:
    """Median and 99th percentile of wall ms a call, each call waited for, and GPU allocations while they ran."""
    for _ in range(10):
        call()
    torch.cuda.synchronize()
    before = torch.cuda.memory_stats()["allocation.all.allocated"]
    times = []
    for _ in range(frames):
        begin = time.perf_counter()
        call()
        torch.cuda.synchronize()
        times.append(1e3 * (time.perf_counter() - begin))
    allocations = torch.cuda.memory_stats()["allocation.all.allocated"] - before
    return {"median_ms": median(times), "p99_ms": float(np.percentile(times, 99)), "allocations": allocations}


def measure(frames: int) -> dict[str, object]:
    """Times, heads and memory by precision."""
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    generator = MotionGenerator().eval().requires_grad_(False)
    autoencoder = Autoencoder().eval().requires_grad_(False)
    portrait = PortraitCodes(torch.randn(512), torch.randn(32, 16, 64, 64))
    values, pose = np.zeros(52, np.float32), np.zeros(6, np.float32)
    result = {}
    for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        torch.cuda.empty_cache()
        config = StreamConfig(dtype=dtype, silence_gate=False)
        model = ReleasedModel(generator, config, portrait.code, device="cuda")
        loaded = torch.cuda.memory_allocated() / 2**20
        renderer = ReleasedRenderer(autoencoder, portrait, dtype=dtype, device="cuda")
        row = {"motion_mib": loaded, "with_renderer_mib": torch.cuda.memory_allocated() / 2**20}
        latent = np.random.default_rng(0).standard_normal(512).astype(np.float32)
        row["picture"] = spent(lambda draw=renderer, latent=latent: draw.render(values, pose, latent), frames)
        for heads in HEADS:
            batch = ReleasedSessionBatch(model, list(range(heads)))
            hop = 0.1 * np.random.default_rng(0).standard_normal((heads, HOP)).astype(np.float32)
            row[f"motion_{heads}"] = spent(lambda batch=batch, hop=hop: batch.step(hop, hop), frames)
            row[f"frame_{heads}_ms"] = row[f"motion_{heads}"]["median_ms"] + heads * row["picture"]["median_ms"]
            del batch
        row["heads_at_25_fps"] = max((heads for heads in HEADS if row[f"frame_{heads}_ms"] <= FRAME_MS), default=0)
        row["peak_mib"] = torch.cuda.max_memory_allocated() / 2**20
        result[name] = row
        del model, renderer
    return result


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.released_gpu", description=__doc__)
    parser.add_argument("--frames", type=int, default=200, help="frames to measure (default %(default)s)")
    parser.add_argument("--output", type=Path, help="JSON of the figures")
    args = parser.parse_args()
    if not torch.cuda.is_available():
        print("no GPU at hand: nothing was measured")
        return 0
    result = {"machine": _machine.describe(), "gpu": torch.cuda.get_device_name()} | measure(args.frames)
    text = json.dumps(result, indent=2)
    print(text)
    if args.output:
        args.output.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
