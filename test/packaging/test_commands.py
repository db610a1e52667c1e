"""The commands that the ROS build installs: nodes and `control` for ros2 run, `dystream` on the PATH."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from patience import PATIENCE

import dystream_ros
from dystream_ros.nodes.parameters import PARAMETERS

pytest.importorskip("rclpy", reason="ROS is not on the Python path: run `make test`, or source scripts/env.sh")

from ament_index_python.packages import get_package_prefix

# The same install rules as under colcon, in the source tree.
PREFIX = Path(get_package_prefix("dystream_ros"))


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout


def test_every_node_control_and_the_command_line_are_executables_of_the_package():
    installed = {path.name for path in (PREFIX / "lib" / "dystream_ros").iterdir() if os.access(path, os.X_OK)}
    assert installed == {*PARAMETERS, "control", "dystream"}


def test_dystream_is_on_the_path_of_a_sourced_tree():
    assert run("dystream", "--version") == f"dystream {dystream_ros.__version__}\n"


def test_dystream_runs_as_an_executable_of_the_package():
    assert run(PREFIX / "lib" / "dystream_ros" / "dystream", "--version") == f"dystream {dystream_ros.__version__}\n"


def test_control_offers_the_transitions():
    text = run(PREFIX / "lib" / "dystream_ros" / "control", "--help")
    assert {"configure", "activate", "deactivate", "cleanup"} <= set(re.findall(r"\w+", text))


def test_the_laboratory_is_not_installed():
    cmake = (Path(__file__).parents[2] / "CMakeLists.txt").read_text()
    assert "install(DIRECTORY ${PROJECT_NAME}/" in cmake
    assert "dystream_lab" not in cmake
