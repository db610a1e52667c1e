"""Files that users name: only regular ones are opened, and only small ones are read as text.

A FIFO or a device would block the thread that opens it, or never end.
"""

import errno
from pathlib import Path

LARGEST_TEXT = 1_000_000  # bytes


def regular_file(name: str | Path) -> Path | None:
    """The regular file of that path, `~` expanded; None if there is none, or the text is no path."""
    try:
        path = Path(name).expanduser()
        return path if path.is_file() else None
    except (OSError, RuntimeError, ValueError):  # too long a name, an unknown user, a NUL character
        return None


def read_small_text(path: Path) -> str:
    """The text of a settings file.

    Raises:
        OSError: it is missing, no regular file, cannot be read, or has more than `LARGEST_TEXT` bytes.
        UnicodeDecodeError: it is no text in UTF-8.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    with path.open("rb") as file:
        data = file.read(LARGEST_TEXT + 1)
    if len(data) > LARGEST_TEXT:
        raise OSError(errno.EFBIG, f"it has more than {LARGEST_TEXT // 1_000_000} MB of text", str(path))
    return data.decode("utf-8")
