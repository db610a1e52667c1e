"""Draws the diagrams of README.md, docs/architecture.md and docs/integration.md as SVG files into docs/.

python scripts/draw_architecture.py

Each diagram has an opaque background, so that it reads on light and on dark pages. The same matplotlib writes the same
bytes. The bar of time takes its durations from benchmarks/results.json.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams |= {"svg.hashsalt": "dystream_ros", "svg.fonttype": "path", "font.family": "DejaVu Sans"}

import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.patches import FancyBboxPatch  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
BACKGROUND, INK, PALE, LINE = "#fbfbfd", "#1d2433", "#5d6778", "#7c8798"
SELF, OTHER, CORE, SINK, CODE = "#ffe3c2", "#cfe8ff", "#e4dcff", "#d8f0dc", "#eceff4"


def main() -> int:
    """Draw every diagram; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "docs", help="folder to write to (default docs/)")
    parser.add_argument("--png", action="store_true", help="write PNG files instead, to look at")
    args = parser.parse_args()
    for name, draw in DIAGRAMS.items():
        figure = draw()
        path = args.output / f"{name}.{'png' if args.png else 'svg'}"
        metadata = {} if args.png else {"Date": None, "Creator": None}
        figure.savefig(path, facecolor=BACKGROUND, dpi=110, metadata=metadata)
        plt.close(figure)
        print(f"wrote {path}")
    return 0


def overview() -> Figure:
    """Two microphones, the head, and its output."""
    figure, axes = _page(10, 3.2)
    _box(axes, 0.1, 1.95, 2.1, 0.85, SELF, "robot's voice", "microphone or\ntext-to-speech")
    _box(axes, 0.1, 0.4, 2.1, 0.85, OTHER, "partner's voice", "microphone")
    _box(axes, 4.0, 0.95, 2.0, 1.3, CORE, "head", "25 frames per second\non two CPU cores")
    _box(axes, 7.8, 2.2, 2.1, 0.8, SINK, "motion", "52 coefficients, head pose")
    _box(axes, 7.8, 1.2, 2.1, 0.8, SINK, "image", "the face, for a screen")
    _box(axes, 7.8, 0.2, 2.1, 0.8, SINK, "aligned sound", "in step with the lips")
    _arrow(axes, (2.2, 2.375), (4.0, 1.85), "self/audio")
    _arrow(axes, (2.2, 0.825), (4.0, 1.35), "other/audio")
    for y in (2.6, 1.6, 0.6):
        _arrow(axes, (6.0, 1.6 + (y - 1.6) * 0.35), (7.8, y))
    return figure


def topics() -> Figure:
    """The nodes and the topics between them."""
    figure, axes = _page(11, 5.6)
    _box(axes, 0.1, 4.25, 2.0, 0.75, SELF, "microphone", "or a speech node")
    _box(axes, 0.1, 2.85, 2.0, 0.75, OTHER, "microphone", "echo-cancelled")
    _box(axes, 0.1, 1.45, 2.0, 0.75, CODE, "audio_file", "plays recordings")
    _box(axes, 4.3, 2.2, 2.2, 2.2, CORE, "head", "lifecycle node\n~/reset\n~/interrupt")
    _box(axes, 8.9, 4.7, 2.0, 0.7, SINK, "your controller", "animatronic joints")
    _box(axes, 8.9, 3.7, 2.0, 0.7, SINK, "display", "full screen")
    _box(axes, 8.9, 2.7, 2.0, 0.7, SINK, "recorder", "mp4 and CSV")
    _box(axes, 8.9, 1.7, 2.0, 0.7, SINK, "speaker", "plays aligned sound")
    _box(axes, 8.9, 0.7, 2.0, 0.7, CODE, "terminal", "a line per second")
    _arrow(axes, (2.1, 4.6), (4.3, 3.95), "self/audio")
    _arrow(axes, (2.1, 3.25), (4.3, 3.25), "other/audio")
    _arrow(axes, (2.1, 1.85), (4.3, 2.6), "both")
    targets = (
        (4.15, 5.05, "motion, motion_layout"),
        (3.75, 4.05, "image, motion"),
        (3.3, 3.05, "image, motion, sound"),
        (2.85, 2.05, "self/audio_aligned"),
        (2.4, 1.05, "motion, status"),
    )
    for begin, end, text in targets:
        _arrow(axes, (6.5, begin), (8.9, end), text)
    _label(axes, 5.4, 1.75, "/diagnostics, status: in every state", PALE, 8.5)
    _label(axes, 5.5, 0.25, "message types, quality of service and parameters: docs/nodes.md", PALE, 8.5)
    return figure


