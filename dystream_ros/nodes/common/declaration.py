"""Declares the parameters of a table on a node, and reads them back as settings.

rclpy alone would refuse an integer for a double, end the node on a value out of range, and keep silent about a key in
a YAML file that no parameter has. Here each is reported with what is accepted, the default is used, and the node runs.
"""

import dataclasses
import difflib
from typing import Any, TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy import parameter as ros
from rclpy.node import Node

from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.parameters.parameter import Parameter, table

Settings = TypeVar("Settings")

REFUSED = "parameters_refused"
UNKNOWN = "parameters_unknown"

# Names that rclpy itself declares or reads.
_RESERVED = ("use_sim_time", "start_type_description_service", "qos_overrides.")


def declare(node: Node, settings: type, reports: Reports) -> None:
    """Declare the parameters of `settings` on a node made with `automatically_declare_parameters_from_overrides`."""
    parameters = {parameter.name: parameter for parameter in table(settings)}
    given = {
        name: value.value for name, value in node.get_parameters_by_prefix("").items() if not name.startswith(_RESERVED)
    }
    for name in given:
        node.undeclare_parameter(name)
        if name not in parameters:
            _report_unknown(name, parameters, reports)
    for name, parameter in parameters.items():
        value = parameter.default
        try:
            value = parameter.check(given.get(name, value))
        except ValueError as refused:
            reports.error(REFUSED, f"{refused}; going on with {value!r}", about=name)
        node.declare_parameter(name, value, _descriptor(parameter), ignore_override=True)
    node.add_pre_set_parameters_callback(lambda given: [_as_declared(each, parameters) for each in given])
    node.add_on_set_parameters_callback(lambda given: _checked(given, parameters, reports))


def read(node: Node, settings: type[Settings]) -> Settings:
    """The settings as the parameters of the node have them now."""
    return settings(**{field.name: node.get_parameter(field.name).value for field in dataclasses.fields(settings)})


def _report_unknown(name: str, parameters: dict[str, Parameter], reports: Reports) -> None:
    close = difflib.get_close_matches(name, parameters, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known are: {', '.join(parameters)}"
    reports.error(UNKNOWN, f"no parameter is called '{name}', its value is not used; {hint}", about=name)


def _descriptor(parameter: Parameter) -> ParameterDescriptor:
    unit = f" [{parameter.unit}]" if parameter.unit else ""
    descriptor = ParameterDescriptor(
        description=parameter.description + unit,
        additional_constraints=f"{parameter.accepted}; a new value counts {parameter.applies}",
        read_only=parameter.read_only,
    )
    if parameter.minimum is not None and parameter.type is float:
        limits = FloatingPointRange(from_value=float(parameter.minimum), to_value=float(parameter.maximum))
        descriptor.floating_point_range = [limits]
    elif parameter.minimum is not None:
        descriptor.integer_range = [IntegerRange(from_value=int(parameter.minimum), to_value=int(parameter.maximum))]
    return descriptor


def _as_declared(given: ros.Parameter, parameters: dict[str, Parameter]) -> ros.Parameter:
    parameter = parameters.get(given.name)
    if parameter is not None and parameter.type is float and given.type_ == ros.Parameter.Type.INTEGER:
        return ros.Parameter(given.name, value=float(given.value))
    return given


def _checked(given: list[Any], parameters: dict[str, Parameter], reports: Reports) -> SetParametersResult:
    for each in given:
        if each.name not in parameters:
            continue
        try:
            parameters[each.name].check(each.value)
        except ValueError as refused:
            reports.error(REFUSED, str(refused), about=each.name)
            return SetParametersResult(successful=False, reason=str(refused))
    return SetParametersResult(successful=True)
