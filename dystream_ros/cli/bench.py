"""dystream bench: how fast the engine and the renderer are on this machine."""

import argparse
import json
import time
from pathlib import Path

EXAMPLES = """examples:
  dystream bench
  dystream bench --portrait me.face --size 720 --seconds 60 --json bench.json
"""


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Declares the command."""
    parser = subparsers.add_parser(
        "bench",
        help="speed of the engine and the renderer on this machine",
        description="Time of an engine step (audio of both parties to motion) and of an image, each on its own. What "
        "the whole head does in real time is measured by `make bench` in the source tree.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", default="compact", help="name or .safetensors file (default %(default)s)")
    parser.add_argument("--portrait", default="astronaut", help="name or .face file (default %(default)s)")
    parser.add_argument("--size", type=int, default=512, help="width and height of an image (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each part (default %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_ros.cli import _machine

    figures = {"machine": _machine.describe()}
    figures["engine"] = measure_engine(args.model, args.seconds)
    figures["rendering"] = measure_rendering(args.portrait, args.size, args.seconds)
    print(f"{figures['machine']['processor']}, {figures['machine']['cores']} cores")
    print(f"{'milliseconds':<20}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}")
    for name, times in (
        ("engine step", figures["engine"]["step_ms"]),
        (f"image {args.size}x{args.size}", figures["rendering"]["image_ms"]),
    ):
        print(f"{name:<20}" + "".join(f"{times[key]:8.2f}" for key in ("p50", "p95", "p99", "max")))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def measure_engine(model: str, seconds: float) -> dict[str, object]:
    """Steps a session over the shipped conversation as fast as it goes, on one thread; milliseconds a step."""
    import numpy as np
    import soxr
    import torch

    from dystream_ros.assets import demo_conversation
    from dystream_ros.audio.files import open_audio
    from dystream_ros.cli._quantiles import quantiles
    from dystream_ros.engine.session import Session
    from dystream_ros.models.registry import load_model

    torch.set_num_threads(1)
    with open_audio(demo_conversation()) as file:
        sound = np.concatenate(list(file.parts))
        if sound.dtype == np.int16:
            sound = sound.astype(np.float32) / 2**15
        audio = np.ascontiguousarray(soxr.resample(sound, file.sample_rate, 16_000).T)
    loaded = load_model(model, live=True)
    session = Session(loaded.network)
    times, position = [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        count = session.samples_needed
        if position + count > audio.shape[1]:
            position = 0
        begun = time.perf_counter()
        session.step(audio[0, position : position + count], audio[1, position : position + count])
        times.append(1e3 * (time.perf_counter() - begun))
        position += count
    warm = np.array(times[25:])
    return {"frames": len(warm), "step_ms": quantiles(warm), "weights_sha256": loaded.weights_sha256[:12]}


def measure_rendering(portrait: str, size: int, seconds: float) -> dict[str, object]:
    """Renders a face that talks, blinks and turns as fast as it goes, with read-back; milliseconds an image."""
    import numpy as np

    from dystream_ros.cli._quantiles import quantiles
    from dystream_ros.face.motion import MotionFrame
    from dystream_ros.rendering.backend import open_renderer

    rng = np.random.default_rng(0)
    renderer = open_renderer(portrait, size, size)
    times, frame = [], 0
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            values = rng.random(52, np.float32) * 0.3
            pose = np.float32([0.1, 0.1, 0.2, 0, 0, 0]) * np.sin(frame / np.float32([9, 7, 13, 1, 1, 1]))
            motion = MotionFrame(frame, values, pose.astype(np.float32))
            begun = time.perf_counter()
            renderer.render(motion)
            times.append(1e3 * (time.perf_counter() - begun))
            frame += 1
    finally:
        renderer.close()
    warm = np.array(times[10:])
    return {"frames": len(warm), "image_ms": quantiles(warm), "size": size, "renderer": type(renderer).__name__}