def threads() -> Figure:
    """The threads of the head, their tasks, and the data that they exchange."""
    figure, axes = _page(14.4, 4.7)
    for x, width, name in (
        (0.2, 3.0, "executor thread"),
        (4.3, 3.0, "inference thread"),
        (8.4, 3.0, "thread of the pictures"),
        (12.3, 2.0, "face loader"),
    ):
        _box(axes, x, 0.3, width, 4.0, CODE, "", "")
        _label(axes, x + width / 2, 4.05, name, INK, 11, bold=True)
    for y, title, detail in (
        (3.0, "audio callbacks", "place samples; own thread"),
        (2.15, "services, parameters", "set a request, return"),
        (1.3, "status timer", "reads a snapshot"),
        (0.45, "lifecycle", "in a separate thread"),
    ):
        _box(axes, 0.4, y, 2.6, 0.7, SELF, title, detail)
    for y, title, detail in (
        (3.0, "load", "model, first frames"),
        (2.15, "step", "next input, network, stages"),
        (1.3, "publish motion", "and the aligned sound"),
        (0.45, "leave the frame", "and go on"),
    ):
        _box(axes, 4.5, y, 2.6, 0.7, CORE, title, detail)
    for y, title, detail in (
        (3.0, "load", "renderer, first pictures"),
        (2.15, "show a view", "between two pictures"),
        (1.3, "take the newest frame", "older ones are skipped"),
        (0.45, "draw and publish", "raw and JPEG"),
    ):
        _box(axes, 8.6, y, 2.6, 0.7, SINK, title, detail)
    _box(axes, 12.45, 1.8, 1.7, 1.4, SINK, "prepare a view", "portrait, size,\nbackground;\nlow priority")
    _arrow(axes, (3.0, 3.3), (4.5, 2.6), "samples,\nwake-up", lift=0.05)
    _arrow(axes, (3.0, 2.45), (4.5, 2.4))
    _arrow(axes, (7.1, 0.8), (8.6, 1.65), "newest\nframe", lift=0.1)
    _arrow(axes, (12.45, 2.5), (11.2, 2.5), "view")
    for y in (3.0, 2.15, 1.3):
        _arrow(axes, (5.8, y), (5.8, y - 0.15))
    _arrow(axes, (9.9, 1.3), (9.9, 1.15))
    return figure


