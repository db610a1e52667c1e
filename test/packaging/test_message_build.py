"""The message build in a checkout whose path rosidl and CMake cannot read."""

import os
import subprocess
from pathlib import Path

import pytest
from patience import PATIENCE

pytest.importorskip("rclpy", reason="ROS is not on the Python path: run `make test`, or source scripts/env.sh")

ROOT = Path(__file__).parents[2]
SOURCES = ("CMakeLists.txt", "package.xml", "msg", "srv", "scripts", "launch", "config", "dystream_ros", ".venv")
# The part of setup.sh that the message build needs.
SET_UP = """
set -euo pipefail
cd "$1"; root=$PWD; venv=$root/.venv; ros=$(cat "$venv/ros-source")
fail() { echo "failed: $*"; exit 1; }
. scripts/setup/messages.sh
"""


@pytest.fixture
def checkout(tmp_path):
    """A checkout with an umlaut and a space in its path, with the virtual environment of this one."""
    folder = tmp_path / "Prüfstand eins" / "dystream_ros"
    folder.mkdir(parents=True)
    for name in SOURCES:
        (folder / name).symlink_to(ROOT / name)
    return folder


def run(script, *arguments, **environment):
    command = ["bash", "-c", script, "bash", *map(str, arguments)]
    result = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=PATIENCE)
    return result.returncode, result.stdout + result.stderr


def test_messages_are_configured_in_a_path_with_umlauts_and_spaces(checkout):
    status, output = run(SET_UP + "with_plain_path configure_messages", checkout)
    assert status == 0, output
    assert "Build files have been written to" in output
    script = (checkout / "build" / "ros" / "cmake" / "command" / "dystream").read_text()
    assert f"{checkout}/.venv/bin/python" in script


def test_the_link_to_the_tree_is_removed_also_after_a_failure(checkout):
    script = SET_UP + 'broken() { echo "tree: $1"; return 3; }; with_plain_path broken'
    status, output = run(script, checkout)
    tree = Path(output.strip().removeprefix("tree: "))
    assert status == 3
    assert str(tree).isascii()
    assert not tree.parent.exists()


def test_a_plain_path_is_used_as_it_is():
    status, output = run(SET_UP + 'show() { echo "tree: $1"; }; with_plain_path show', ROOT)
    assert status == 0
    if str(ROOT).isascii() and " " not in str(ROOT):
        assert output == f"tree: {ROOT}\n"
    else:
        assert output.startswith("tree: /tmp/dystream_ros.")


def test_a_workspace_in_such_a_path_is_refused_with_a_sentence(checkout):
    """As colcon builds, without a link."""
    status, output = run('cd "$1" && cmake -S . -B build', checkout, PATH=f"{ROOT}/.venv/bin:{os.environ['PATH']}")
    assert status != 0
    assert "rosidl cannot build messages in a path with characters outside ASCII" in " ".join(output.split())
