"""The positions of a head's joints as a CSV file: written while they move, read for pictures and measurements."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_STAMP, _WANTED = "stamp", "_desired"


class JointRecorder:
    """Writes a row per instant: stamp (s), position of each joint, and desired position of each joint (rad).

    Args:
        path: file to write; an existing one is replaced.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        # A line at a time, so that a head that is killed leaves whole rows.
        self._file = path.open("w", newline="", buffering=1)
        self._rows = csv.writer(self._file)
        self._rows.writerow([_STAMP, *names, *(name + _WANTED for name in names)])

    def add(self, stamp: float, position: Array, desired: Array) -> None:
        """Write a row; stamps rise."""
        self._rows.writerow([f"{stamp:.4f}", *(f"{value:.5f}" for value in (*position, *desired))])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@dataclass(frozen=True)
class JointRecording:
    """Positions of joints over time.

    Attributes:
        names: of the joints.
        stamps: (n,), rising, s of the clock of the node that wrote them.
        position, desired: (n, joints), rad.
    """

    names: tuple[str, ...]
    stamps: Array
    position: Array
    desired: Array

    @classmethod
    def read(cls, path: Path) -> "JointRecording":
        """Reads a file of `JointRecorder`.

        Raises:
            RuntimeError: it has fewer than two rows.
        """
        with path.open(newline="") as file:
            header, *rows = list(csv.reader(file)) or [[]]
        if len(rows) < 2:
            raise RuntimeError(f"{path} has no positions of joints; see the log of the simulated head")
        table = np.array([[float(value) for value in row] for row in rows if len(row) == len(header)])
        count = (len(header) - 1) // 2
        return cls(tuple(header[1 : 1 + count]), table[:, 0], table[:, 1 : 1 + count], table[:, 1 + count :])

    def at(self, stamps: Array) -> Array:
        """Positions (n, joints) at these instants, interpolated; the first and the last are held."""
        return np.stack([np.interp(stamps, self.stamps, column) for column in self.position.T], axis=1)
