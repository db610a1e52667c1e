"""Plain pip: the wheels that a checkout builds, what they hold and ask for, and what stays behind in the checkout."""

import json
import os
import re
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

import dystream_ros

ROOT = Path(__file__).parents[2]
# Where users are told what to install.
FOLDERS = ("dystream_ros", "dystream_lab", "docs", "scripts")
TEXTS = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".md", ".sh"}]
TEXTS += [ROOT / "README.md", ROOT / "CHANGELOG.rst"]


def pip(*arguments):
    environment = os.environ | {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"}
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    result = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def checkout():
    """What pip could leave behind: the entries of the top folders and of build/, and every egg-info folder."""
    folders = [ROOT, ROOT / "build", ROOT / "dystream_ros", ROOT / "dystream_lab"]
    return {path for folder in folders for path in folder.glob("*")} | set(ROOT.glob("**/*.egg-info"))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheels by distribution, and the paths that appeared in the checkout."""
    folder, before = tmp_path_factory.mktemp("wheels"), checkout()
    pip("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT, ROOT / "dystream_lab")
    wheels = {path.name.partition("-")[0]: zipfile.ZipFile(path) for path in folder.glob("*.whl")}
    return wheels, checkout() - before


@pytest.fixture(scope="module")
def wheels(built):
    return built[0]


def metadata(wheel):
    [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return message_from_string(wheel.read(name).decode())


def packaged(wheel, package):
    """Files of the package in the wheel, and the tracked ones in the checkout."""
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    files = [path for path in (ROOT / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return held, {path.relative_to(ROOT).as_posix() for path in files}


def test_the_runtime_wheel_holds_the_whole_runtime_and_nothing_of_the_laboratory(wheels):
    held, files = packaged(wheels["dystream_ros"], "dystream_ros")
    assert held == files
    assert {name for name in held if "dystream_lab" in name or "/evaluation/" in name} == set()
    assert any(name.endswith("conversation.flac") for name in held)
    assert any(name.endswith("compact.safetensors") for name in held)


def test_the_laboratory_is_a_wheel_of_its_own_with_its_assets(wheels):
    held, files = packaged(wheels["dystream_lab"], "dystream_lab")
    assert held == files - {"dystream_lab/setup.py", "dystream_lab/pyproject.toml"}
    assert any(name.startswith("dystream_lab/assets/evaluation/") for name in held)


def test_nothing_stays_behind_in_the_checkout(built):
    _, left = built
    assert left == set()


def test_the_extra_lab_is_the_folder_of_this_checkout(wheels):
    asked = metadata(wheels["dystream_ros"]).get_all("Requires-Dist")
    [lab] = [line for line in asked if line.endswith('extra == "lab"')]
    assert lab.replace(" ", "").startswith(f"dystream_lab@{(ROOT / 'dystream_lab').as_uri()};")


def test_pip_installs_both_with_the_extra_and_one_without(tmp_path):
    """Among packages that are installed already; no index is asked."""

    def installed(what):
        report = tmp_path / "report.json"
        pip("install", "--quiet", "--dry-run", "--no-build-isolation", "--report", report, what)
        return {item["metadata"]["name"] for item in json.loads(report.read_text())["install"]}

    assert installed(ROOT) == {"dystream_ros"}
    assert installed(f"{ROOT}[lab]") == {"dystream_ros", "dystream_lab"}


def test_no_wheel_asks_an_index_for_our_names(wheels):
    for wheel in wheels.values():
        for line in metadata(wheel).get_all("Requires-Dist"):
            assert not line.startswith("dystream_ros")
            assert not line.startswith("dystream_lab") or "@ file:" in line


def test_both_have_the_version_of_the_package(wheels):
    assert {metadata(wheel)["Version"] for wheel in wheels.values()} == {dystream_ros.__version__}


def test_the_command_is_installed_and_runs(wheels, tmp_path):
    folder = Path(wheels["dystream_ros"].filename).parent
    pip("install", "--quiet", "--no-deps", "--target", tmp_path, *folder.glob("*.whl"))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run(
        [tmp_path / "bin" / "dystream", "--version"],
        env=environment | {"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert result.stdout == f"dystream {dystream_ros.__version__}\n", result.stderr


def test_every_extra_that_a_text_names_exists(wheels):
    extras = set(metadata(wheels["dystream_ros"]).get_all("Provides-Extra"))
    named = {}
    for path in TEXTS:
        for group in re.findall(r"pip install [^`\n]*?\.\[([\w,]+)\]", path.read_text()):
            named |= dict.fromkeys(group.split(","), path)
    assert {name: path for name, path in named.items() if name not in extras} == {}


def test_no_text_names_an_extra_of_our_name_in_an_index():
    # Nobody has registered the name: a stranger could. It is pip install '.[extra]', in the checkout.
    assert [path for path in TEXTS if re.search(r"dystream_ros\[\w+\]", path.read_text())] == []
