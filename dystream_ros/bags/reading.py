"""Reads the messages of a bag in the order of their recording, in constant memory."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dystream_ros.bags.bounds import bound_chunks, check_chunks, check_metadata, check_sqlite
from dystream_ros.bags.definitions import BagError
from dystream_ros.bags.message_decoder import MessageDecoder

if TYPE_CHECKING:
    from rosbags.rosbag2 import Reader

_FILES = (".mcap", ".db3")


@dataclass(frozen=True)
class Record:
    """One message of a bag.

    Attributes:
        topic: as it was recorded, e.g. "/self/audio".
        type_name: e.g. "dystream_ros/msg/AudioChunk".
        recorded_ns: time of its recording.
        message: its fields as attributes; arrays are NumPy arrays. None if the type is neither of ROS nor of this
            package.
        serialized: the message in CDR.
    """

    topic: str
    type_name: str
    recorded_ns: int
    message: Any
    serialized: bytes


class Bag:
    """An open bag; from `open_bag`."""

    def __init__(self, path: Path, reader: "Reader") -> None:
        self._path, self._reader = path, reader
        self._decoder = MessageDecoder()

    @property
    def topics(self) -> dict[str, str]:
        """Message type by topic, of the topics that hold a message."""
        return {each.topic: each.msgtype for each in self._reader.connections if each.msgcount}

    @property
    def seconds(self) -> float:
        """From the first message to the last."""
        return self._reader.duration / 1e9 if self._reader.message_count else 0.0

    def topic(self, name: str) -> str:
        """The topic whose name is `name` or ends with /`name`; "" if there is none.

        Raises:
            BagError: several topics end so.
        """
        wanted = "/" + name.strip("/")
        found = [topic for topic in self.topics if topic == wanted] or [
            topic for topic in self.topics if topic.endswith(wanted)
        ]
        if len(found) > 1:
            raise BagError(f"{self._path} has several topics {wanted}: {', '.join(found)}; name one of them in full")
        return found[0] if found else ""

    def records(self, topics: Sequence[str], decode: bool = True) -> Iterator[Record]:
        """The messages of some topics, in the order of their recording.

        Args:
            decode: False for records whose `message` is None.

        Raises:
            BagError: the bag is damaged.
        """
        wanted = [each for each in self._reader.connections if each.topic in topics]
        if not wanted:
            return
        with _explained(self._path):
            for connection, recorded_ns, serialized in self._reader.messages(wanted):
                message = self._decoder.decode(connection, serialized) if decode else None
                yield Record(connection.topic, connection.msgtype, recorded_ns, message, bytes(serialized))


@contextmanager
def open_bag(path: str | Path) -> Iterator[Bag]:
    """Open a folder that rosbag2 recorded, or one of its .mcap or .db3 files.

    Raises:
        BagError: there is no such bag, or it is damaged.
        ModuleNotFoundError: the package rosbags is not installed.
    """
    path = Path(path)
    if not os.path.exists(path):
        raise BagError(f"there is no bag {path}; give the folder that `ros2 bag record` made, or an .mcap file")
    if path.is_dir() and not (path / "metadata.yaml").is_file():
        files = sorted(each for each in path.iterdir() if each.suffix in _FILES)
        if not files:
            raise BagError(f"{path} is no bag: it has neither metadata.yaml nor a file {' or '.join(_FILES)}")
        if len(files) > 1:
            raise BagError(f"{path} has no metadata.yaml; give one of its files, or run `ros2 bag reindex {path}`")
        [path] = files
    if not path.is_dir() and path.suffix not in _FILES:
        raise BagError(f"{path} is no bag; accepted are folders of rosbag2, and files {' and '.join(_FILES)}")
    files = list(path.iterdir()) if path.is_dir() else [path]
    for file in files:
        if not (file.is_file() or file.is_dir()):
            raise BagError(f"{file} is no regular file; a bag holds only files")
    from rosbags.rosbag2 import Reader

    with _explained(path):
        for file in files:
            if file.name == "metadata.yaml":
                check_metadata(file)
            elif file.suffix == ".db3":
                check_sqlite(file)
        bound_chunks()
        reader = Reader(path)
        reader.open()
    try:
        with _explained(path):
            check_chunks(reader, sum(file.stat().st_size for file in files))
        yield Bag(path, reader)
    finally:
        reader.close()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """An error of the reader of the file becomes a `BagError`."""
    try:
        yield
    except (BagError, GeneratorExit):
        raise
    except Exception as error:  # of many kinds; a length that damage made huge is a MemoryError
        text = f"{type(error).__name__}: {error}" if not str(error) else str(error)
        raise BagError(
            f"{path} is damaged or incomplete ({text}); a recorder that was killed leaves no index: `ros2 bag reindex` "
            "or `mcap recover` writes it again"
        ) from error
