"""The fields of a message of a page: accepted types, lengths, ranges and choices, and the error for others."""

import dataclasses
import math
import unicodedata
from dataclasses import dataclass
from typing import Any


class Refused(Exception):
    """A request that cannot be fulfilled.

    Attributes:
        code: of the table in docs/web_protocol.md.
        text: what was given, what is accepted, and what to do.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True)
class Field:
    """The accepted values of one field of a message.

    Attributes:
        types: accepted types; bool is no int here, and an int is accepted where a float is.
        longest: characters of a text.
        shortest: characters of a text.
        low, high: inclusive range of a number.
        choices: accepted values; empty: any.
        printable: whether a text may have no control characters.
    """

    types: tuple[type, ...]
    longest: int = 0
    shortest: int = 0
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    printable: bool = True

    def check(self, name: str, value: object) -> Any:
        """The value; an int becomes a float where only a float is accepted.

        Raises:
            Refused: another type, length, range or choice.
        """
        whole = type(value) is int and float in self.types and int not in self.types
        if type(value) not in self.types and not whole:
            raise bad(f"'{name}' is {shown(value)}; accepted is {self}")
        if isinstance(value, str):
            self._check_text(name, value)
        elif isinstance(value, int | float) and not self.low <= value <= self.high:  # as of NaN
            raise bad(f"'{name}' is {shown(value)}; accepted is {self}")
        return float(value) if whole and isinstance(value, int) else value

    def __str__(self) -> str:
        if self.choices:
            return "one of " + ", ".join(map(repr, self.choices))
        names = {str: "a text", int: "an integer", float: "a number", bool: "true or false", type(None): "null"}
        words = " or ".join(names[each] for each in self.types)
        if str in self.types:
            words += f" of {self.shortest} to {self.longest} characters"
        if self.high < math.inf:
            words += f", {self.low:g} to {self.high:g}"
        return words

    def _check_text(self, name: str, value: str) -> None:
        if self.choices and value not in self.choices:
            raise bad(f"'{name}' is {shown(value)}; accepted is {self}")
        if not self.choices and not self.shortest <= len(value) <= self.longest:
            raise bad(f"'{name}' has {len(value)} characters; accepted is {self}")
        if self.printable and any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in value):
            raise bad(f"'{name}' has control characters: leave them out")


def text(longest: int, shortest: int = 0, default: str | None = None, printable: bool = True) -> Any:
    return field_of(Field((str,), longest=longest, shortest=shortest, printable=printable), default)


def one_of(choices: tuple[str, ...], default: str | None = None) -> Any:
    return field_of(Field((str,), choices=choices), default)


def flag(default: bool | None = None) -> Any:
    return field_of(Field((bool,)), default)


def number(low: float, high: float, *types: type) -> Any:
    return field_of(Field(types or (float,), low=low, high=high), None)


def field_of(field: Field, default: object) -> Any:
    if default is None:
        return dataclasses.field(metadata={"field": field})
    return dataclasses.field(default=default, metadata={"field": field})


def bad(text: str) -> Refused:
    return Refused("bad_message", text)


def shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
