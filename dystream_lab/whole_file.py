"""Writes text files that appear whole: a full disk or Ctrl-C leaves the file that was there before, or none."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Writes `text` as UTF-8; the folder is made, and a file of that name is replaced when the new one is complete.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
