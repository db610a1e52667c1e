"""scripts/setup/uv_options.py: uv follows the configuration of pip, or the set-up uses pip."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "setup" / "uv_options.py"


@pytest.fixture(scope="module")
def options():
    specification = importlib.util.spec_from_file_location("uv_options", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.options


def configured(tmp_path, text, **variables):
    """The script's result for a pip with this file and these environment variables alone."""
    file = tmp_path / "pip.conf"
    file.write_text(text)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return subprocess.run(
        [sys.executable, SCRIPT],
        env=environment | {"PIP_CONFIG_FILE": str(file)} | variables,
        capture_output=True,
        text=True,
    )


CONFIGURATION = """\
[global]
index-url = https://mirror.example/simple
extra-index-url =
    https://one.example/simple
    https://two.example/simple
[install]
find-links = /opt/wheels
"""


def test_indexes_and_folders_of_pip_are_uv_s(tmp_path):
    found = configured(tmp_path, CONFIGURATION, PIP_TRUSTED_HOST="mirror.example").stdout.split()
    pairs = set(zip(found[::2], found[1::2], strict=True))
    assert pairs >= {
        ("--default-index", "https://mirror.example/simple"),
        ("--extra-index-url", "https://one.example/simple"),
        ("--extra-index-url", "https://two.example/simple"),
        ("--find-links", "/opt/wheels"),
        ("--allow-insecure-host", "mirror.example"),
    }


def test_a_pip_without_a_configuration_gives_no_option(tmp_path):
    result = configured(tmp_path, "", PIP_CONFIG_FILE=os.devnull)
    assert (result.returncode, result.stdout) == (0, "")


def test_an_environment_variable_overrides_a_file(options):
    text = "global.index-url='https://a.example'\ninstall.index-url='https://b.example'\n:env:.index-url='https://c.example'"
    assert options(text) == ["--default-index", "https://c.example"]
    assert options(text.partition(":env:")[0]) == ["--default-index", "https://b.example"]


def test_a_flag_is_an_option_only_when_it_is_set(options):
    assert options("global.no-index='true'\n:env:.no-cache-dir='1'") == ["--no-index", "--no-cache"]
    assert options("global.no-index='false'") == []


def test_an_option_that_uv_lacks_is_named(tmp_path):
    result = configured(tmp_path, "[global]\nproxy = http://proxy.example:3128\n")
    assert result.returncode == 1
    assert result.stderr == "pip is configured with 'proxy', which uv does not have\n"
