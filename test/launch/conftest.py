"""Runs launch files under ROS's own launch where it is installed, and else under stand-ins of the same signatures."""

import importlib
import importlib.util
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import launch_stand_in
import peer_messages
import pytest
from patience import PATIENCE

LAUNCH_FOLDER = Path(__file__).parents[2] / "launch"
# `launch` alone is no proof: the folder of launch files is importable under that name.
REAL = importlib.util.find_spec("launch_ros") is not None
if REAL and importlib.util.find_spec("composition_interfaces") is None:
    # launch_ros imports it, and the wheels of ROS do not have it.
    sys.path.append(str(peer_messages.python_folder("composition")))


@dataclass(frozen=True)
class Started:
    """One node that a launch file starts."""

    executable: str
    name: str
    namespace: str
    parameters: list
    remappings: list
    on_exit: str = ""
    respawn: bool = False
    ros_arguments: tuple = ()
    arguments: list = field(default_factory=list)
    sigkill_timeout: str = ""


class Launched:
    """What a launch file declares and starts with the given arguments, and under a parent's values.

    Attributes:
        arguments: declared launch arguments.
        nodes: by name, with its namespace where it has one.
    """

    def __init__(self, description, context, made):
        self.arguments = description.get_launch_arguments()
        self.nodes = {}
        self._context, self._made = context, made
        self._visit(description)

    def _visit(self, entity):
        for found in entity.visit(self._context) or ():
            self._visit(found)
        if entity in self._made:
            given = self._made[entity]
            full_name = f"{given['namespace']}/{given['name']}" if given["namespace"] else given["name"]
            self.nodes[full_name] = Started(
                given["executable"],
                given["name"],
                given["namespace"],
                given["parameters"],
                given["remappings"],
                type(given["on_exit"]).__name__ if "on_exit" in given else "",
                given.get("respawn", False),
                tuple(given.get("ros_arguments", ())),
                [each if isinstance(each, str) else each.perform(self._context) for each in given.get("arguments", [])],
                given["sigkill_timeout"].perform(self._context),
            )


@pytest.fixture
def launch_modules(monkeypatch):
    """ROS's launch or its stand-ins, importable; the launch files and what they share are imported anew with them."""
    if not REAL:
        for name, module in launch_stand_in.modules().items():
            monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "dystream_ros.nodes.common.launching", raising=False)
    yield importlib.import_module("dystream_ros.nodes.common.launching")
    # The stand-ins must not stay bound in the module that the launch files share.
    sys.modules.pop("dystream_ros.nodes.common.launching", None)


def description_of(file: str):
    path = LAUNCH_FOLDER / f"{file}.launch.py"
    specification = importlib.util.spec_from_file_location(f"launch_file_{file}", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.generate_launch_description()


@pytest.fixture
def launched(launch_modules: ModuleType, monkeypatch):
    """launched("head", head_model="compact") runs launch/head.launch.py with the argument head_model:=compact.

    `parent` are the values of a launch file that includes it: one scope, as in ROS launch.
    """
    made, descriptions = {}, {}  # a file is read once for all its arguments

    class RecordedNode(launch_modules.Node):
        """Started in no process: kept with what it was made with, where its condition holds."""

        def __init__(self, **given):
            super().__init__(**given)
            self.given = given

        def execute(self, context):
            made[self] = self.given

    monkeypatch.setattr(launch_modules, "Node", RecordedNode)

    def launch(file, parent=None, **arguments):
        description = descriptions[file] = descriptions.get(file) or description_of(file)
        made.clear()
        unknown = set(arguments) - {argument.name for argument in description.get_launch_arguments()}
        assert not unknown, f"no such launch arguments: {unknown}"
        context = sys.modules["launch"].LaunchContext()
        context.launch_configurations.update((parent or {}) | arguments)
        return Launched(description, context, made)

    return launch


@pytest.fixture
def run_head(launch_modules):
    """run_head(text, **arguments) runs head.launch.py until its node has logged the text, then ends it as Ctrl-C does.

    Returns the log and the exit status of the node.
    """
    return _run_under_launch if REAL else _run_command


def _run_command(text, **arguments):
    context = sys.modules["launch"].LaunchContext()
    context.launch_configurations.update(arguments)
    nodes = []

    def visit(entity):
        for found in entity.visit(context) or ():
            nodes.extend([found] if isinstance(found, launch_stand_in.Node) else [])
            visit(found)

    visit(description_of("head"))
    [node] = nodes
    process = subprocess.Popen(
        node.started_as, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ
    )
    log = ""
    try:
        for line in process.stdout:
            log += line
            if text in line:
                process.send_signal(signal.SIGINT)
        return log, process.wait(PATIENCE)
    finally:
        process.kill()


def _run_under_launch(text, **arguments):
    import launch
    from launch.actions import EmitEvent, IncludeLaunchDescription, RegisterEventHandler, TimerAction
    from launch.event_handlers import OnProcessExit, OnProcessIO
    from launch.events import Shutdown
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    log, statuses = [], []

    def on_output(event):
        log.append(event.text.decode())
        return EmitEvent(event=Shutdown()) if text in "".join(log) else None

    head = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(LAUNCH_FOLDER / "head.launch.py")), launch_arguments=arguments.items()
    )
    service = launch.LaunchService(noninteractive=True)
    service.include_launch_description(
        launch.LaunchDescription(
            [
                RegisterEventHandler(OnProcessIO(on_stdout=on_output, on_stderr=on_output)),
                RegisterEventHandler(OnProcessExit(on_exit=lambda event, _: statuses.append(event.returncode))),
                head,
                TimerAction(period=60.0, actions=[EmitEvent(event=Shutdown())]),
            ]
        )
    )
    service.run()
    [status] = statuses
    return "".join(log), status
