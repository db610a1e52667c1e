"""Runs launch files without `launch`, which no package index has: stand-ins note what a file does with it."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

LAUNCH_FOLDER = Path(__file__).parents[2] / "launch"


class LaunchConfiguration:
    def __init__(self, name):
        self.name = name

    def perform(self, context):
        context.asked.add(self.name)
        return context.values[self.name]


class PythonExpression:
    def __init__(self, parts):
        self.parts = parts

    def perform(self, context):
        return str(eval("".join(part if isinstance(part, str) else part.perform(context) for part in self.parts)))


class DeclareLaunchArgument(SimpleNamespace):
    def __init__(self, name, *, default_value, description, choices=None):
        super().__init__(name=name, default_value=default_value, description=description, choices=choices)


def _recorder(name):
    """A class that keeps what it was made with."""
    return type(name, (SimpleNamespace,), {})


def _positional(name, field):
    def keep(self, value):
        setattr(self, field, value)

    return type(name, (), {"__init__": keep})


class SetLaunchConfiguration(SimpleNamespace):
    def __init__(self, name, value):
        super().__init__(name=name, value=value)


STAND_INS = {
    "launch": {"LaunchDescription": _positional("LaunchDescription", "entities"), "LaunchContext": object},
    "launch.actions": {
        "DeclareLaunchArgument": DeclareLaunchArgument,
        "OpaqueFunction": _recorder("OpaqueFunction"),
        "SetLaunchConfiguration": SetLaunchConfiguration,
        "Shutdown": _recorder("Shutdown"),
    },
    "launch.conditions": {"IfCondition": _positional("IfCondition", "expression")},
    "launch.substitutions": {"LaunchConfiguration": LaunchConfiguration, "PythonExpression": PythonExpression},
    "launch_ros": {},
    "launch_ros.actions": {"Node": _recorder("Node")},
}


class Launched:
    """What a launch file starts with the given arguments: its declared arguments and, by node name, its nodes."""

    def __init__(self, description, given):
        entities = description.entities
        self.arguments = [entity for entity in entities if isinstance(entity, DeclareLaunchArgument)]
        unknown = set(given) - {argument.name for argument in self.arguments}
        assert not unknown, f"no such launch arguments: {unknown}"
        self.values = {argument.name: argument.default_value for argument in self.arguments} | given
        self.asked = set()
        self.nodes = {}
        for entity in entities:
            for made in entity.function(self) if hasattr(entity, "function") else ():
                self._take(made)

    def _take(self, made):
        if isinstance(made, SetLaunchConfiguration):
            self.values[made.name] = made.value
            return
        made.namespace = made.namespace.perform(self)
        condition = getattr(made, "condition", None)
        if condition is None or condition.expression.perform(self) == "True":
            self.nodes[made.name] = made


@pytest.fixture
def launched(monkeypatch):
    """launched("head", model="compact") runs launch/head.launch.py with the argument model:=compact."""
    for name, content in STAND_INS.items():
        module = ModuleType(name)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)
    # The stand-ins must not stay bound in the module that the launch files share.
    monkeypatch.delitem(sys.modules, "dystream_ros.nodes.common.launching", raising=False)

    def launch(file, **arguments):
        path = LAUNCH_FOLDER / f"{file}.launch.py"
        specification = importlib.util.spec_from_file_location(f"launch_file_{file}", path)
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        return Launched(module.generate_launch_description(), arguments)

    yield launch
    sys.modules.pop("dystream_ros.nodes.common.launching", None)
