"""What a technician needs to know about a file that cannot be written."""

import errno
import os
import shutil
from pathlib import Path

LITTLE_SPACE = 100_000_000  # bytes; a minute of video takes about 10 MB

_FULL = (errno.ENOSPC, errno.EDQUOT)
_NOT_ALLOWED = (errno.EROFS, errno.EACCES, errno.EPERM)


def writing_failed(error: OSError, path: Path) -> str:
    """One line: the file, the reason, and what to do; the file that the error names precedes `path`."""
    path = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else path
    folder = _existing(path)
    if error.errno in _FULL:
        free = free_space(path) / 1e6
        return f"{path}: the disk of {folder} is full ({free:.1f} MB free); free space, or write to another disk"
    if error.errno in _NOT_ALLOWED:
        return f"{path}: {folder} is not writable ({os.strerror(error.errno)}); choose another folder"
    reason = error.strerror or str(error)
    return f"{path}: {reason}; choose a file in a folder that exists or can be made"


def free_space(path: Path) -> int:
    """Bytes that are free on the disk of a file, which need not exist."""
    return shutil.disk_usage(_existing(path)).free


def _existing(path: Path) -> Path:
    return next(
        (each for each in (path.absolute().parent, *path.absolute().parent.parents) if each.is_dir()), Path("/")
    )


def check_writable(path: Path) -> None:
    """Make the folder of a file and check that the file can be written; an existing file is not changed.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
