"""The recipes in config/deployment name what exists, and systemd accepts its units."""

import json
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


@pytest.mark.parametrize("name", [name for name in TEXTS if name.startswith("Dockerfile")])
def test_a_container_leaves_out_what_the_host_has_built_and_does_not_run_as_root(name):
    assert {".venv", "build", ".git"} <= set((ROOT / ".dockerignore").read_text().split())
    assert re.search(r"^USER face$", TEXTS[name], re.MULTILINE), "not root"
    assert "STOPSIGNAL SIGINT" in TEXTS[name]


def test_the_container_of_the_distribution_has_the_pins():
    text = TEXTS["Dockerfile"]
    assert "-r requirements-ros.txt" in text
    assert "--extra-index-url https://download.pytorch.org/whl/cpu" in text, "else torch brings 5 GB for GPUs"


def test_the_container_of_the_wheels_has_what_the_set_up_needs_before_the_rest_is_copied():
    """Else setup.sh would install packages in a layer that does not reach the image, or fail."""
    text = TEXTS["Dockerfile.wheels"]
    machine = (ROOT / "scripts" / "setup" / "machine.sh").read_text()
    needed = machine[machine.index("missing_packages() {") : machine.index('if [ "$(uname -m)" != x86_64 ]; then  #')]
    libraries = set(re.findall(r"\|\| echo (\S+)", needed))
    assert {"libegl1", "libportaudio2", "g++"} <= libraries
    installed = " ".join(
        re.findall(r"apt-get install -y --no-install-recommends(.*?)(?:&&|$)", text, re.DOTALL)
    ).split()
    assert libraries | {"python3-venv", "python3-dev"} <= set(installed)
    before = text[: text.index("RUN scripts/setup.sh")]
    copied = {word for line in re.findall(r"^COPY (.+) \S+$", before, re.MULTILINE) for word in line.split()}
    inputs = re.search(r"inputs=\$\(cat (.+?) \|", (ROOT / "scripts" / "setup" / "messages.sh").read_text())[1]
    assert {word.partition("/")[0] for word in inputs.split()} | {"requirements.txt"} <= copied


def test_the_health_check_and_the_entry_of_the_wheels_run_nodes_that_exist():
    text = TEXTS["Dockerfile.wheels"]
    assert "exec .venv/bin/python -m dystream_ros.nodes.control --timeout 20 health" in text
    [command] = [json.loads(line) for line in re.findall(r"^ENTRYPOINT (.+)$", text, re.MULTILINE)]
    arguments = [part.replace("exec .venv/bin/python", "echo") for part in command]
    run = subprocess.run([*arguments, "head", "a b", "c"], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout == "-m dystream_ros.nodes.head a b c\n", run.stderr
