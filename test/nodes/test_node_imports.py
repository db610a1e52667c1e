"""What the nodes import: only the head imports torch, and the tables of parameters need neither ROS nor torch."""

import subprocess
import sys

import pytest

pytest.importorskip("rclpy")

from dystream_ros.nodes.common.topics import TOPICS


def modules_after(statement):
    script = f"import sys; {statement}; print(*sys.modules)"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("name", [*sorted(TOPICS.keys() - {"head"}), "control"])
def test_only_the_head_loads_torch(name):
    loaded = modules_after(f"import dystream_ros.nodes.{name}.__main__")
    assert "rclpy" in loaded
    assert "torch" not in loaded


def test_the_head_loads_torch_only_when_it_is_configured():
    assert "torch" not in modules_after("import dystream_ros.nodes.head.node")


def test_the_tables_of_parameters_need_neither_ros_nor_torch():
    loaded = modules_after("import dystream_ros.nodes.parameters")
    assert not {"rclpy", "torch"} & set(loaded)
