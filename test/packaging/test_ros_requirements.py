"""requirements-ros.txt: what a workspace with a sourced ROS distribution installs, also on Arm."""

import importlib.util
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script():
    path = ROOT / "scripts" / "ros_requirements.py"
    specification = importlib.util.spec_from_file_location("ros_requirements", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def lines(script):
    return [line for line in script.FILE.read_text().splitlines() if not line.startswith("#")]


@pytest.fixture(scope="module")
def on_arm(script):
    """Version and file by package, as pip found them for Arm."""
    found = (re.fullmatch(r"([^=]+)==(\S+) (.+)", line) for line in script.LIST.read_text().splitlines())
    return {name: (version, file) for name, version, file in (match.groups() for match in found)}


def test_it_is_written_from_the_pins(script):
    assert script.FILE.read_text() == script.ros_text(), "run `make config`"


def test_it_leaves_ros_numpy_and_opencv_to_the_distribution(script, lines):
    names = {canonicalize_name(Requirement(line).name) for line in lines}
    brought = {canonicalize_name(Requirement(line).name) for line in script.requirements("ros")}
    assert {"numpy", "opencv-python", "cv-bridge", "ros-rclpy"} <= brought
    assert names & (brought | {"opencv-contrib-python"}) == set()
    assert not any(name.startswith("ros-") for name in names)


def test_each_pin_has_a_file_for_arm(script, lines, on_arm):
    hint = "run python scripts/ros_requirements.py --resolve"
    for pin in script.applicable(lines):
        version, file = on_arm[canonicalize_name(pin.name)]
        assert str(pin.specifier) == f"=={version}", f"{pin.name}: {hint}"
        from_source = canonicalize_name(pin.name) in script.FROM_SOURCE
        fitting = r"\.tar\.gz$" if from_source else r"-none-any\.whl$|aarch64\.whl$"
        assert re.search(fitting, file), file


def test_nothing_for_arm_is_of_another_processor_or_another_numpy(script, on_arm):
    for version, file in on_arm.values():
        assert "x86_64" not in file, file
        assert version
    assert on_arm["numpy"] == (script.DISTRIBUTION["numpy"], "of the distribution")


def test_markers_are_those_of_the_arm_machine(script):
    lines = ['a; platform_machine == "x86_64"', 'b; platform_machine == "aarch64"', 'c; extra == "gpu"', "d"]
    assert [each.name for each in script.applicable(lines)] == ["b", "d"]
    assert [each.name for each in script.applicable(lines, {"gpu"})] == ["b", "c", "d"]


def test_no_text_installs_all_pins_into_a_workspace():
    texts = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    asked = {name for text in texts for name in re.findall(r"pip install -r (\S+)", text.read_text())}
    assert {Path(name).name for name in asked} == {"requirements-ros.txt"}
