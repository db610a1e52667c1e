"""Arrows between the rooms of the code: what may import what (docs/architecture.md draws them)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Contracts may be named from anywhere: they import nothing of the parts that follow them.
CONTRACTS = ("dystream_ros.engine.interfaces", "dystream_ros.engine.frame", "dystream_ros.rendering.interfaces")
# Each room of the runtime, and the rooms that it may import.
MAY_IMPORT = {
    "audio": set(),
    "face": set(),
    "assets": set(),
    "actuators": {"face"},
    "engine": {"audio", "face"},
    "rendering": {"face", "assets"},
    "recording": {"audio", "face"},
    "simulation": {"actuators"},
    "bags": {"audio", "face", "engine"},
    "models": {"audio", "face", "engine", "rendering"},
    "portraits": {"face", "rendering", "assets"},
    "nodes": {
        "actuators",
        "audio",
        "bags",
        "face",
        "engine",
        "models",
        "rendering",
        "recording",
        "simulation",
        "assets",
    },
    "cli": {
        "actuators",
        "audio",
        "bags",
        "face",
        "engine",
        "models",
        "rendering",
        "portraits",
        "recording",
        "nodes",
        "simulation",
        "assets",
    },
}


def imports(path):
    """Full names of the modules that a file imports, at any depth."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


FILES = sorted((ROOT / "dystream_ros").rglob("*.py"))


def name_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_the_rooms_before_it(room):
    allowed = {f"dystream_ros.{each}" for each in (room, *MAY_IMPORT[room])}
    wrong = [
        f"{name_of(path)} imports {module}"
        for path in FILES
        if path.relative_to(ROOT).parts[1] == room
        for module in imports(path)
        if module.startswith(tuple(f"dystream_ros.{each}" for each in MAY_IMPORT))
        and ".".join(module.split(".")[:2]) not in allowed
        and not module.startswith(CONTRACTS)
    ]
    assert not wrong, wrong


def test_every_room_is_listed():
    rooms = {path.relative_to(ROOT).parts[1] for path in FILES if len(path.relative_to(ROOT).parts) > 2}
    assert rooms == set(MAY_IMPORT)


def test_only_nodes_import_ros():
    ros = "rclpy std_msgs sensor_msgs geometry_msgs lifecycle_msgs trajectory_msgs hri_msgs launch".split()
    wrong = [
        f"{name_of(path)} imports {module}"
        for path in FILES
        if path.relative_to(ROOT).parts[1] != "nodes"
        for module in imports(path)
        if module.split(".")[0] in ros or module.startswith(("dystream_ros.msg", "dystream_ros.srv"))
    ]
    assert not wrong, wrong


def test_the_media_rate_is_declared_once():
    """16 kHz is `MEDIA_RATE`; a second number would have to be changed together with it."""
    home = ROOT / "dystream_ros" / "audio" / "resample.py"
    declared = [
        f"{name_of(path)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value == 16_000
        if path != home
    ]
    assert not declared, declared


def test_the_runtime_never_imports_the_laboratory():
    wrong = [name_of(path) for path in FILES for module in imports(path) if module.split(".")[0] == "dystream_lab"]
    assert not wrong, wrong
