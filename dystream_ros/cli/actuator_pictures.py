"""Pictures of `dystream actuators check`."""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
from matplotlib import pyplot

from dystream_ros.actuators.replay import Replay

_RANGE, _REACHED, _CUT, _LIMIT = "#d8dee6", "#2f6f9f", "#c0392b", "#c0392b"


def draw(replay: Replay, folder: Path) -> list[Path]:
    """Draws ranges.png, speeds.png and accelerations.png; returns their paths."""
    paths = [folder / f"{name}.png" for name in ("ranges", "speeds", "accelerations")]
    _draw_ranges(replay, paths[0])
    joints = replay.calibration.joints
    _draw_histograms(replay, np.abs(replay.velocity), [joint.velocity for joint in joints], "rad/s", paths[1])
    limits = [joint.acceleration for joint in joints]
    _draw_histograms(replay, np.abs(replay.acceleration), limits, "rad/s²", paths[2])
    return paths


def _draw_ranges(replay: Replay, path: Path) -> None:
    """The range of each joint, what was reached (all, and 98 % of the time), and the share that was cut off."""
    joints = replay.calibration.joints
    figure, axes = pyplot.subplots(figsize=(9, 0.8 + 0.34 * len(joints)), layout="constrained")
    for row, (joint, usage) in enumerate(zip(joints, replay.usage())):
        axes.barh(row, joint.maximum - joint.minimum, left=joint.minimum, height=0.7, color=_RANGE)
        axes.barh(row, usage.highest - usage.lowest, left=usage.lowest, height=0.34, color=_REACHED, alpha=0.5)
        low, high = np.percentile(replay.position[:, row], [1, 99])
        axes.barh(row, high - low, left=low, height=0.34, color=_REACHED)
        axes.plot([joint.neutral] * 2, [row - 0.35, row + 0.35], color="black", linewidth=1)
        cut = f"cut off {usage.saturated:.1%}" if usage.saturated > 0 else ""
        axes.text(joint.maximum + 0.02, row, cut, va="center", fontsize=8, color=_CUT)
    axes.set_yticks(range(len(joints)), [joint.name for joint in joints])
    axes.invert_yaxis()
    axes.set_xlabel("rad; grey: range, light: reached, dark: 98 % of the time, line: neutral")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _draw_histograms(replay: Replay, values: np.ndarray, limits: list[float], unit: str, path: Path) -> None:
    """A histogram per joint, share of the steps on a logarithmic axis, up to the limit of the joint."""
    joints = replay.calibration.joints
    columns = min(4, len(joints))
    rows = -(-len(joints) // columns)
    figure, grid = pyplot.subplots(
        rows, columns, figsize=(2.6 * columns, 1.7 * rows), layout="constrained", squeeze=False
    )
    for axes in grid.flat[len(joints) :]:
        axes.set_axis_off()
    for index, axes in enumerate(grid.flat[: len(joints)]):
        edges = np.linspace(0, 1.05 * limits[index], 40)
        axes.hist(values[:, index], edges, weights=np.full(len(values), 1 / len(values)), color=_REACHED)
        axes.axvline(limits[index], color=_LIMIT, linewidth=1)
        axes.set_yscale("log")
        axes.set_ylim(1e-4, 1)
        axes.set_title(joints[index].name, fontsize=9)
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    figure.supxlabel(f"{unit}; line: limit", fontsize=9)
    figure.supylabel("share of the time", fontsize=9)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
