"""Writes requirements-ros.txt: the packages that a workspace with a sourced ROS distribution needs from an index.

    python scripts/ros_requirements.py               the file, from the parts of requirements.txt
    python scripts/ros_requirements.py --resolve     also the list of files that pip would install from it on Arm

ROS, NumPy, OpenCV, Matplotlib and cv_bridge are those of the distribution (package.xml, by rosdep). The list is kept in
test/packaging/ros_requirements_aarch64.txt, because tests do not query a package index.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
FILE = ROOT / "requirements-ros.txt"
LIST = ROOT / "test" / "packaging" / "ros_requirements_aarch64.txt"
PARTS = ("torch", "run", "voice")
HEADER = """\
# Written by `make config` from the parts torch, run and voice of requirements.txt. For a workspace with a sourced ROS
# distribution, in a virtual environment made with --system-site-packages: ROS, NumPy, OpenCV, Matplotlib and cv_bridge
# stay the distribution's. On Arm moderngl is built from source, with g++, python3-dev and libx11-dev.
"""

# ROS Jazzy on Arm: Ubuntu 24.04. pip evaluates markers for the machine that it runs on; here they are for that machine.
PYTHON = "3.12"
ENVIRONMENT = {
    "platform_machine": "aarch64",
    "platform_system": "Linux",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
    "sys_platform": "linux",
    "os_name": "posix",
    "python_version": PYTHON,
    "python_full_version": f"{PYTHON}.3",
}
TAGS = [f"manylinux_2_{glibc}_aarch64" for glibc in range(17, 40)] + ["manylinux2014_aarch64", "linux_aarch64"]
DISTRIBUTION = {"numpy": "1.26.4"}
# No wheels for Arm: pip builds them, which takes a C++ compiler, python3-dev and libx11-dev.
FROM_SOURCE = {"moderngl", "glcontext"}


def requirements(*parts: str) -> list[str]:
    """The lines of these parts of requirements.txt."""
    lines, part = [], ""
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if heading := re.match(r"# == (\w+) ==", line):
            part = heading[1]
        elif part in parts and line and not line.startswith("#"):
            lines.append(line)
    return lines


def ros_text() -> str:
    """The text of requirements-ros.txt."""
    return HEADER + "".join(f"{line}\n" for line in requirements(*PARTS))


def applicable(lines: Iterable[str], extras: Iterable[str] = ()) -> list[Requirement]:
    """The requirements whose markers hold on the Arm machine, for a package required with these extras."""
    found, environments = (
        [Requirement(line) for line in lines],
        [ENVIRONMENT | {"extra": name} for name in ("", *extras)],
    )
    return [each for each in found if each.marker is None or any(map(each.marker.evaluate, environments))]


def resolve() -> str:
    """The list: a line for each package, with its file in the index.

    Raises:
        SystemExit: a package has no file for the machine, or does not accept the distribution's version of another.
    """
    lines, pending, known = [], applicable(requirements(*PARTS)), dict(DISTRIBUTION)
    while pending:
        for asked in pending:
            version = known.get(canonicalize_name(asked.name))
            if version is not None and not asked.specifier.contains(version):
                raise SystemExit(f"'{asked}' is required, and version {version} is chosen")
        fresh = {
            str(canonicalize_name(asked.name)): asked for asked in pending if canonicalize_name(asked.name) not in known
        }
        pending = []
        for name, version, file, needs in _found(fresh):
            known[name] = version
            lines.append(f"{name}=={version} {file}")
            pending += applicable(needs, fresh[name].extras)
    lines += [f"{name}=={version} of the distribution" for name, version in DISTRIBUTION.items()]
    return "".join(f"{line}\n" for line in sorted(lines))


def _found(asked: dict[str, Requirement]) -> Iterable[tuple[str, str, str, list[str]]]:
    """Name, version, file and requirements of each required package."""
    for_arm = ["--only-binary=:all:", "--python-version", PYTHON, *(f"--platform={tag}" for tag in TAGS)]
    for options, wanted in (
        (for_arm, [str(each) for name, each in asked.items() if name not in FROM_SOURCE]),
        (["--no-binary=:all:"], [str(each) for name, each in asked.items() if name in FROM_SOURCE]),
    ):
        for item in _report(options, [re.sub(r"\s*;.*", "", each) for each in wanted]) if wanted else ():
            file = item["download_info"]["url"].rpartition("/")[2]
            data = item["metadata"]
            yield canonicalize_name(data["name"]), data["version"], file, data.get("requires_dist", [])


def _report(options: list[str], wanted: list[str]) -> list[dict]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps", "--ignore-installed"]
        command += ["--target", folder, "--report", str(report), *options, *wanted]
        if subprocess.run(command, check=False).returncode:
            raise SystemExit(f"pip finds no file of each of: {', '.join(wanted)}")
        return json.loads(report.read_text())["install"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--resolve", action="store_true", help="ask the package index for Arm and write the kept list")
    arguments = parser.parse_args()
    FILE.write_text(ros_text())
    if arguments.resolve:
        LIST.write_text(resolve())
