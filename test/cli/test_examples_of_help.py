"""The examples at the end of each command's help are accepted by its options."""

import argparse
import importlib
import re
import shlex
from types import ModuleType

import pytest

from dystream_ros.cli import LABORATORY, commands


def module_of(command: str) -> ModuleType:
    package = next(each for each in ("dystream_ros.cli", LABORATORY) if command in commands(each))
    return importlib.import_module(f"{package}.{command.replace('-', '_')}")


def examples() -> list[str]:
    """All examples that call `dystream` or the module of the command line, without the comments beside them."""
    found: list[str] = []
    for command in sorted({**commands("dystream_ros.cli"), **commands(LABORATORY)}):
        text = re.sub(r"\\\n\s*", " ", module_of(command).EXAMPLES)
        found += re.findall(r"(?:^ *dystream|-- dystream_ros\.cli) (.*?)(?:   .*)?$", text, re.MULTILINE)
    return found


@pytest.mark.parametrize("line", examples())
def test_an_example_is_accepted(line):
    command, *words = shlex.split(line)
    parser = argparse.ArgumentParser()
    module_of(command).add_arguments(parser)
    parser.parse_args(words)
