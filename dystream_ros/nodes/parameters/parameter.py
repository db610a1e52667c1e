"""One ROS parameter: its type, range, unit and meaning, tied to the settings field that holds it."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

Value = bool | int | float | str

# When a new value counts: at once, at the next configure transition, or at the next start of the node.
LIVE, CONFIGURE, START = "at once", "at the next configure", "at the next start"

TYPE_NAMES: dict[type, str] = {bool: "bool", int: "integer", float: "double", str: "string"}


@dataclass(frozen=True)
class Parameter:
    """What may be written for one parameter of a node.

    Attributes:
        name: name of the ROS parameter and of the settings field.
        default: value where none is given; its type is the parameter's type.
        description: one sentence for `ros2 param describe`, the launch argument and the README.
        unit: SI symbol, or "" for a plain number or a text.
        minimum, maximum: inclusive range of a number.
        choices: accepted values; empty when any is accepted.
        applies: `LIVE`, `CONFIGURE` or `START`; `START` makes the parameter read-only.
    """

    name: str
    default: Value
    description: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Value, ...] = ()
    applies: str = START

    @property
    def type(self) -> type:
        return type(self.default)

    @property
    def read_only(self) -> bool:
        return self.applies == START

    @property
    def accepted(self) -> str:
        """What is accepted, in words: "double, 0.0 to 1.0 s"."""
        words = TYPE_NAMES[self.type]
        if self.choices:
            words = "one of " + ", ".join(repr(choice) for choice in self.choices)
        if self.minimum is not None:
            words += f", {self.minimum} to {self.maximum}"
        return words + (f" {self.unit}" if self.unit else "")

    def check(self, value: object) -> Value:
        """The value in the parameter's own type; an integer serves as a double.

        Raises:
            ValueError: wrong type, out of range, or not one of the choices; the text says what is accepted.
        """
        if self.type is float and type(value) is int:
            value = float(value)
        if type(value) is not self.type:
            raise ValueError(f"parameter '{self.name}': got {value!r}; accepted is {self.accepted}")
        in_range = self.minimum is None or (math.isfinite(value) and self.minimum <= value <= self.maximum)
        if not in_range or (self.choices and value not in self.choices):
            raise ValueError(f"parameter '{self.name}': got {value!r}; accepted is {self.accepted}")
        return value


def parameter(default: Value, description: str, **limits: Any) -> Any:
    """A settings field that is a ROS parameter; `limits` are further attributes of `Parameter`."""
    return dataclasses.field(default=default, metadata={"description": description, **limits})


def table(settings: type) -> tuple[Parameter, ...]:
    """The parameters of a settings dataclass, in the order in which they are written."""
    return tuple(
        Parameter(name=field.name, default=field.default, **field.metadata) for field in dataclasses.fields(settings)
    )