def time() -> Figure:
    """The time of one frame, from its stamp to its publication."""
    live = json.loads((ROOT / "benchmarks" / "results.json").read_text())["live"]
    motion = live["processing_to_motion_ms"]["p50"]
    image = live["processing_to_image_elsewhere_ms"]["p50"]
    arrival = live["latency_of_motion_ms"]["p50"] - motion
    figure, axes = plt.subplots(figsize=(11, 3.7))
    figure.subplots_adjust(left=0.02, right=0.98, bottom=0.02, top=0.98)
    axes.set(xlim=(-6, 158), ylim=(-1.6, 2.35))
    axes.set_axis_off()
    for begin, end, colour, title, detail in (
        (0, 40, SELF, "frame k", "its audio, 40 ms"),
        (40, 100, OTHER, "lookahead", "audio that its motion may depend on, 60 ms"),
        (100, arrival, CODE, "chunk", f"{arrival - 100:.0f} ms"),
        (arrival, arrival + motion, CORE, "", ""),
        (arrival + motion, arrival + image, SINK, "image", f"{image - motion:.0f} ms"),
    ):
        axes.add_patch(FancyBboxPatch((begin, 0.3), end - begin, 0.8, "square,pad=0", fc=colour, ec=LINE, lw=0.8))
        axes.text((begin + end) / 2, 0.8, title, ha="center", va="center", color=INK, size=10, weight="bold")
        axes.text((begin + end) / 2, 0.52, detail, ha="center", va="center", color=PALE, size=8)
    for x, text in (
        (0, "stamp"),
        (20, "its motion belongs\nto the middle"),
        (40, "end of\nthe frame"),
        (100, "earliest start:\nthe clock is here"),
    ):
        axes.plot((x, x), (1.1, 1.5), color=LINE, lw=0.8)
        axes.text(x, 1.56, text, ha="center", va="bottom", color=INK, size=8.5)
    published = arrival + motion
    axes.annotate(
        f"motion published\n(processing {motion:.1f} ms)",
        (published - motion / 2, 1.1),
        (published + 6, 1.56),
        ha="center",
        va="bottom",
        color=INK,
        size=8.5,
        arrowprops={"arrowstyle": "-", "color": LINE, "lw": 0.8},
    )
    axes.annotate("", (125, 0.12), (100, 0.12), arrowprops={"arrowstyle": "|-|", "color": INK, "lw": 1.0})
    axes.text(
        112.5,
        -0.28,
        "jitter_budget: the frame waits for\nlate audio until here, 25 ms at most",
        ha="center",
        va="center",
        color=INK,
        size=8.5,
    )
    for y, end, text in (
        (-0.75, published, f"latency of motion: publication minus stamp, {published:.0f} ms at the median"),
        (-1.25, arrival + image, f"latency of the image in another process: about {arrival + image:.0f} ms"),
    ):
        axes.annotate("", (end, y), (0, y), arrowprops={"arrowstyle": "<->", "color": LINE, "lw": 1.0})
        axes.text(end / 2, y - 0.08, text, ha="center", va="top", color=INK, size=8.5)
    return figure


def rooms() -> Figure:
    """The folders of the code, and which may import which."""
    figure, axes = _page(11, 5.4)
    _box(axes, 0.1, 0.1, 7.6, 5.0, CODE, "", "")
    _label(axes, 3.9, 4.87, "dystream_ros: what a robot installs", INK, 10.5, bold=True)
    _box(axes, 8.2, 0.1, 2.7, 5.0, CODE, "", "")
    _label(axes, 9.55, 4.87, "dystream_lab: pip only", INK, 10.5, bold=True)
    _box(axes, 0.3, 3.75, 4.8, 0.8, CORE, "nodes", "ROS messages in and out; only here rclpy")
    _box(axes, 5.3, 3.75, 2.2, 0.8, CORE, "cli", "the command dystream")
    _box(axes, 0.3, 2.55, 2.4, 0.8, OTHER, "recording", "mp4 and CSV files")
    _box(axes, 2.9, 2.55, 2.2, 0.8, SELF, "models", "compact, released")
    _box(axes, 5.3, 2.55, 2.2, 0.8, OTHER, "portraits", "a photo to a .face file")
    _box(axes, 2.9, 1.4, 2.2, 0.8, SELF, "engine", "clocks, conversations")
    _box(axes, 5.3, 1.4, 2.2, 0.8, OTHER, "rendering", "motion to picture")
    _box(axes, 0.3, 0.25, 3.5, 0.8, SINK, "audio", "the time line of a party")
    _box(axes, 4.0, 0.25, 3.5, 0.8, SINK, "face", "names, ranges, pose; stages")
    for begin, end in (
        ((1.5, 3.75), (1.5, 3.35)),
        ((4.0, 3.75), (4.0, 3.35)),
        ((6.4, 3.75), (6.4, 3.35)),
        ((1.5, 2.55), (1.5, 1.05)),
        ((4.0, 2.55), (4.0, 2.2)),
        ((4.8, 2.55), (5.6, 2.2)),
        ((6.4, 2.55), (6.4, 2.2)),
        ((3.4, 1.4), (3.4, 1.05)),
        ((4.6, 1.4), (4.6, 1.05)),
        ((6.4, 1.4), (6.4, 1.05)),
    ):
        _arrow(axes, begin, end)
    for y, title, detail in (
        (3.75, "cli", "corpus, train, evaluate ..."),
        (2.85, "evaluation", "measures, rows, reports"),
        (1.95, "training", "objective, loop"),
        (1.05, "corpus, teacher", "conversations, motion"),
        (0.25, "speech, characters", "voices, portraits"),
    ):
        height = 0.8 if y > 3 else 0.7
        _box(axes, 8.4, y, 2.3, height, SINK if y < 0.5 else OTHER, title, detail)
    _arrow(axes, (8.2, 2.6), (7.7, 2.6))
    return figure


