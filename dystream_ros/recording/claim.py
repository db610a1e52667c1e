"""One writer per output: programs that would write the same file at the same time are refused, except for the first."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

_LONGEST_NAME = 200  # bytes of the claimed name in that of the lock file; a file system allows 255
# File systems on which nothing can be locked, for instance some network disks: the claim is then granted to everyone.
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL)


class OutputInUse(RuntimeError):
    """Another program writes this output."""


@contextlib.contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Hold an output for this program during the block.

    A lock on a hidden file beside it holds it, also against other containers and users that see the same folder. The
    kernel ends the lock with the process, however that ends. The folder of the output is made if it is missing.

    Raises:
        OutputInUse: another program, or another part of this one, holds it; the message says what to do.
        OSError: the folder cannot be written.
    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = target.parent / os.fsdecode(b"." + os.fsencode(target.name)[:_LONGEST_NAME] + b".lock")
    descriptor = _locked(lock)
    if descriptor is None:
        raise OutputInUse(f"{path} is being written by another program; wait for its end, or give another name")
    try:
        yield
    finally:
        # In this order: who opens the file before it is removed sees the lock, and later finds another file.
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(lock: Path) -> int | None:
    """An open descriptor that holds the lock; None if another one holds it."""
    while True:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return descriptor
            os.close(descriptor)
            raise
        # The one that held it before may have removed the file after it was opened here.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(lock)):
                return descriptor
        os.close(descriptor)
