"""dystream bench: speed of the engine and the renderer on this machine.

Times an engine step (audio of both parties to motion) and an image, each alone. `make bench` in the checkout measures
the whole head in real time.
"""

import argparse
import json
import time
from pathlib import Path

EXAMPLES = """examples:
  dystream bench
  dystream bench --portrait me.face --size 720 --seconds 60 --json bench.json
"""
_WARM_UP_STEPS, _WARM_UP_IMAGES = 25, 10
_LONGEST = 3600  # s of a measurement


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("--model", default="compact", help="name or .safetensors file (default %(default)s)")
    parser.add_argument("--portrait", default="astronaut", help="name or .face file (default %(default)s)")
    parser.add_argument("--size", type=int, default=512, help="width and height of an image (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each measurement (default %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_ros.cli import measuring

    _check(args)
    figures = {"machine": measuring.describe_machine()}
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
        print(f"wrote {args.json}")
    return 0


def _check(args: argparse.Namespace) -> None:
    from dystream_ros.cli.arguments import check_model, check_output
    from dystream_ros.rendering.portrait import check_portrait
    from dystream_ros.rendering.view import View

    check_model(args.model)
    check_portrait(args.portrait)
    View(args.size, args.size)
    # An engine that keeps real time makes 25 steps per second: two seconds leave enough steps after the warm-up.
    if not 2 <= args.seconds <= _LONGEST:
        raise ValueError(f"--seconds is {args.seconds:g}; accepted are 2 to {_LONGEST}")
    if args.json:
        check_output(args.json)


def measure_engine(model: str, seconds: float) -> dict[str, object]:
    """Steps a session over the shipped conversation as fast as possible, on one thread.

    Returns:
        `frames`, `weights_sha256` (its first 12 digits) and `step_ms`: quantiles of the milliseconds per step.
    """
    import numpy as np
    import soxr

    from dystream_ros.assets import demo_conversation
    from dystream_ros.audio.files import open_audio
    from dystream_ros.audio.resample import MEDIA_RATE
    from dystream_ros.cli.measuring import quantiles
    from dystream_ros.engine.session import Session
    from dystream_ros.models.registry import load_model
    from dystream_ros.models.runtime import Runtime

    with open_audio(demo_conversation()) as file:
        sound = np.concatenate(list(file.parts))
        if sound.dtype == np.int16:
            sound = sound.astype(np.float32) / 2**15
        audio = np.ascontiguousarray(soxr.resample(sound, file.sample_rate, MEDIA_RATE).T)
    loaded = load_model(model, Runtime())
    session = Session(loaded.network)
    times, position = [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(times) <= _WARM_UP_STEPS:
        count = session.samples_needed
        if position + count > audio.shape[1]:
            position = 0
        begun = time.perf_counter()
        session.step(audio[0, position : position + count], audio[1, position : position + count])
        times.append(1e3 * (time.perf_counter() - begun))
        position += count
    warm = np.array(times[_WARM_UP_STEPS:])
    return {"frames": len(warm), "step_ms": quantiles(warm), "weights_sha256": loaded.weights_sha256[:12]}


def measure_rendering(portrait: str, size: int, seconds: float) -> dict[str, object]:
    """Renders a moving face as fast as possible, with read-back.

    Returns:
        `frames`, `size`, `renderer` and `image_ms`: quantiles of the milliseconds per image.
    """
    import numpy as np

    from dystream_ros.cli.measuring import quantiles
    from dystream_ros.face.motion import MotionFrame
    from dystream_ros.rendering.backend import open_renderer

    rng = np.random.default_rng(0)
    renderer = open_renderer(portrait, size, size)
    times, frame = [], 0
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end or len(times) <= _WARM_UP_IMAGES:
            values = rng.random(52, np.float32) * 0.3
            pose = np.float32([0.1, 0.1, 0.2, 0, 0, 0]) * np.sin(frame / np.float32([9, 7, 13, 1, 1, 1]))
            motion = MotionFrame(frame, values, pose.astype(np.float32))
            begun = time.perf_counter()
            renderer.render(motion)
            times.append(1e3 * (time.perf_counter() - begun))
            frame += 1
    finally:
        renderer.close()
    warm = np.array(times[_WARM_UP_IMAGES:])
    return {"frames": len(warm), "image_ms": quantiles(warm), "size": size, "renderer": type(renderer).__name__}
