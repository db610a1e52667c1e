"""What the nodes load: torch is for the head alone, and the tables of parameters need nothing."""

import subprocess
import sys

import pytest

pytest.importorskip("rclpy")


def modules_after(statement):
    script = f"import sys; {statement}; print(*sys.modules)"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("name", ["microphone", "speaker", "audio_file", "recorder", "display", "control"])
def test_only_the_head_loads_torch(name):
    loaded = modules_after(f"import dystream_ros.nodes.{name}.__main__")
    assert "rclpy" in loaded
    assert "torch" not in loaded


def test_the_head_loads_torch_only_when_it_is_configured():
    assert "torch" not in modules_after("import dystream_ros.nodes.head.node")


def test_the_tables_of_parameters_need_neither_ros_nor_torch():
    loaded = modules_after("import dystream_ros.nodes.parameters")
    assert not {"rclpy", "torch"} & set(loaded)
