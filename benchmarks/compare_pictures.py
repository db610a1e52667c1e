"""Compares pictures of two versions of the renderer: python -m benchmarks.compare_pictures write|compare FILE

`write` draws the shipped portraits in a fixed set of motions and views into FILE (.npz). Another version of the code
then draws them with `compare`, which prints how many differ and by how much; --png shows the worst beside each other.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.picture_parts import talking
from dystream_ros.face.motion import MotionFrame
from dystream_ros.portraits.gallery import coefficients
from dystream_ros.rendering.opengl_renderer import OpenGLRenderer
from dystream_ros.rendering.portrait import ASSETS, load_portrait
from dystream_ros.rendering.view import View

PORTRAITS = tuple(sorted(path.stem for path in (ASSETS / "portraits").glob("*.face")))
VIEWS = (
    View(), View(framing="head"), View(background="transparent"), View(framing="head", background="transparent"),
    View(640, 360, background="green", mirror=True), View(300, 400, framing="head", rotation=90),
)  # fmt: skip
# Coefficients and head pose (roll, pitch, yaw, x, y, z): the ends of their ranges.
EXTREMES: tuple[tuple[dict[str, float], tuple[float, ...]], ...] = (
    ({}, ()), ({"jawOpen": 1.0}, ()), ({"jawOpen": 0.6, "tongueOut": 1.0}, ()), ({"eyeBlink": 1.0}, ()),
    ({"mouthSmile": 1.0, "mouthDimple": 1.0}, ()), ({"mouthPucker": 1.0}, ()),
    ({"eyeWide": 1.0, "browInnerUp": 1.0, "jawOpen": 0.3}, ()), ({"jawOpen": 1.0, "mouthFunnel": 1.0}, (0, -0.3, 0.3)),
    ({}, (0, 0, 0.4)), ({}, (0, 0, -0.4)), ({}, (0, 0.35, 0)), ({}, (0, -0.35, 0)), ({}, (0.4, 0, 0)),
    ({"jawOpen": 0.5}, (0, 0.2, 0.6)), ({"mouthDimpleLeft": 1.0, "mouthSmileLeft": 1.0}, (0.1, 0.1, -0.6)),
    ({"eyeBlinkLeft": 1.0}, (0, 0, 0.8)), ({"tongueOut": 1.0, "jawOpen": 0.4}, (0, 0.5, -0.8)),
    ({}, (0, 0, 0, 0.05, 0.05, 0.05)), ({}, (0, 0, 0, -0.05, -0.05, -0.05)),
    ({"eyeLookUp": 1.0}, (0.2, 0.3, 0.3, 0.02, 0.02, 0.02)),
    ({"eyeLookOutLeft": 1.0, "eyeSquint": 1.0}, (-0.2, -0.3, -0.3)),
    ({"mouthDimpleLeft": 0.02, "mouthDimpleRight": 0.01}, (0, 0.05, 0.1)),
)  # fmt: skip
TALKING, STEP, RANDOM = 14, 14, 4
EQUAL = 2  # levels of 255


def motions() -> list[MotionFrame]:
    """Talking, extreme and random motions: 40."""
    frames = talking(TALKING * STEP)[::STEP]
    for named, pose in EXTREMES:
        frames.append(MotionFrame(0, coefficients(named), np.array([*pose, *(6 - len(pose)) * [0]], np.float32)))
    random = np.random.default_rng(1)
    for number in range(RANDOM):
        values = random.random(52).astype(np.float32) * (0.5, 1.0)[number % 2]
        pose = (random.normal(size=6) * (0.2, 0.2, 0.3, 0.01, 0.01, 0.01)).astype(np.float32)
        frames.append(MotionFrame(0, values, pose))
    return frames


def drawn(portraits: list[str]) -> Iterator[tuple[str, np.ndarray]]:
    """The name and the pictures (motions, h, w, channels) of each portrait in each view."""
    for name in portraits:
        portrait = load_portrait(name)
        for number, view in enumerate(VIEWS):
            with OpenGLRenderer(portrait, view) as renderer:
                yield f"{name} {number}", np.stack([renderer.render(motion) for motion in motions()])


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Largest difference of a channel at each pixel (h, w), levels; colours count by their alpha."""
    pair = []
    for picture in (one, other):
        colours = picture.astype(np.float64)
        if colours.shape[2] == 4:
            colours[..., :3] *= colours[..., 3:] / 255
        pair.append(colours)
    return np.abs(pair[0] - pair[1]).max(axis=2)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.compare_pictures",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("action", choices=("write", "compare"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--portraits", nargs="+", default=PORTRAITS, metavar="NAME")
    parser.add_argument("--png", type=Path, help="file for the worst pictures: before, after, difference times four")
    args = parser.parse_args()
    if args.action == "write":
        np.savez(args.file, **dict(drawn(args.portraits)))
        return 0
    count, found = 0, []
    with np.load(args.file) as kept:
        for name, pictures in drawn(args.portraits):
            before = kept[name]
            for number, (one, other) in enumerate(zip(before, pictures, strict=True)):
                differs = difference(one, other)
                count += 1
                if differs.max() > EQUAL:
                    found.append((int((differs > EQUAL).sum()), float(differs.max()), name, number, one, other))
    found.sort(key=lambda each: -each[0])
    print(f"{len(found)} of {count} pictures differ by more than {EQUAL} levels")
    for pixels, levels, name, number, *_ in found[:20]:
        print(f"  {name}, motion {number}: {pixels} pixels, by up to {levels:.0f}")
    if args.png and found:
        rows = []
        for *_, one, other in (each for each in found if each[4].shape[:2] == found[0][4].shape[:2]):
            shown = np.clip(4 * difference(one, other), 0, 255).astype(np.uint8)
            rows.append(np.hstack([one[..., :3], other[..., :3], np.dstack(3 * [shown])]))
        args.png.write_bytes(cv2.imencode(".png", np.vstack(rows[:4]))[1].tobytes())
    return int(bool(found))


if __name__ == "__main__":
    raise SystemExit(main())