def robots() -> Figure:
    """Which topic of a robot goes where: everything that can be put together."""
    figure, axes = _page(12, 5.4)
    for y, colour, title, detail in (
        (4.3, SELF, "text to speech", "or an operator's microphone"),
        (2.5, OTHER, "microphone array", "one processed channel"),
        (0.7, CODE, "dialogue", "stops on interruption"),
    ):
        _box(axes, 0.1, y, 2.3, 0.8, colour, title, detail)
    _box(axes, 4.6, 1.9, 2.1, 2.2, CORE, "head", "both voices in,\none face out")
    for y, title, detail in (
        (4.5, "display", "screen robot"),
        (3.5, "speaker", "loudspeaker"),
        (2.1, "actuators", "animatronic head"),
        (0.7, "recorder, terminal", "operators, studies"),
    ):
        _box(axes, 9.0, y, 2.8, 0.75, SINK, title, detail)
    _arrow(axes, (2.4, 4.7), (4.6, 3.7), "self/audio")
    _arrow(axes, (2.4, 2.9), (4.6, 2.9), "other/audio")
    _arrow(axes, (4.6, 2.2), (2.4, 1.2), "self/utterance")
    _arrow(axes, (2.4, 0.95), (5.2, 1.9), "~/interrupt", lift=-0.15)
    for begin, end, text in (
        (3.8, 4.87, "image"),
        (3.2, 3.87, "self/audio_aligned"),
        (2.7, 2.47, "motion"),
        (2.1, 1.07, "motion, image, status"),
    ):
        _arrow(axes, (6.7, begin), (9.0, end), text)
    _label(axes, 10.4, 1.85, "joint_trajectory, commands: ros2_control", PALE, 8.5)
    return figure


DIAGRAMS = {
    "overview": overview,
    "architecture_topics": topics,
    "architecture_threads": threads,
    "architecture_time": time,
    "architecture_rooms": rooms,
    "integration": robots,
}


def _page(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure whose coordinates are inches."""
    figure = plt.figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    return figure, axes


def _box(axes: Axes, x: float, y: float, width: float, height: float, colour: str, title: str, detail: str) -> None:
    """A rounded box with a bold title above lines of detail."""
    axes.add_patch(
        FancyBboxPatch((x + 0.05, y + 0.05), width - 0.1, height - 0.1, "round,pad=0.05", fc=colour, ec=LINE, lw=0.9)
    )
    lines = detail.count("\n") + 1
    middle = y + height / 2
    step = 0.19
    _label(axes, x + width / 2, middle + step * lines / 2, title, INK, 10.5, bold=True)
    _label(axes, x + width / 2, middle - step / 2 - 0.02, detail, PALE, 8.5)


def _label(axes: Axes, x: float, y: float, text: str, colour: str, size: float, bold: bool = False) -> None:
    axes.text(x, y, text, ha="center", va="center", color=colour, size=size, weight="bold" if bold else "normal")


def _arrow(axes: Axes, begin: Sequence[float], end: Sequence[float], text: str = "", lift: float = 0.0) -> None:
    """An arrow with a text `lift` inches above its middle."""
    axes.annotate(
        "", end, begin, arrowprops={"arrowstyle": "-|>", "color": LINE, "lw": 1.2, "shrinkA": 0, "shrinkB": 0}
    )
    middle = ((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2 + lift)
    if text:
        behind = {"facecolor": BACKGROUND, "edgecolor": "none", "pad": 1.5}
        axes.text(*middle, text, ha="center", va="center", color=INK, size=8.5, family="DejaVu Sans Mono", bbox=behind)


if __name__ == "__main__":
    sys.exit(main())
