"""Where the time of a picture goes: python -m benchmarks.picture_parts

Pictures of a moving face are drawn whole, and in turn with one part left out; what that saves is the part's. Times are
CPU times of all threads of the process, those of Mesa's software renderer included, and times on the clock; the lower
quartile of each, as others use the machine. The sum of the parts differs from the whole: they share caches and threads.
"""

import argparse
import os
import time
from collections.abc import Callable
from unittest import mock

import numpy as np

from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.motion import MotionFrame
from dystream_ros.rendering.opengl_renderer import OpenGLRenderer
from dystream_ros.rendering.portrait import DEFAULT_PORTRAIT, load_portrait
from dystream_ros.rendering.view import View

MOTIONS, WARM_UP = 25, 25
SLOWER = 21  # frames over which random motion is smoothed
BLINK_EVERY, BLINK = 75, 5  # frames
SWAY = (0.05, 0.08, 0.12, 0.003, 0.003, 0.003)  # of the head: radians and metres, one standard deviation


def talking(count: int, seed: int = 3) -> list[MotionFrame]:
    """Motions of a face that talks, blinks and sways; made at random."""
    window = np.hanning(SLOWER) / np.sqrt((np.hanning(SLOWER) ** 2).sum())
    noise = np.random.default_rng(seed).normal(size=(count + SLOWER - 1, 58))
    smooth = np.stack([np.convolve(column, window, "valid") for column in noise.T], axis=1)
    values = np.clip(0.15 + 0.2 * smooth[:, :52], 0, 1)
    values[:, ARKIT_INDEX["tongueOut"]] = 0
    for side in ("Left", "Right"):
        values[:, ARKIT_INDEX[f"eyeBlink{side}"]] = 0.9 * (np.arange(count) % BLINK_EVERY < BLINK)
    poses = smooth[:, 52:] * SWAY
    return [
        MotionFrame(frame, value.astype(np.float32), pose.astype(np.float32))
        for frame, (value, pose) in enumerate(zip(values, poses, strict=True))
    ]


def parts_of(renderer: OpenGLRenderer) -> dict[str, Callable[[], mock._patch]]:
    """What leaves each part of a picture out, by the name of the part."""
    # The private parts of the renderer: a switch in it for this measurement only would be worse.
    still = renderer._animation.vertices.copy()
    image = renderer._image_arrays

    def image_without(*names: str) -> Callable[[], mock._patch]:
        left = {name: array for name, array in image.items() if name not in names}
        return lambda: mock.patch.object(renderer, "_image_arrays", left)

    def openings_without(*numbers: int) -> Callable[[], mock._patch]:
        draw = renderer._draw_opening
        return lambda: mock.patch.object(
            renderer, "_draw_opening", lambda number, *rest: None if number in numbers else draw(number, *rest)
        )

    def nothing() -> mock._patch:
        return mock.patch.object(renderer, "_margins", mock.Mock())

    return {
        "pose": lambda: mock.patch.object(renderer._animation, "pose", return_value=still),
        "sheet": image_without("sheet", "solid", "edge"),
        "skin": image_without("plain", "firm", "cheeks", "fading", "tinted", "skin"),
        "eyes": openings_without(0, 1),
        "mouth": openings_without(2),
        "lashes": image_without("lashes"),
        "margins of lids and lips": nothing,
    }


def cost(renderer: OpenGLRenderer, motions: list[MotionFrame]) -> np.ndarray:
    """CPU time and time on the clock of each motion's picture, (n, 2), ms."""
    times = []
    for motion in motions:
        before = time.process_time(), time.perf_counter()
        renderer.render(motion)
        times.append((time.process_time() - before[0], time.perf_counter() - before[1]))
    return 1e3 * np.array(times)


def measure(renderer: OpenGLRenderer, rounds: int) -> dict[str, np.ndarray]:
    """CPU time and time on the clock (2,), ms, of a whole picture and of what each part adds."""
    motions = talking(MOTIONS)
    for _ in range(WARM_UP // MOTIONS + 1):
        cost(renderer, motions)
    without: dict[str, list[np.ndarray]] = {"whole": []}
    for _ in range(rounds):
        without["whole"].append(cost(renderer, motions))
        for name, leave_out in parts_of(renderer).items():
            with leave_out():
                without.setdefault(name, []).append(cost(renderer, motions))
    low = {name: np.percentile(np.concatenate(times), 25, axis=0) for name, times in without.items()}
    whole = low.pop("whole")
    shares = {name: whole - part for name, part in low.items()}
    return {"whole picture": whole, **shares, "background, read-back and the rest": whole - sum(shares.values())}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.picture_parts",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--portrait", default=DEFAULT_PORTRAIT)
    parser.add_argument("--size", type=int, default=512, help="width and height, pixels (default: 512)")
    parser.add_argument("--framing", default="bust")
    parser.add_argument("--background", default="keep")
    parser.add_argument("--rounds", type=int, default=8, help=f"rounds of {MOTIONS} pictures per part (default: 8)")
    args = parser.parse_args()
    view = View(args.size, args.size, args.framing, args.background)
    with OpenGLRenderer(load_portrait(args.portrait), view) as renderer:
        figures = measure(renderer, args.rounds)
        threads = os.environ.get("LP_NUM_THREADS")
        print(f"{args.portrait}, {args.size}x{args.size}, {renderer.device}, threads of llvmpipe: {threads}")
    print("| part | CPU, ms | on the clock, ms |\n|---|---|---|")
    for name, (cpu, wall) in figures.items():
        print(f"| {name} | {cpu:.2f} | {wall:.2f} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
