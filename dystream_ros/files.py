"""Files that users name: only regular ones are opened, and only small ones are read as text.

A FIFO or a device would block the thread that opens it, or never end.
"""

import errno
import os
from pathlib import Path

LARGEST_TEXT = 1_000_000  # bytes


def user_path(name: str | Path) -> Path:
    """The path with `~` expanded; as it is where there is no such user, so that no file is found there."""
    return Path(os.path.expanduser(name))


def regular_file(name: str | Path) -> Path | None:
    """The regular file of that path, `~` expanded; None if there is none, or the text is no path."""
    path = user_path(name)
    # Path.is_file raises for a name that is too long, os.path.isfile does not.
    return path if os.path.isfile(path) else None


def folder(name: str | Path) -> Path | None:
    """The folder of that path, `~` expanded; None if there is none, or the text is no path."""
    path = user_path(name)
    return path if os.path.isdir(path) else None


def read_small_text(path: Path) -> str:
    """The text of a settings file.

    Raises:
        OSError: it is missing, no regular file, cannot be read, or has more than `LARGEST_TEXT` bytes.
        UnicodeDecodeError: it is no text in UTF-8.
    """
    if "\0" in str(path):
        raise OSError(errno.EINVAL, "it is no path", str(path))
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    with path.open("rb") as file:
        data = file.read(LARGEST_TEXT + 1)
    if len(data) > LARGEST_TEXT:
        raise OSError(errno.EFBIG, f"it has more than {LARGEST_TEXT // 1_000_000} MB of text", str(path))
    return data.decode("utf-8")
