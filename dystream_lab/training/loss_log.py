"""The losses of a run as CSV: one line per step ("train") and one per checkpoint ("valid")."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from dystream_ros.models.compact.model import EVENTS

COLUMNS = (
    "step", "split", "total", "flow_speech", "flow_rest", "gap", "lips", "lips_gap", "lips_teeth", "phones", *EVENTS,
)  # fmt: skip


class LossLog:
    """Appends to `log.csv`; columns without a value stay empty."""

    def __init__(self, file: TextIO, columns: Sequence[str] = COLUMNS) -> None:
        self._file = file
        self._writer = csv.DictWriter(file, columns)
        if not file.tell():
            self._writer.writeheader()

    def write(self, step: int, split: str, losses: Mapping[str, float]) -> None:
        """Appends one line."""
        self._writer.writerow({"step": step, "split": split, **losses})

    def flush(self) -> None:
        """Writes buffered lines to the disk."""
        self._file.flush()


@contextmanager
def open_log(run: Path, columns: Sequence[str] = COLUMNS) -> Iterator[LossLog]:
    """The log of a run folder; an existing one is continued, without a part of a line at its end.

    The default columns are those of the compact model.

    Raises:
        ValueError: the file there has other columns.
    """
    path = run / "log.csv"
    _end_with_a_line(path)
    found = path.read_text().partition("\n")[0].strip() if path.exists() else ""
    if found not in ("", ",".join(columns)):
        raise ValueError(
            f"{path} has the columns of an earlier version; give another --run folder, and its weights as --start"
        )
    with path.open("a", newline="") as file:
        yield LossLog(file, columns)


def _end_with_a_line(path: Path) -> None:
    """Removes a part of a line at the end of a file, which a kill or a full disk leaves."""
    if not path.is_file():
        return
    with path.open("rb+") as file:
        file.truncate(file.read().rfind(b"\n") + 1)
