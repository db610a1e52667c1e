"""Audio encoder of the published model, one party: streaming, against encoding the whole window in each frame.

Full size, random weights; the runs alternate frame by frame.
"""

import torch

from benchmarks import released_report
from benchmarks.released_report import SPEED, Timings, speed
from dystream_ros.models.released.fast.dense import pack
from dystream_ros.models.released.networks.configuration import FEATURE_HOP, HOP, EncoderConfig
from dystream_ros.models.released.networks.wav2vec2 import Wav2Vec2Encoder, encode_utterance
from dystream_ros.models.released.streaming.student import StudentEncoder
from dystream_ros.models.released.streaming.window_encoder import WindowEncoder

WHOLE = "whole window, float32"
BARS = {"streaming, float32": "0.6"}
WINDOW = 192  # features of 20 ms


def measure(frames: int, threads: int) -> dict[str, object]:
    """Medians of wall and processor time per frame, and ratios to those of encoding the whole window."""
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    encoder, timings = Wav2Vec2Encoder(EncoderConfig()).eval().requires_grad_(False), Timings()
    runs = {
        "streaming, float32": WindowEncoder(encoder, window=WINDOW),
        "streaming, bfloat16": WindowEncoder(encoder, window=WINDOW, dtype=torch.bfloat16),
        "student, float32": StudentEncoder(encoder, span=WINDOW),
    }
    for run in runs.values():
        pack(run)
    window = 0.1 * torch.randn(1, WINDOW * FEATURE_HOP)
    voiced = torch.ones(1)
    with torch.inference_mode():
        states = {name: run.initial(1) for name, run in runs.items()}
        for frame in range(frames + 1):
            samples = 0.1 * torch.randn(1, HOP)
            window = torch.cat((window[:, HOP:], samples), 1)

            def step(name: str, samples: torch.Tensor = samples) -> torch.Tensor:
                states[name] = runs[name].advance(states[name], samples, voiced)
                return runs[name].read(states[name])

            timings.timed(WHOLE, lambda window=window: encode_utterance(encoder, window), recorded=frame > 0)
            for name in runs:
                timings.timed(name, lambda name=name, step=step: step(name), recorded=frame > 0)
    return {"threads": threads, "frames": frames, "window_features": WINDOW, "rows": timings.rows(WHOLE)}


def table(result: dict) -> list[str]:
    """Lines of the table."""
    lines = [
        f"| audio encoder, one party | {SPEED} | share of whole, wall | processor | bar |",
        "|" + 8 * "---|",
    ]
    for name, row in result["rows"].items():
        shares = f"{1 / row['times_faster_wall']:.2f} | {1 / row['times_faster_cpu']:.2f}"
        lines.append(f"| {name} | {speed(row)} | {shares} | {BARS.get(name, '')} |")
    return lines


if __name__ == "__main__":
    raise SystemExit(released_report.main("encoder", __doc__, measure, table, frames=15))
