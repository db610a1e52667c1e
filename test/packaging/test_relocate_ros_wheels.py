"""The CMake files of ROS wheels name folders of this machine."""

import importlib.util
import sysconfig
from pathlib import Path

import numpy

SCRIPT = Path(__file__).parents[2] / "scripts" / "setup" / "relocate_ros_wheels.py"
WHEEL = """
set_target_properties(a PROPERTIES INTERFACE_INCLUDE_DIRECTORIES
  "/opt/python/cp312-cp312/include/python3.12;/opt/python/cp312-cp312/lib/python3.12/site-packages/numpy/_core/include")
set(helper "/opt/python/cp312-cp312/lib/python3.12/site-packages/rosidl/x.py;${_IMPORT_PREFIX}/include")
"""


def test_folders_of_the_building_machine_are_replaced_once(tmp_path):
    specification = importlib.util.spec_from_file_location("relocate_ros_wheels", SCRIPT)
    relocate_ros_wheels = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(relocate_ros_wheels)
    file = tmp_path / "share" / "package" / "cmake" / "aExport.cmake"
    file.parent.mkdir(parents=True)
    file.write_text(WHEEL)
    (file.parent / "other.cmake").write_text("nothing to do")
    cached = tmp_path / "cached.cmake"
    cached.hardlink_to(file)

    assert relocate_ros_wheels.relocate(tmp_path) == 1
    text = file.read_text()
    assert "/opt/python" not in text
    assert cached.read_text() == WHEEL, "the cache of uv holds the same file, for other environments"
    assert f'"{sysconfig.get_path("include")};{numpy.get_include()}")' in text
    assert f"{sysconfig.get_path('purelib')}/rosidl/x.py;${{_IMPORT_PREFIX}}/include" in text
    assert relocate_ros_wheels.relocate(tmp_path) == 0
