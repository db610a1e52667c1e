"""Keeps time and memory of reading a bag in proportion to its size, also where the file claims something else."""

import sqlite3
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from dystream_ros.bags.definitions import BagError

if TYPE_CHECKING:
    from rosbags.rosbag2 import Reader
    from rosbags.rosbag2.storage_mcap import ChunkInfo

MOST_OF_A_CHUNK = 256 << 20  # bytes, decompressed; rosbag2 writes chunks of 0.8 MB, the tools of MCAP of 4 MB
MOST_AT_ONCE = 1 << 30  # bytes of chunks that overlap in time and are therefore held together
MOST_METADATA = 8 << 20  # bytes of metadata.yaml
_PLAIN = ("table", "index")
_STEPS = 10_000  # of SQLite, between two looks at the budget


def check_metadata(path: Path) -> None:
    """Raises `BagError` if a metadata.yaml is too long to be one."""
    if (size := path.stat().st_size) > MOST_METADATA:
        raise BagError(f"{path} has {size // 1_000_000} MB, at most {MOST_METADATA // 1_000_000} are accepted")


def check_sqlite(path: Path) -> None:
    """Refuse a database that is more than tables: a view, a computed column or a page that leads to itself never ends.

    Raises:
        BagError: with the reason.
    """
    budget = iter(range(path.stat().st_size // _STEPS + 1000))  # a row has more bytes than it takes steps
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)
    try:
        connection.set_progress_handler(lambda: next(budget, None) is None, _STEPS)
        for kind, name, definition in connection.execute("SELECT type, name, sql FROM sqlite_master"):
            words = str(definition or "").upper().replace("(", " ").split()
            if kind not in _PLAIN or "VIRTUAL" in words or "AS" in words:
                raise BagError(f"{path} holds {name}, which is no plain table; rosbag2 writes tables only")
        rows, different = connection.execute("SELECT count(id), count(DISTINCT id) FROM topics").fetchone()
        if rows != different:
            raise BagError(f"{path} is damaged: topics have the same number")
        connection.execute("SELECT count(topic_id) FROM messages").fetchone()
        deque(connection.execute("SELECT timestamp FROM messages ORDER BY timestamp"), maxlen=0)  # reads the index
    except sqlite3.Error as error:
        raise BagError(f"{path} is damaged or incomplete ({error})") from error
    finally:
        connection.close()


def bound_chunks() -> None:
    """Let rosbags decompress no more than the size that a chunk states. Has an effect once."""
    from lz4.frame import LZ4FrameDecompressor
    from rosbags.rosbag2 import storage_mcap

    storage_mcap.DECOMPRESSORS |= {
        "zstd": lambda data, size: storage_mcap.zstd.ZstdDecompressor().decompress(data, max_length=_allowed(size)),
        "lz4": lambda data, size: LZ4FrameDecompressor().decompress(data, max_length=_allowed(size)),
    }


def check_chunks(reader: "Reader", size: int) -> None:
    """Check the index of the MCAP files of an open bag.

    Args:
        size: bytes of all files of the bag.

    Raises:
        BagError: chunks are listed several times, or would be held in memory together in too great a number.
    """
    from rosbags.rosbag2.reader import DirectoryReader
    from rosbags.rosbag2.storage_mcap import McapReader

    storage = reader.storage
    storages = storage.storages if isinstance(storage, DirectoryReader) else [storage]
    for each in storages:
        if isinstance(each, McapReader):
            if sum(chunk.chunk_length for chunk in each.chunks) > size:
                raise BagError(f"{each.path} is damaged: its index lists more than the file has")
            if (held := _held(each.chunks)) > MOST_AT_ONCE:
                raise BagError(
                    f"{each.path} has chunks of {held // 1_000_000} MB at the same time, at most "
                    f"{MOST_AT_ONCE // 1_000_000} are accepted; sort it with `mcap sort`"
                )


def _held(chunks: "list[ChunkInfo]") -> int:
    """The most bytes of chunks that hold messages of one time."""
    changes = [(chunk.message_start_time, 1, chunk.uncompressed_size) for chunk in chunks]
    changes += [(chunk.message_end_time, 2, -chunk.uncompressed_size) for chunk in chunks]
    most = now = 0
    for _, _, change in sorted(changes):
        now += change
        most = max(most, now)
    return most


def _allowed(size: int) -> int:
    """Bytes that a chunk of a stated size may give: one more, at which rosbags sees that it states too little."""
    if size > MOST_OF_A_CHUNK:
        raise BagError(f"a chunk claims {size // 1_000_000} MB, at most {MOST_OF_A_CHUNK // 1_000_000} are accepted")
    return size + 1
