"""Several WAV recordings in a row in one file, as services leave that stream speech sentence by sentence."""

import io
import re
from pathlib import Path

_HEADER = re.compile(rb"RIFF....WAVE", re.DOTALL)
_LENGTH = 12
_BLOCK = 1 << 20
# The chunk "data" begins within this many bytes of its recording.
_LONGEST_HEADER = 1 << 16


def recording_starts(path: Path) -> list[int]:
    """Positions of the WAV headers in a file that begins with one, in bytes; empty for any other file."""
    starts: list[int] = []
    with path.open("rb") as file:
        block = file.read(_BLOCK)
        if not _HEADER.match(block):
            return []
        position = 0
        while block:
            starts += [position + found.start() for found in _HEADER.finditer(block)]
            overlap = block[-_LENGTH + 1 :]
            position += len(block) - len(overlap)
            further = file.read(_BLOCK)
            block = overlap + further if further else b""
    return starts


class WavRecording(io.RawIOBase):
    """One recording of a file, as a file of its own whose stated length is true.

    Streams state 0, 2**31 - 1 or 2**32 - 1 bytes, since they do not know better when they begin.

    Args:
        start, end: positions in the file, in bytes.
    """

    def __init__(self, path: Path, start: int, end: int) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._start, self._size, self._at = start, end - start, 0
        self._patches = self._lengths()

    def _lengths(self) -> dict[int, bytes]:
        """The four bytes of each length, by their position."""
        self._file.seek(self._start)
        header = self._file.read(min(_LONGEST_HEADER, self._size))
        at = _LENGTH
        while at + 8 <= len(header):
            stated, rest = int.from_bytes(header[at + 4 : at + 8], "little"), self._size - at - 8
            if header[at : at + 4] == b"data":
                length = stated if 0 < stated <= rest else rest
                return {4: (at + length).to_bytes(4, "little"), at + 4: length.to_bytes(4, "little")}
            at += 8 + stated + stated % 2
        return {}

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._at)
        count = left if size is None or size < 0 else min(size, left)
        self._file.seek(self._start + self._at)
        data = bytearray(self._file.read(count))
        for position, patch in self._patches.items():
            for index, value in enumerate(patch, position - self._at):
                if 0 <= index < len(data):
                    data[index] = value
        self._at += len(data)
        return bytes(data)

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
