"""Declares the parameters of a table on a node, and reads them back as settings.

rclpy alone would refuse an integer for a double, end the node on a value out of range, and ignore an unknown key in a
YAML file. Here an integer is accepted for a double. A value that is refused and an unknown key are reported together
with the accepted values; the default is used, and the node runs.
"""

import dataclasses
import difflib
from typing import TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy import parameter as ros
from rclpy.node import Node

from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.parameters.parameter import LIVE, Dataclass, Parameter, Value, table

Settings = TypeVar("Settings", bound=Dataclass)

REFUSED = "parameters_refused"
UNKNOWN = "parameters_unknown"

# Names that rclpy itself declares or reads.
_RESERVED = ("use_sim_time", "start_type_description_service", "qos_overrides.")


def declare(node: Node, settings: type[Dataclass], reports: Reports) -> None:
    """Declare the parameters of `settings` on a node made with `automatically_declare_parameters_from_overrides`."""
    parameters = {parameter.name: parameter for parameter in table(settings)}
    given = _given(node)
    values: dict[str, Value] = {}
    for name in given:
        node.undeclare_parameter(name)
        if name not in parameters:
            _report_unknown(name, parameters, reports)
    for name, parameter in parameters.items():
        values[name] = parameter.default
        try:
            values[name] = parameter.check(given.get(name, parameter.default))
        except ValueError as refused:
            reports.error(REFUSED, f"{refused}; the default {parameter.default!r} is used", about=name)
        node.declare_parameter(name, values[name], _descriptor(parameter), ignore_override=True)
    node.add_pre_set_parameters_callback(lambda given: [_as_declared(change, parameters) for change in given])
    node.add_on_set_parameters_callback(lambda given: _checked(given, parameters, reports))
    node.add_post_set_parameters_callback(lambda given: _log_deferred(node, given, parameters, values))


def read(node: Node, settings: type[Settings]) -> Settings:
    """The settings with the present values of the node's parameters."""
    return settings(**{field.name: node.get_parameter(field.name).value for field in dataclasses.fields(settings)})


def _given(node: Node) -> dict[str, object]:
    """Values from the command line and from params files, without rclpy's own parameters."""
    names = [name for name in node.get_parameters_by_prefix("") if not name.startswith(_RESERVED)]
    return {name: node.get_parameter(name).value for name in names}


def _report_unknown(name: str, parameters: dict[str, Parameter], reports: Reports) -> None:
    close = difflib.get_close_matches(name, parameters, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"the parameters are: {', '.join(parameters)}"
    reports.error(UNKNOWN, f"there is no parameter '{name}', its value is not used; {hint}", about=name)


def _descriptor(parameter: Parameter) -> ParameterDescriptor:
    unit = f" [{parameter.unit}]" if parameter.unit else ""
    descriptor = ParameterDescriptor(
        description=parameter.description + unit,
        additional_constraints=f"{parameter.accepted}; takes effect {parameter.applies}",
        read_only=parameter.read_only,
    )
    low, high = parameter.minimum, parameter.maximum
    if low is not None and high is not None:
        if parameter.type is float:
            descriptor.floating_point_range = [FloatingPointRange(from_value=float(low), to_value=float(high))]
        else:
            descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high))]
    return descriptor


def _as_declared(given: ros.Parameter, parameters: dict[str, Parameter]) -> ros.Parameter:
    parameter = parameters.get(given.name)
    if parameter is not None and parameter.type is float and given.type_ == ros.Parameter.Type.INTEGER:
        return ros.Parameter(given.name, value=float(given.value))
    return given


def _checked(given: list[ros.Parameter], parameters: dict[str, Parameter], reports: Reports) -> SetParametersResult:
    for change in given:
        if change.name not in parameters:
            continue
        try:
            parameters[change.name].check(change.value)
        except ValueError as refused:
            reports.error(REFUSED, str(refused), about=change.name)
            return SetParametersResult(successful=False, reason=str(refused))
    return SetParametersResult(successful=True)


def _log_deferred(
    node: Node, given: list[ros.Parameter], parameters: dict[str, Parameter], values: dict[str, Value]
) -> None:
    """Log each changed parameter whose new value does not take effect at once; `values` are the former ones."""
    for change in given:
        if change.name not in parameters or values[change.name] == change.value:
            continue
        parameter, values[change.name] = parameters[change.name], change.value
        if parameter.applies != LIVE:
            node.get_logger().info(f"{change.name} is now {change.value!r}, which takes effect {parameter.applies}")
