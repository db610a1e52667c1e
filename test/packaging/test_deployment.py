"""The recipes in config/deployment name what exists, and systemd accepts its units."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "config" / "deployment"
UNITS = sorted(path for path in FOLDER.iterdir() if path.suffix in (".service", ".timer"))
TEXTS = {path.name: path.read_text() for path in FOLDER.iterdir()}


def sections(text):
    """Keys by section of a unit; a key may stand several times."""
    found, section = {}, None
    for line in text.splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section = found.setdefault(heading[1], {})
        elif line and not line.startswith("#"):
            key, equals, value = line.partition("=")
            assert equals, line
            section.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_accepts_each_unit(unit, tmp_path):
    assert "Unit" in sections(unit.read_text())
    program = shutil.which("systemd-analyze")
    if program is None:  # the sections are checked everywhere, the keys where there is systemd
        return
    for each in UNITS:
        shutil.copy(each, tmp_path)
    run = subprocess.run([program, "verify", tmp_path / unit.name], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")


def test_the_face_is_started_again_for_ever_and_ended_by_sigint():
    unit = sections(TEXTS["dystream-face.service"])
    assert unit["Unit"]["StartLimitIntervalSec"] == ["0"]
    assert (unit["Service"]["Restart"], unit["Service"]["KillSignal"]) == (["always"], ["SIGINT"])
    assert "STOPSIGNAL SIGINT" in TEXTS["Dockerfile"]


@pytest.mark.parametrize("name", TEXTS)
def test_launch_files_and_the_health_check_exist(name):
    text = TEXTS[name]
    for launched in re.findall(r"(\w+\.launch\.py)", text):
        assert (ROOT / "launch" / launched).is_file(), launched
    for command in re.findall(r"ros2 run dystream_ros ([^|'\"\]]+)", text):
        assert command.split() == ["control", "--timeout", "20", "health"]


def test_the_container_has_the_pins_and_leaves_out_what_the_host_has_built():
    text = TEXTS["Dockerfile"]
    assert "-r requirements-ros.txt" in text
    assert "--extra-index-url https://download.pytorch.org/whl/cpu" in text, "else torch brings 5 GB for GPUs"
    assert {".venv", "build", ".git"} <= set(TEXTS["Dockerfile.dockerignore"].split())
    assert re.search(r"^USER face$", text, re.MULTILINE), "not root"
