"""Writes bags that `ros2 bag`, Foxglove and rosbags read."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from dystream_ros.bags.definitions import BagError, add_installed, message_types

if TYPE_CHECKING:
    from rosbags.interfaces import Connection

STORAGES = ("mcap", "sqlite3")


class BagWriter:
    """A new bag in a folder of its own, complete after `close`.

    Args:
        path: the folder; it must not exist.
        storage: one of `STORAGES`.

    Raises:
        BagError: the folder exists, cannot be made, or the storage is unknown.
        ModuleNotFoundError: the package rosbags is not installed.
    """

    def __init__(self, path: Path, storage: str = "mcap") -> None:
        from rosbags.rosbag2 import StoragePlugin, Writer, WriterError

        if storage not in STORAGES:
            raise BagError(f"the storage is {storage!r}; accepted are {', '.join(STORAGES)}")
        if path.exists():
            raise BagError(f"{path} exists; give another name, a bag is a new folder")
        self._types = message_types()
        self._connections: dict[str, Connection] = {}
        self.messages = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = Writer(path, version=9, storage_plugin=StoragePlugin[storage.upper()])
            self._writer.open()
        except (OSError, WriterError) as error:
            raise BagError(f"{path} cannot be written: {error}; give a folder that you may write to") from error
        self._path = path

    def add_topic(self, topic: str, type_name: str) -> None:
        """Add a topic; nothing if it is there.

        Raises:
            BagError: the type is neither of ROS nor of a package that is installed here.
        """
        if topic in self._connections:
            return
        add_installed(self._types, type_name)
        self._connections[topic] = self._writer.add_connection(topic, type_name, typestore=self._types)

    def write(self, topic: str, recorded_ns: int, serialized: bytes) -> None:
        """Add a message in CDR to a topic. Raises OSError when the disk is full."""
        self._writer.write(self._connections[topic], recorded_ns, serialized)
        self.messages += 1

    def serialize(self, type_name: str, message: object) -> bytes:
        """A message of rosbags' own class for this type in CDR."""
        return bytes(self._types.serialize_cdr(message, type_name))

    def new(self, type_name: str, fields: Mapping[str, object]) -> object:
        """A message of rosbags' own class for a type."""
        return self._types.types[type_name](**fields)

    def close(self) -> None:
        """Complete the bag; a bag without a message is removed."""
        self._writer.close()
        if not self.messages:
            shutil.rmtree(self._path, ignore_errors=True)

    def __enter__(self) -> "BagWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
