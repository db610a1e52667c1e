"""The losses of a run as a picture."""

import csv
from pathlib import Path

import numpy as np


def draw_curves(log: Path, picture: Path) -> None:
    """Draws all columns of a `log.csv` over the steps: training as its running mean, validation as points."""
    from matplotlib.figure import Figure  # slow to import

    with log.open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in (rows[0] if rows else {}) if name not in ("step", "split")]
    shown = [name for name in names if any(row[name] for row in rows)]
    figure = Figure(figsize=(10, 2.2 * -(-len(shown) // 3)), layout="constrained")
    for number, name in enumerate(shown, start=1):
        axes = figure.add_subplot(-(-len(shown) // 3), 3, number, title=name)
        for split, style in (("train", "-"), ("valid", "o-")):
            kept = [row for row in rows if row["split"] == split and row[name]]
            if kept:
                steps, values = (np.array([float(row[key]) for row in kept]) for key in ("step", name))
                width = max(1, len(values) // 100) if split == "train" else 1
                smooth = np.convolve(values, np.ones(width) / width, "valid")
                axes.plot(steps[width - 1 :], smooth, style, markersize=3, label=split)
        axes.set_xlabel("step")
    if shown:
        figure.axes[0].legend()
    figure.savefig(picture, dpi=90)
