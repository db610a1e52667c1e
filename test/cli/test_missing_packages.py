"""A message about a missing package names an extra that setup.py has, never a package on an index."""

import ast
import re
from pathlib import Path

import pytest

from dystream_ros.cli import main
from dystream_ros.cli.missing_packages import EXTRAS, explained, require

ROOT = Path(__file__).parents[2]


def extras_of_setup() -> set[str]:
    tree = ast.parse((ROOT / "setup.py").read_text())
    [value] = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "extras_require"]
    assert isinstance(value, ast.Dict)
    return {key.value for key in value.keys if isinstance(key, ast.Constant)}


def test_every_extra_that_a_message_names_exists():
    named = set(EXTRAS.values()) | {"lab"}
    for folder in ("dystream_ros", "dystream_lab"):
        for path in (ROOT / folder).rglob("*.py"):
            for extras in re.findall(r"pip install '\.\[([a-z,]+)\]'", path.read_text()):
                named |= set(extras.split(","))
    assert named - extras_of_setup() == set()


@pytest.mark.parametrize("folder", ["dystream_ros/cli", "dystream_lab/cli"])
def test_no_command_tells_anyone_to_install_the_package_from_an_index(folder):
    texts = {path: path.read_text() for path in (ROOT / folder).rglob("*.py")}
    assert texts
    assert [path for path, text in texts.items() if re.search(r"pip install '?\"?dystream", text)] == []


def test_an_import_error_of_a_command_names_the_extra():
    assert explained(ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib.pyplot")) == (
        "the package matplotlib is not installed; in the checkout: pip install '.[demo]'"
    )
    assert explained(ModuleNotFoundError("No module named 'scipy'", name="scipy")).endswith("pip install .")
    assert explained(ModuleNotFoundError("source a ROS workspace", name="rclpy")) == "source a ROS workspace"


def test_a_required_package_that_is_installed_passes():
    require("numpy", "arithmetic")
    with pytest.raises(
        ModuleNotFoundError, match="magic needs the package dystream_magic; in the checkout: pip install"
    ):
        require("dystream_magic", "magic")


def without(monkeypatch, package):
    """As if a package were not installed."""
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == package else find(name, *rest))


def test_fetch_checks_its_package_before_it_asks(monkeypatch, tmp_path, capsys):
    without(monkeypatch, "huggingface_hub")
    monkeypatch.setattr("builtins.input", lambda prompt: pytest.fail("a question was asked"))
    assert main(["fetch", "-o", str(tmp_path)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "needs the package huggingface_hub; in the checkout: pip install '.[released]'" in shown.err


def test_the_demo_checks_for_matplotlib_before_any_node_starts(monkeypatch, tmp_path, capsys):
    without(monkeypatch, "matplotlib")
    assert main(["demo", "--output", str(tmp_path / "demo")]) == 2
    assert "needs the package matplotlib; in the checkout: pip install '.[demo]'" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


def test_a_photo_as_portrait_names_the_extra_before_a_model_loads(monkeypatch, tmp_path, capsys):
    import cv2
    import numpy as np
    import soundfile

    without(monkeypatch, "mediapipe")
    cv2.imwrite(str(tmp_path / "me.png"), np.zeros((200, 200, 3), np.uint8))
    soundfile.write(tmp_path / "a.wav", np.zeros(1600), 16_000)
    options = ["--self", str(tmp_path / "a.wav"), "--portrait", str(tmp_path / "me.png"), "-o", str(tmp_path / "a.mp4")]
    assert main(["render", *options]) == 2
    assert "needs the package mediapipe; in the checkout: pip install '.[portrait]'" in capsys.readouterr().err
