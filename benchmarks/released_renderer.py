"""Picture of the published model: the folded renderer against the plain module, in the same run.

Full size, 512 x 512, random weights; the runs alternate frame by frame.
"""

import torch

from benchmarks import released_report
from benchmarks.released_report import SPEED, Timings, speed
from dystream_ros.models.released.fast.folded_renderer import FoldedRenderer
from dystream_ros.models.released.networks.autoencoder import Autoencoder

PLAIN = "plain module, float32"
BARS = {"folded, channels last, decoder in bfloat16": "1.5"}


def measure(frames: int, threads: int) -> dict[str, object]:
    """Medians of wall and processor time per frame, ratios to the plain module, and differences of the pictures."""
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    plain, timings = Autoencoder().eval().requires_grad_(False), Timings()
    runs = {
        PLAIN: plain,
        "folded, channels last, float32": FoldedRenderer(plain, torch.float32),
        "folded, channels last, decoder in bfloat16": FoldedRenderer(plain, torch.bfloat16),
    }
    volume = torch.randn(1, 32, 16, 64, 64)
    source, apart = torch.randn(1, 512), {name: [] for name in runs}
    with torch.inference_mode():
        for frame in range(frames + 1):
            target, pictures = torch.randn(1, 512), {}
            for name, run in runs.items():
                pictures[name] = timings.timed(
                    name, lambda run=run, target=target: run(volume, source, target), recorded=frame > 0
                )
                difference = (pictures[name] - pictures[PLAIN]).abs()
                apart[name].append((difference.max().item(), difference.mean().item()))
    rows = timings.rows(PLAIN)
    for name, row in rows.items():
        row["max_abs_difference"], row["mean_abs_difference"] = (max(part) for part in zip(*apart[name]))
    return {"threads": threads, "frames": frames, "rows": rows}


def table(result: dict) -> list[str]:
    """Lines of the table."""
    lines = [f"| picture 512 x 512 | {SPEED} | bar | max / mean difference (-1 to 1) |", "|" + 7 * "---|"]
    for name, row in result["rows"].items():
        apart = f"{row['max_abs_difference']:.1e} / {row['mean_abs_difference']:.1e}"
        lines.append(f"| {name} | {speed(row)} | {BARS.get(name, '')} | {apart} |")
    return lines


if __name__ == "__main__":
    raise SystemExit(released_report.main("renderer", __doc__, measure, table, frames=3))
