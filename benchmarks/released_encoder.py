"""Audio encoder of the published model, one party: ms a frame of the streaming one beside encoding its window afresh.

python -m benchmarks.released_encoder [--frames 9] [--threads 1] [--output FILE]
"""

import argparse
import json
from pathlib import Path

import torch

from benchmarks.released_motion import median, timed
from dystream_ros.cli import _machine
from dystream_ros.models.released.configuration import FEATURE_HOP, HOP, EncoderConfig
from dystream_ros.models.released.student import StudentEncoder
from dystream_ros.models.released.wav2vec2 import Wav2Vec2Encoder, encode_utterance
from dystream_ros.models.released.window_encoder import WindowEncoder


def measure(frames: int, threads: int) -> dict[str, object]:
    """Medians of wall and processor time a frame, and shares of the fresh encoding's."""
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    encoder = Wav2Vec2Encoder(EncoderConfig()).eval().requires_grad_(False)
    runs = {
        "streaming float32": WindowEncoder(encoder),
        "streaming bfloat16": WindowEncoder(encoder, dtype=torch.bfloat16),
        "student float32": StudentEncoder(encoder),
    }
    window = 0.1 * torch.randn(1, 192 * FEATURE_HOP)
    voiced = torch.ones(1)
    times = {name: ([], []) for name in ("fresh float32", *runs)}
    with torch.inference_mode():
        states = {name: run.initial(1) for name, run in runs.items()}
        for frame in range(frames + 1):
            samples = 0.1 * torch.randn(1, HOP)
            window = torch.cat((window[:, HOP:], samples), 1)

            def step(name: str, samples: torch.Tensor = samples) -> torch.Tensor:
                states[name] = runs[name].advance(states[name], samples, voiced)
                return runs[name].read(states[name])

            for name, (wall, cpu) in times.items():
                fresh = name.startswith("fresh")
                _, *spent = timed(
                    lambda name=name, fresh=fresh, window=window: (
                        encode_utterance(encoder, window) if fresh else step(name)
                    )
                )
                if frame:  # the first one warms up
                    wall.append(spent[0])
                    cpu.append(spent[1])
    rows = {name: {"wall_ms": median(wall), "cpu_ms": median(cpu)} for name, (wall, cpu) in times.items()}
    for row in rows.values():
        row["share_of_fresh_wall"] = row["wall_ms"] / rows["fresh float32"]["wall_ms"]
        row["share_of_fresh_cpu"] = row["cpu_ms"] / rows["fresh float32"]["cpu_ms"]
    return {"threads": threads, "frames": frames, "window_features": 192, "rows": rows}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.released_encoder", description=__doc__)
    parser.add_argument("--frames", type=int, default=9, help="frames to measure (default %(default)s)")
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
