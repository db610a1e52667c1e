"""Curves of the losses of a run as a picture."""

import csv
from pathlib import Path

import numpy as np

_SMOOTH = 50  # steps of the running mean of the training losses


def draw_curves(run: Path, name: str = "losses.png") -> Path:
    """Draw `log.csv` of a run: one panel per column, training (running mean) and validation; returns the picture.

    Raises:
        ValueError: the log has no line yet.
    """
    import matplotlib

    matplotlib.use("Agg")  # files only, also on machines with a display
    import matplotlib.pyplot as plt

    by_split = _read(run / "log.csv")
    columns = list(dict.fromkeys(column for curves in by_split.values() for column in curves))
    if not columns:
        raise ValueError(f"{run / 'log.csv'} has no losses yet")
    across = min(4, len(columns))
    rows = -(-len(columns) // across)
    figure, axes = plt.subplots(rows, across, figsize=(4.2 * across, 2.8 * rows), layout="constrained", squeeze=False)
    for axis, column in zip(axes.flat, columns):
        for split, curves in by_split.items():
            if column in curves:
                steps, values = curves[column]
                if split == "train":
                    steps, values = _smoothed(steps, values)
                axis.plot(steps, values, label=split, marker="." if len(steps) < 20 else "")
        axis.set(title=column, xlabel="step")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7)
    for axis in list(axes.flat)[len(columns) :]:
        axis.axis("off")
    path = run / name
    figure.savefig(path, dpi=80)
    plt.close(figure)
    return path


def _read(path: Path) -> dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Steps and values of each column that has any, by split and name."""
    found: dict[str, dict[str, dict[int, float]]] = {}
    with path.open(newline="") as file:
        for line in csv.DictReader(file):
            for column, text in line.items():
                if column not in ("step", "split") and text:
                    # A step that was repeated after an interruption replaces the earlier one.
                    found.setdefault(line["split"], {}).setdefault(column, {})[int(line["step"])] = float(text)
    return {
        split: {column: (np.array(list(values)), np.array(list(values.values()))) for column, values in curves.items()}
        for split, curves in found.items()
    }


def _smoothed(steps: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    width = max(1, min(_SMOOTH, len(values) // 4))
    return steps[width - 1 :], np.convolve(values, np.full(width, 1 / width), "valid")
