"""Keeps what only the start of the head needs from staying in its memory."""

import contextlib
import ctypes
import gc
import re
from collections.abc import Iterator
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_MADV_DONTNEED = 4
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # parameters of glibc's mallopt
# While model and renderer load, blocks of this size and above are mapped alone, so that they leave no holes.
_LOADING = 64 * 2**10
# Afterwards only those larger than a picture of 1024 x 1024 are, since mapping and unmapping an image takes longer than
# filling it. Those of a face that is loaded are larger: in the arenas of threads they would leave memory for ever.
_RUNNING = 6 * 2**20


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Load the parts of a head in this block, in any threads; at its end their unused memory is returned."""
    _map_alone(_LOADING)
    try:
        yield
    finally:
        _map_alone(_RUNNING)
        settle()


def settle() -> None:
    """Return memory that is not in use; the process goes on as before.

    Free pages of the heap go back to the system, and so does code: loading runs much of it once, above all the shader
    compiler of Mesa (50 MiB). Code that runs again is mapped again from the page cache, 64 KiB at a time.
    """
    gc.collect()
    trim = getattr(_LIBC, "malloc_trim", None)  # glibc only: other C libraries return memory themselves
    if trim is not None:
        trim(0)
    for line in Path("/proc/self/maps").read_text().splitlines():
        # Code of files only: it is never written, and what is written in private pages would be lost.
        if code := re.match(r"([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ [1-9]\d* +/", line):
            begin, end = (int(number, 16) for number in code.groups())
            _LIBC.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), _MADV_DONTNEED)


def _map_alone(size: int) -> None:
    mallopt = getattr(_LIBC, "mallopt", None)  # glibc only
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, size)
        mallopt(_M_TRIM_THRESHOLD, 2 * size)
