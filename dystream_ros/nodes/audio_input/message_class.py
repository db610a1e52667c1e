"""Classes of messages whose package may be missing, or may be another one of the same name."""

import importlib
from typing import Any

# Where the packages come from that a ROS distribution does not bring by itself.
_SOURCES = {
    "audio_common_msgs": "two packages have this name: that of ros-drivers has AudioData and AudioDataStamped, that of "
    "mgonzs13 has AudioStamped; install the one that the source of the audio uses, and source its workspace",
}


class TypeUnavailable(ValueError):
    """A message type cannot be imported here; the message names its package."""


def message_class(type_name: str, *fields: str) -> Any:
    """The class of a message type, e.g. "std_msgs/msg/Header".

    Args:
        fields: that the message must have, since a package of the same name may define it otherwise.

    Raises:
        TypeUnavailable: the package is not installed, or defines another message of that name, or none.
    """
    package, kind, name = type_name.split("/")
    hint = f"; {_SOURCES[package]}" if package in _SOURCES else ""
    try:
        found = getattr(importlib.import_module(f"{package}.{kind}"), name, None)
    except ImportError as missing:
        raise TypeUnavailable(f"{type_name}: the package {package} is not installed{hint}") from missing
    if found is None:
        raise TypeUnavailable(f"{type_name}: the installed package {package} has no {name}{hint}")
    if fields and not set(fields) <= set(found.get_fields_and_field_types()):
        has = ", ".join(found.get_fields_and_field_types())
        raise TypeUnavailable(f"{type_name}: that of the installed package {package} has other fields ({has}){hint}")
    return found
