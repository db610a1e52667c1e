"""The part of ROS launch that the launch files use, for machines without it: no package index has `launch`.

Same modules, classes, signatures and scoping as `launch` and `launch_ros` of Jazzy. test/launch/signatures.json holds
the signatures of the real classes; a test compares them with those below.
"""

import runpy
from types import ModuleType

from ament_index_python.packages import get_package_prefix


class LaunchContext:
    def __init__(self, *, argv=None, noninteractive=False):
        self.launch_configurations = {}


class LaunchDescriptionEntity:
    """An element of a launch description; `visit` returns the entities that result from it."""

    def visit(self, context):
        raise NotImplementedError


class LaunchDescription(LaunchDescriptionEntity):
    def __init__(self, initial_entities=None, *, deprecated_reason=None):
        self.entities = list(initial_entities or ())

    def visit(self, context):
        return self.entities

    def get_launch_arguments(self):
        return [entity for entity in self.entities if isinstance(entity, DeclareLaunchArgument)]


class Action(LaunchDescriptionEntity):
    def __init__(self, *, condition=None):
        self.condition = condition

    def visit(self, context):
        return self.execute(context) if self.condition is None or self.condition.evaluate(context) else None

    def execute(self, context):
        raise NotImplementedError


class DeclareLaunchArgument(Action):
    """Sets its default only if the scope has no value of that name: launch has one flat scope."""

    def __init__(self, name, *, default_value=None, description=None, choices=None, **kwargs):
        super().__init__(**kwargs)
        self.name, self.default_value, self.description, self.choices = name, default_value, description, choices

    def execute(self, context):
        value = context.launch_configurations.setdefault(self.name, self.default_value)
        if self.choices is not None and value not in self.choices:
            raise RuntimeError(f'Argument "{self.name}" provided value "{value}" is not valid')


class OpaqueFunction(Action):
    def __init__(self, *, function, args=None, kwargs=None, **left_over_kwargs):
        super().__init__(**left_over_kwargs)
        self._call = lambda context: function(context, *(args or ()), **(kwargs or {}))

    def execute(self, context):
        return self._call(context)


class SetLaunchConfiguration(Action):
    def __init__(self, name, value, **kwargs):
        super().__init__(**kwargs)
        self._set = {name: value}

    def execute(self, context):
        context.launch_configurations.update(self._set)


class Shutdown(Action):
    def __init__(self, *, reason="reason not given", **kwargs):
        super().__init__(**kwargs)
        self.reason = reason


class PythonLaunchDescriptionSource:
    def __init__(self, launch_file_path):
        self._path = launch_file_path

    def get_launch_description(self, context):
        return runpy.run_path(self._path)["generate_launch_description"]()


class IncludeLaunchDescription(Action):
    """Sets its arguments in the one scope, then visits what the file describes."""

    def __init__(self, launch_description_source, *, launch_arguments=None, **kwargs):
        super().__init__(**kwargs)
        self._source, self._arguments = launch_description_source, launch_arguments or ()

    def execute(self, context):
        given = [SetLaunchConfiguration(name, value) for name, value in self._arguments]
        return [*given, self._source.get_launch_description(context)]


class IfCondition:
    def __init__(self, predicate_expression):
        self._expression = predicate_expression

    def evaluate(self, context):
        return {"true": True, "false": False}[self._expression.perform(context).lower()]


class LaunchConfiguration:
    def __init__(self, variable_name, *, default=None):
        self._name, self._default = variable_name, default

    def perform(self, context):
        value = context.launch_configurations.get(self._name, self._default)
        if value is None:
            raise LookupError(f"launch configuration '{self._name}' does not exist")
        return value


class PythonExpression:
    def __init__(self, expression, python_modules=("math",)):
        self._parts = expression

    def perform(self, context):
        return str(eval("".join(part if isinstance(part, str) else part.perform(context) for part in self._parts)))


class Node(Action):
    """`execute` does not start the process; `command` is the command that would."""

    def __init__(
        self,
        *,
        executable,
        package=None,
        name=None,
        namespace=None,
        exec_name=None,
        parameters=None,
        remappings=None,
        ros_arguments=None,
        arguments=None,
        output="log",
        on_exit=None,
        respawn=False,
        respawn_delay=0.0,
        sigkill_timeout=None,
        condition=None,
    ):
        super().__init__(condition=condition)
        self._executable, self._package, self._name, self._namespace = executable, package, name, namespace
        self._parameters, self._remappings = parameters or [], remappings or []
        self._arguments = arguments or []

    def command(self, context):
        namespace = self._namespace.strip("/")
        rules = [f"__node:={self._name}", f"__ns:=/{namespace}", *(f"{old}:={new}" for old, new in self._remappings)]
        given = [each if isinstance(each, str) else each.perform(context) for each in self._arguments]
        command = [f"{get_package_prefix(self._package)}/lib/{self._package}/{self._executable}", *given, "--ros-args"]
        for rule in rules:
            command += ["-r", rule]
        for given in self._parameters:
            files = ["--params-file", given] if isinstance(given, str) else []
            command += files or [part for name, value in given.items() for part in ("-p", f"{name}:={_yaml(value)}")]
        return command

    def execute(self, context):
        self.started_as = self.command(context)


def _yaml(value):
    return str(value).lower() if isinstance(value, bool) else value


CLASSES = {
    "launch": (LaunchContext, LaunchDescription, LaunchDescriptionEntity),
    "launch.actions": (
        DeclareLaunchArgument,
        IncludeLaunchDescription,
        OpaqueFunction,
        SetLaunchConfiguration,
        Shutdown,
    ),
    "launch.conditions": (IfCondition,),
    "launch.launch_description_sources": (PythonLaunchDescriptionSource,),
    "launch.substitutions": (LaunchConfiguration, PythonExpression),
    "launch_ros": (),
    "launch_ros.actions": (Node,),
}


def modules():
    """The stand-ins as modules, for sys.modules."""
    made = {name: ModuleType(name) for name in CLASSES}
    for name, classes in CLASSES.items():
        made[name].__dict__.update({each.__name__: each for each in classes})
    return made
