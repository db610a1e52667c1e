"""One ROS parameter: its type, range, unit and meaning, tied to the settings field that holds it."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

Value = bool | int | float | str
Default = TypeVar("Default", bool, int, float, str)

# When a new value takes effect.
LIVE, RESET, CONFIGURE, START = "at once", "at the next reset", "at the next configure", "at the next start"

TYPE_NAMES: dict[type, str] = {bool: "bool", int: "integer", float: "double", str: "string"}


class Dataclass(Protocol):
    """Any dataclass; the settings of each node are one."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


@dataclass(frozen=True)
class Parameter:
    """The accepted values of one parameter of a node.

    Attributes:
        name: name of the ROS parameter and of the settings field.
        default: default value; its type is the parameter's type.
        description: one sentence for `ros2 param describe`, the launch argument, the YAML file and docs/nodes.md.
        unit: SI symbol; "" for a plain number or a text.
        minimum, maximum: inclusive range of a number, both or neither.
        choices: accepted values; empty when any is accepted.
        applies: when a new value takes effect: `LIVE`, `RESET`, `CONFIGURE` or `START`; `START` makes the parameter
            read-only.
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
        """The accepted values as a text: "double, 0.0 to 1.0 s"."""
        words = TYPE_NAMES[self.type]
        if self.choices:
            words = "one of " + ", ".join(repr(choice) for choice in self.choices)
        if self.minimum is not None:
            words += f", {self.minimum} to {self.maximum}"
        return words + (f" {self.unit}" if self.unit else "")

    def check(self, value: object) -> Value:
        """The value in the parameter's own type; an integer is accepted for a double.

        Raises:
            ValueError: wrong type, out of range, or not one of the choices; the message lists the accepted values.
        """
        if self.type is float and type(value) is int:
            value = float(value)
        if isinstance(value, bool | int | float | str) and type(value) is self.type and self._accepts(value):
            return value
        raise ValueError(f"parameter '{self.name}': got {value!r}; accepted is {self.accepted}")

    def _accepts(self, value: Value) -> bool:
        if self.choices and value not in self.choices:
            return False
        if self.minimum is None or self.maximum is None or isinstance(value, str):
            return True
        return math.isfinite(value) and self.minimum <= value <= self.maximum


def parameter(
    default: Default,
    description: str,
    *,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[Value, ...] = (),
    applies: str = START,
) -> Default:
    """A field of a settings dataclass that is a ROS parameter; arguments as in `Parameter`."""
    described = {"default": default, "description": description, "unit": unit, "applies": applies}
    limits = {"minimum": minimum, "maximum": maximum, "choices": choices}
    return dataclasses.field(default=default, metadata=described | limits)


def table(settings: type[Dataclass]) -> tuple[Parameter, ...]:
    """The parameters of a settings dataclass, in the order of its fields."""
    return tuple(Parameter(name=field.name, **field.metadata) for field in dataclasses.fields(settings))
