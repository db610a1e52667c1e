"""config/*.yaml, package.xml and the tables of parameters agree."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

import dystream_ros
from dystream_ros.nodes.parameters import PARAMETERS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("node", PARAMETERS)
def test_config_has_every_parameter_with_its_default_and_no_other(node):
    content = yaml.safe_load((ROOT / "config" / f"{node}.yaml").read_text())
    assert list(content) == ["/**"]
    values = content["/**"]["ros__parameters"]
    assert values == {parameter.name: parameter.default for parameter in PARAMETERS[node]}, "run `make config`"
    for parameter in PARAMETERS[node]:
        assert type(values[parameter.name]) is parameter.type, parameter.name


def test_every_config_file_is_as_make_config_writes_it():
    specification = importlib.util.spec_from_file_location("write_config", ROOT / "scripts" / "write_config.py")
    write_config = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(write_config)
    for node in PARAMETERS:
        assert (ROOT / "config" / f"{node}.yaml").read_text() == write_config.config_text(node), "run `make config`"


def test_version_is_the_same_everywhere():
    package = (ROOT / "package.xml").read_text()
    assert re.search(r"<version>(.+)</version>", package)[1] == dystream_ros.__version__


def test_every_message_is_generated():
    generated = set(re.findall(r"(?:msg|srv)/\w+\.(?:msg|srv)", (ROOT / "CMakeLists.txt").read_text()))
    assert generated == {f"{each}/{path.name}" for each in ("msg", "srv") for path in (ROOT / each).glob(f"*.{each}")}
