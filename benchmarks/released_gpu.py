"""The published model on a GPU: ms per frame of motion and picture, heads at 25 frames per second, memory.

Full size, random weights, one captured graph each for a step and a picture. Without a GPU the memory is calculated from
the sizes of the tensors, and the table says that nothing was measured.
"""

import time
from collections.abc import Callable

import numpy as np
import torch

from benchmarks import released_report
from benchmarks.released_report import median
from dystream_ros.face.motion import MotionFrame
from dystream_ros.models.released.files.portrait import PortraitCodes
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.models.released.networks.configuration import HOP
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.released.streaming.model import ReleasedModel, StreamConfig
from dystream_ros.models.released.streaming.renderer import ReleasedRenderer
from dystream_ros.models.released.streaming.session import ReleasedSessionBatch
from dystream_ros.models.state import map_state

HEADS = (1, 2, 4, 8, 16, 32)
FRAME_MS, BAR_MS = 40.0, 10.0
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def spent(call: Callable[[], object], frames: int) -> dict[str, float]:
    """Median and 99th percentile of wall ms per synchronised call, and the number of GPU allocations in all calls."""
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


def mebibytes(holder: torch.nn.Module | tuple) -> float:
    """Memory of the tensors of a module or of a nested tuple."""
    tensors = []
    if isinstance(holder, torch.nn.Module):
        tensors += [*holder.parameters(), *holder.buffers()]
    else:
        map_state(tensors.append, holder)
    return sum(tensor.nbytes for tensor in tensors) / 2**20


def measure(frames: int, threads: int) -> dict[str, object]:
    """Memory by precision; on a GPU also times and heads."""
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    device = "cuda" if torch.cuda.is_available() else "meta"  # tensors with sizes but without memory
    generator = MotionGenerator().eval().requires_grad_(False)
    autoencoder = Autoencoder().eval().requires_grad_(False)
    portrait = PortraitCodes(torch.randn(512), torch.randn(32, 16, 64, 64))
    rows = {}
    for name, dtype in PRECISIONS.items():
        model = ReleasedModel(generator, StreamConfig(dtype=dtype, silence_gate=False), portrait.code, device=device)
        renderer = ReleasedRenderer(autoencoder, portrait, dtype=dtype, device=device)
        rows[name] = {
            "weights_of_motion_mib": mebibytes(model.stream),
            "state_of_a_head_mib": mebibytes(model.initial(model.anchor, 1)),
            "renderer_mib": mebibytes(renderer.network) + portrait.volume.nbytes / 2**20,
        }
        if device == "cuda":
            rows[name] |= _on_gpu(model, renderer, frames)
        del model, renderer
    gpu = torch.cuda.get_device_name() if device == "cuda" else None
    return {"gpu": gpu, "frames": frames, "threads": threads, "rows": rows}


def _on_gpu(model: ReleasedModel, renderer: ReleasedRenderer, frames: int) -> dict[str, object]:
    """Times of a picture and of steps of 1 to 32 heads; GPU memory with one head, and its peak."""
    latent = np.random.default_rng(0).standard_normal(512).astype(np.float32)
    motion = MotionFrame(0, np.zeros(52, np.float32), np.zeros(6, np.float32), latent=latent)
    row = {"picture": spent(lambda: renderer.render(motion), frames)}
    for heads in HEADS:
        batch = ReleasedSessionBatch(model, list(range(heads)))
        if heads == 1:
            row["loaded_mib"] = torch.cuda.memory_allocated() / 2**20
            row["reserved_mib"] = torch.cuda.memory_reserved() / 2**20
        hop = 0.1 * np.random.default_rng(0).standard_normal((heads, HOP)).astype(np.float32)
        row[f"motion_{heads}"] = spent(lambda batch=batch, hop=hop: batch.step(hop, hop), frames)
        row[f"frame_{heads}_ms"] = row[f"motion_{heads}"]["median_ms"] + heads * row["picture"]["median_ms"]
        del batch
    row["heads_at_25_fps"] = max((heads for heads in HEADS if row[f"frame_{heads}_ms"] <= FRAME_MS), default=0)
    row["peak_mib"] = torch.cuda.max_memory_allocated() / 2**20
    return row


def table(result: dict) -> list[str]:
    """Lines of the table."""
    rows = result["rows"]
    lines = ["| on a GPU | " + " | ".join(rows) + " |", "|---|---|---|"]

    def line(what: str, cell: Callable[[dict], str]) -> None:
        lines.append(f"| {what} | " + " | ".join(cell(row) for row in rows.values()) + " |")

    line("weights of motion, both encoders, MiB", lambda row: f"{row['weights_of_motion_mib']:.0f}")
    line("state of one head, MiB", lambda row: f"{row['state_of_a_head_mib']:.1f}")
    line("renderer and a portrait, MiB", lambda row: f"{row['renderer_mib']:.0f}")
    for what, cell in (
        (f"motion and picture of one head, ms (bar {BAR_MS:.0f}; 99 %)", _one_head),
        ("heads at 25 frames per second", lambda row: str(row["heads_at_25_fps"])),
        ("loaded with one head, reserved, at most, MiB", _memory),
        ("allocations in the steady state", lambda row: str(row["motion_1"]["allocations"])),
    ):
        line(what, cell if result["gpu"] else lambda row: "not measured")
    return lines


def _one_head(row: dict) -> str:
    return f"{row['frame_1_ms']:.1f} ({row['motion_1']['p99_ms'] + row['picture']['p99_ms']:.1f})"


def _memory(row: dict) -> str:
    return ", ".join(f"{row[name]:.0f}" for name in ("loaded_mib", "reserved_mib", "peak_mib"))


if __name__ == "__main__":
    raise SystemExit(released_report.main("gpu", __doc__, measure, table, frames=200))
