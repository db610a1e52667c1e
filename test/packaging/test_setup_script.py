"""scripts/setup.sh on a machine that it cannot set up: one sentence, and an exit status that is not 0."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from patience import PATIENCE

ROOT = Path(__file__).parents[2]
CLOSED_PORT = "http://127.0.0.1:9/simple"
# These tests are not about Debian packages: every library seems to be installed.
REAL_LIBRARIES = 'for l in libEGL.so.1 libGL.so.1 libgthread-2.0.so.0 libportaudio.so.2; do echo "\t$l (libc6)"; done'


@pytest.fixture
def machine(tmp_path):
    """machine(uname="...") runs a copy of the set-up; a system command named by a keyword runs that shell text."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in ("scripts", "msg", "srv", "requirements.txt", "CMakeLists.txt", "package.xml"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tree / name)
    commands = tmp_path / "bin"
    commands.mkdir()

    def set_up(*parts, environment=None, **printed):
        for name, text in printed.items():
            command = commands / name.replace("_", "-")
            command.write_text(f"#!/bin/sh\n{text}\n")
            command.chmod(0o755)
        base = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "ROS_", "AMENT_"))}
        base |= {"PATH": f"{commands}:{os.environ['PATH']}", "PIP_CONFIG_FILE": os.devnull, "PYTHON": ""}
        return subprocess.run(
            ["bash", tree / "scripts" / "setup.sh", *parts],
            env=base | (environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    return set_up


def sentence(result):
    """The last line of a set-up that failed."""
    assert result.returncode == 1, result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr.strip().splitlines()[-1]


def test_a_ros_that_is_not_supported_is_named(machine):
    assert "ROS humble is sourced; use Jazzy or Lyrical" in sentence(machine(environment={"ROS_DISTRO": "humble"}))


def test_a_distribution_without_its_python_packages_is_named(machine):
    environment = {"ROS_DISTRO": "lyrical", "PYTHON": sys.executable, "PYTHONPATH": ""}
    text = sentence(machine(ldconfig=REAL_LIBRARIES, environment=environment))
    assert "ros-lyrical-ros-base" in text


def test_a_processor_without_wheels_needs_a_distribution(machine):
    text = sentence(machine(uname='[ "$1" = -m ] && echo aarch64 || echo Linux'))
    assert "x86_64 only" in text
    assert "aarch64" in text


def test_another_system_is_named(machine):
    assert "this is Darwin" in sentence(machine(uname="echo Darwin"))


def test_a_full_disk_is_named_before_anything_is_downloaded(machine):
    free = 'echo header; echo "/dev/sda 100 98 {} 98% /"'
    assert "only 1 GB are free" in sentence(machine(df=free.format(2**20)))
    # torch needs more.
    text = sentence(machine("test", df=free.format(2 * 2**20)))
    assert "only 2 GB are free" in text
    assert "needs 4 GB" in text


def test_without_root_the_command_for_debian_packages_is_given(machine):
    text = sentence(machine(id="echo 1000", ldconfig="true"))
    assert "sudo apt-get install" in text
    assert "libportaudio2" in text


def test_a_python_that_cannot_be_used_is_named(machine):
    text = sentence(machine(ldconfig=REAL_LIBRARIES, environment={"PYTHON": "/bin/false"}))
    assert "PYTHON=/bin/false cannot be used" in text
    assert "3.10 to 3.13" in text


def test_arm_under_a_distribution_needs_the_headers_for_packages_without_wheels(machine):
    environment = {"ROS_DISTRO": "jazzy"}
    commands = {"uname": '[ "$1" = -m ] && echo aarch64 || echo Linux', "ldconfig": REAL_LIBRARIES, "id": "echo 1000"}
    text = sentence(machine("run", **commands, **{"c++": "exit 1"}, environment=environment))
    assert "sudo apt-get install" in text
    assert "libx11-dev python3-dev" in text
    # With the headers it goes on: to the Python packages of the distribution, which this machine lacks.
    text = sentence(machine("run", **commands, **{"c++": "exit 0"}, environment=environment))
    assert "apt-get install ros-jazzy-ros-base" in text


def test_a_python_without_its_headers_needs_the_package_that_holds_them(machine, tmp_path):
    python = tmp_path / "python"  # says that its headers are elsewhere
    program = "import sysconfig; sysconfig.get_path = lambda name: '/nowhere'; exec(__import__('sys').stdin.read())"
    python.write_text(
        f'#!/bin/sh\n[ $# = 1 ] && [ "$1" = - ] && exec {sys.executable} -c "{program}"\nexec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    result = machine(ldconfig=REAL_LIBRARIES, id="echo 1000", environment={"PYTHON": str(python)})
    assert re.search(r"sudo apt-get install python3(\.\d+)?-dev$", sentence(result))


def test_a_read_only_checkout_is_one_sentence(machine, tmp_path):
    (tmp_path / "tree").chmod(0o555)
    # Permissions do not stop root, whom a file in place of the folder stops.
    (tmp_path / "tree" / "build").touch()
    result = machine()
    (tmp_path / "tree").chmod(0o755)
    assert f"{tmp_path / 'tree'} cannot be written" in sentence(result)
    assert len(result.stderr.splitlines()) == 1


def test_no_network_is_one_sentence(machine):
    text = sentence(machine(ldconfig=REAL_LIBRARIES, environment={"PIP_INDEX_URL": CLOSED_PORT, "PIP_RETRIES": "0"}))
    assert "no network" in text
    assert "Python packages" in text


def test_torch_is_installed_only_with_a_part_that_needs_it(machine):
    environment = {"PIP_INDEX_URL": CLOSED_PORT, "PIP_RETRIES": "0"}

    def asked(*parts):
        stderr = machine(*parts, ldconfig=REAL_LIBRARIES, environment=environment).stderr
        [line] = [line for line in stderr.splitlines() if "installing Python packages" in line]
        return line.partition("(")[2].rstrip(")").split()

    assert asked() == ["run", "voice", "demo", "build", "ros"]
    assert "torch" in asked("torch")
    assert "torch" in asked("lab")


def test_pip_installs_what_uv_cannot(machine):
    result = machine(ldconfig=REAL_LIBRARIES, environment={"PIP_NO_INDEX": "1"})
    assert "pip could not install Python packages" in sentence(result)
    assert "pip installs them, as uv cannot" in result.stderr.splitlines()[-2]


def test_an_unknown_part_is_named(machine):
    text = sentence(machine("docs"))
    pins = (ROOT / "requirements.txt").read_text()
    parts = " ".join(re.findall(r"^# == (\w+) ==", pins, re.MULTILINE))
    assert {"run", "demo", "test"} <= set(parts.split())
    assert f"has no part 'docs'; its parts are: {parts}" in text


def test_a_second_set_up_does_nothing():
    """In this very tree, which the test command has set up."""
    if not (ROOT / ".venv" / "stamps").is_dir():
        pytest.skip("not set up by scripts/setup.sh")
    result = subprocess.run(
        ["bash", ROOT / "scripts" / "setup.sh", "test"], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert (result.returncode, result.stderr) == (0, "")
