"""Decodes the messages of a bag by the definitions that it holds, which need not be honest."""

from typing import TYPE_CHECKING

from dystream_ros.bags.definitions import BagError, message_types

if TYPE_CHECKING:
    from rosbags.interfaces import Connection
    from rosbags.interfaces.typing import FieldDesc, Typesdict
    from rosbags.typesys.store import Typestore

_MOST_FIXED = 1_000_000  # bytes that the fields of a message of constant length have at most
_LONGEST_SEQUENCE = 1 << 24  # a minute of sound of 16 channels has fewer samples


class MessageDecoder:
    """Decodes messages of ROS Jazzy and of this package, as the bag defines them: an older version of this package may
    have written it.

    Definitions of other types are not parsed, nor those in IDL: rosbags takes exponential time for nested parentheses.
    A type whose definition is in IDL is decoded as it is defined here.
    """

    def __init__(self) -> None:
        self._known = message_types()
        self._stores: dict[tuple[str, str], Typestore] = {}

    def decode(self, connection: "Connection", serialized: bytes) -> object | None:
        """The message with its fields as attributes; None if its type is neither of ROS nor of this package.

        Raises:
            BagError: its definition cannot be used.
        """
        name = connection.msgtype
        if name not in self._known.fielddefs:
            return None
        key = (name, connection.msgdef.data)
        if key not in self._stores:
            self._stores[key] = self._store(connection)
        return self._stores[key].deserialize_cdr(serialized, name)

    def _store(self, connection: "Connection") -> "Typestore":
        from rosbags.interfaces import MessageDefinitionFormat
        from rosbags.typesys import Stores, get_types_from_msg, get_typestore

        definition = connection.msgdef
        if definition.format != MessageDefinitionFormat.MSG:
            return self._known
        types = get_types_from_msg(definition.data, connection.msgtype)
        if _least_bytes(types, connection.msgtype, ()) > _MOST_FIXED:
            raise BagError(f"the definition of {connection.msgtype} claims more than {_MOST_FIXED} bytes per message")
        store = get_typestore(Stores.EMPTY)
        store.max_sequence_length = _LONGEST_SEQUENCE
        store.register(types)
        return store


def _least_bytes(types: "Typesdict", name: str, above: tuple[str, ...]) -> int:
    """Bytes that a message has at least: those of its fields, without the elements of sequences."""
    if name in above or name not in types:
        raise BagError(f"the definition of {name} is missing, or holds itself")
    total = sum(_of_field(types, field, (*above, name)) for _, field in types[name][1])
    if not total:
        raise BagError(f"the definition of {name} has no fields")
    return total


def _of_field(types: "Typesdict", field: "FieldDesc", above: tuple[str, ...]) -> int:
    from rosbags.interfaces import Nodetype

    if field[0] == Nodetype.BASE:
        return 1
    if field[0] == Nodetype.NAME:
        return _least_bytes(types, field[1], above)
    element, count = field[1]
    least = _of_field(types, element, above)
    return least * count if field[0] == Nodetype.ARRAY else 1
