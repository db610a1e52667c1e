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


def _folder() -> Path:
    """The folder of the .msg files: in the source tree, or in the share folder of a ROS build."""
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    places = [Path(__file__).parents[2] / "msg", *(Path(prefix) / "share" / PACKAGE / "msg" for prefix in prefixes)]
    for place in places:
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
