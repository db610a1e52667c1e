"""Files that appear whole: a kill or a full disk leaves the file before, or none."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Writes a text in UTF-8; its folder is made. Raises OSError if that fails."""
    with _whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def copy(source: Path, path: Path) -> None:
    """Copies a file; the folder of `path` is made. Raises OSError if that fails."""
    with _whole(path) as partial:
        shutil.copyfile(source, partial)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file to write, which then takes the place of `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
