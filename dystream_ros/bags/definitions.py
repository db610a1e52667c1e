"""The message types of this package and of ROS for bags."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rosbags.typesys.store import Typestore

PACKAGE = "dystream_ros"


class BagError(ValueError):
    """A bag cannot be read or written; the message says what to do."""


def message_types() -> "Typestore":
    """The types of ROS Jazzy and those of this package, for a bag that does not hold its own definitions.

    Raises:
        BagError: the definitions of this package are not installed here.
    """
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    store = get_typestore(Stores.ROS2_JAZZY)
    for path in sorted(_folder().glob("*.msg")):
        store.register(get_types_from_msg(path.read_text(encoding="utf-8"), f"{PACKAGE}/msg/{path.stem}"))
    return store


def add_installed(store: "Typestore", type_name: str) -> None:
    """Add a message type of another package that is installed here, and the types of its fields.

    Raises:
        BagError: it has no definition here, or one that cannot be read.
    """
    from rosbags.interfaces import Nodetype
    from rosbags.typesys import TypesysError, get_types_from_msg

    if type_name in store.fielddefs:
        return
    package, _, name = type_name.split("/")
    file = next((found for place in _shared(package) if (found := place / f"{name}.msg").is_file()), None)
    if file is None:
        raise BagError(f"there is no definition of {type_name} here; install {package}, and source its workspace")
    try:
        types = get_types_from_msg(file.read_text(encoding="utf-8"), type_name)
    except (OSError, UnicodeDecodeError, TypesysError) as error:
        raise BagError(
            f"the definition {file} of {type_name} cannot be read ({error}); install {package} again"
        ) from error
    for _, field in types[type_name][1]:
        kind, value = field[1][0] if field[0] in (Nodetype.ARRAY, Nodetype.SEQUENCE) else field
        if kind == Nodetype.NAME:
            add_installed(store, str(value))
    store.register(types)


def _shared(package: str) -> list[Path]:
    """Where the .msg files of a package of a ROS build may be."""
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    return [Path(prefix) / "share" / package / "msg" for prefix in prefixes]


def _folder() -> Path:
    """The folder of the .msg files: in the source tree, or in the share folder of a ROS build."""
    for place in (Path(__file__).parents[2] / "msg", *_shared(PACKAGE)):
        if (place / "FaceMotion.msg").is_file():
            return place
    raise BagError(
        "the message definitions of dystream_ros are not installed here: work in the checkout, or source the workspace"
    )


@contextmanager
def fields_of(topic: str, type_name: str) -> Iterator[None]:
    """A field that the definition in a bag lacks, or has of another type, becomes a `BagError`."""
    try:
        yield
    except BagError:
        raise
    except (AttributeError, TypeError, ValueError) as error:
        raise BagError(
            f"{topic}: the {type_name} of this bag has other fields than that of this version ({error}); record again"
        ) from error
