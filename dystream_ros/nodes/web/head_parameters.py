"""Which parameters of a head a page may see and change, as the head itself describes them."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from rcl_interfaces.msg import ParameterDescriptor, ParameterType

from dystream_ros.assets import FOLDER
from dystream_ros.nodes.parameters.behaviour import BehaviourSettings
from dystream_ros.nodes.web.message_fields import Refused
from dystream_ros.nodes.web.protocol import Json

Value = bool | int | float | str

_TYPES = {
    ParameterType.PARAMETER_BOOL: "bool",
    ParameterType.PARAMETER_INTEGER: "integer",
    ParameterType.PARAMETER_DOUBLE: "double",
    ParameterType.PARAMETER_STRING: "string",
}
_APPEARANCE = "portrait framing background mirror rotation image_width image_height jpeg_quality".split()
_BEHAVIOUR = frozenset(BehaviourSettings.__dataclass_fields__)
_BACKGROUNDS = ("keep", "transparent", "black", "white", "grey", "green", "blue")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_HIDDEN = ("use_sim_time", "start_type_description_service")


def shipped_portraits() -> list[str]:
    """Names of the portraits of this package."""
    return sorted(path.stem for path in (FOLDER / "portraits").glob("*.face"))


@dataclass(frozen=True)
class Listed:
    """A parameter that a page may change; the fields are those of docs/web_protocol.md."""

    name: str
    type: str
    value: Value
    minimum: float | None
    maximum: float | None
    choices: tuple[Value, ...] | None
    description: str
    applies: str
    group: str

    def json(self) -> Json:
        """As sent to pages; null in place of NaN and infinity, which JSON does not have."""
        return {name: _finite(value) for name, value in asdict(self).items()}

    def checked(self, value: Value) -> Value:
        """The value in the type of the parameter; whether a number is in its range is for the head to say.

        Raises:
            Refused: another type, or a text that is none of the choices, for example the path of a file.
        """
        kinds: dict[str, tuple[type, ...]] = {
            "bool": (bool,),
            "integer": (int,),
            "double": (int, float),
            "string": (str,),
        }
        if type(value) not in kinds[self.type]:
            raise Refused("refused", f"'{self.name}' is {value!r}; accepted is a value of type {self.type}")
        if self.type == "integer" and not -(2**63) <= value < 2**63:  # type: ignore[operator]
            raise Refused("refused", f"'{self.name}' is {value!r}; accepted is a 64-bit integer")
        if isinstance(value, str) and not (self.choices and value in self.choices) and not self._is_colour(value):
            accepted = ", ".join(map(repr, self.choices or ()))
            further = ", or a colour as #rrggbb" if self.name == "background" else ""
            raise Refused(
                "refused",
                f"'{self.name}' is {value!r}; accepted from a page is one of {accepted}{further}. Files of this "
                f"machine are chosen on the machine: ros2 param set",
            )
        return float(value) if self.type == "double" else value

    def _is_colour(self, value: str) -> bool:
        return self.name == "background" and _COLOUR.fullmatch(value) is not None


def listed(descriptors: Sequence[ParameterDescriptor], values: Iterable[object]) -> list[Listed]:
    """The parameters that a page may change, of all those of a head.

    A text is only listed with its choices: any other may name a file of the machine.
    """
    result = []
    for descriptor, value in zip(descriptors, values):
        one = _listed(descriptor, value)
        if one is not None:
            result.append(one)
    return result


def _listed(descriptor: ParameterDescriptor, value: object) -> Listed | None:
    name, kind = descriptor.name, _TYPES.get(descriptor.type)
    if kind is None or descriptor.read_only or name in _HIDDEN or name.startswith("qos_overrides."):
        return None
    if not isinstance(value, bool | int | float | str):
        return None
    ranges = [*descriptor.integer_range, *descriptor.floating_point_range]
    accepted, _, applies = descriptor.additional_constraints.partition("; takes effect ")
    one = Listed(
        name=name,
        type=kind,
        value=value,
        minimum=ranges[0].from_value if ranges else None,
        maximum=ranges[0].to_value if ranges else None,
        choices=_choices(accepted, kind),
        description=descriptor.description,
        applies=applies,
        group=_group(name),
    )
    if name == "portrait":
        return replace(one, choices=_with_present(shipped_portraits(), value))
    if name == "background":
        return replace(one, choices=_with_present(_BACKGROUNDS, value))
    return one if kind != "string" or one.choices else None


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _with_present(choices: Iterable[Value], value: Value) -> tuple[Value, ...]:
    """The choices, and the present value: it was set on the machine."""
    return tuple(dict.fromkeys([*choices, value]))


def _choices(accepted: str, kind: str) -> tuple[Value, ...] | None:
    if not accepted.startswith("one of "):
        return None
    if kind == "string":
        return tuple(re.findall(r"'([^']*)'", accepted))
    numbers = re.findall(r"-?\d+(?:\.\d+)?", accepted)
    return tuple(int(each) if kind == "integer" else float(each) for each in numbers)


def _group(name: str) -> str:
    if name in _APPEARANCE:
        return "appearance"
    return "behaviour" if name in _BEHAVIOUR else "other"
