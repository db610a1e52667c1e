"""The URDF files of the shipped heads."""

import importlib.util
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from dystream_ros.actuators.calibration_file import read_calibration

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "config" / "actuators"
HEADS = ("beginner", "research", "full")


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("write_urdf", ROOT / "scripts" / "write_urdf.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", HEADS)
def test_each_is_written_from_its_calibration(script, name):
    assert (FOLDER / f"{name}.urdf").read_text() == script.urdf(name), "run scripts/write_urdf.py"


@pytest.mark.parametrize("name", HEADS)
def test_each_is_one_tree_with_the_joints_and_limits_of_its_calibration(name):
    root = ET.parse(FOLDER / f"{name}.urdf").getroot()
    links = [link.get("name") for link in root.findall("link")]
    joints = {joint.get("name"): joint for joint in root.findall("joint")}
    calibration = read_calibration(FOLDER / f"{name}.yaml")
    assert set(joints) == set(calibration.names)
    for each in calibration.joints:
        limit = joints[each.name].find("limit")
        assert [float(limit.get(key)) for key in ("lower", "upper", "velocity")] == [
            each.minimum, each.maximum, each.velocity,
        ]  # fmt: skip
    children = [joint.find("child").get("link") for joint in joints.values()]
    parents = {joint.find("child").get("link"): joint.find("parent").get("link") for joint in joints.values()}
    assert len(set(links)) == len(links) == len(joints) + 1
    assert sorted([*children, "base_link"]) == sorted(links)
    for link in children:
        seen = set()
        while link != "base_link":
            assert link not in seen
            seen.add(link)
            link = parents[link]


@pytest.mark.parametrize("name", HEADS)
def test_a_parser_of_urdf_reads_each(name):
    # Not mujoco itself, which would choose a window system before the simulation asks for none.
    simulation = pytest.importorskip("dystream_ros.simulation.head", reason="part robot of requirements.txt")
    model = simulation.mujoco.MjModel.from_xml_path(str(FOLDER / f"{name}.urdf"))
    assert model.njnt == len(read_calibration(FOLDER / f"{name}.yaml").joints)


def test_the_research_head_has_the_axes_of_the_simulation():
    from dystream_ros.simulation.research_head import JOINTS

    root = ET.parse(FOLDER / "research.urdf").getroot()
    axes = {
        joint.get("name"): tuple(map(float, joint.find("axis").get("xyz").split())) for joint in root.findall("joint")
    }
    assert axes == {name: tuple(map(float, joint.axis)) for name, joint in JOINTS.items()}
