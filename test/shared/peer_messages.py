"""Message packages of others, built by `scripts/setup.sh test` into workspaces of their own."""

import os
from pathlib import Path

import pytest

BUILT = Path(__file__).parents[2] / "build" / "peer_messages"


def overlay(workspace: str) -> dict[str, str]:
    """Variables of the environment that make the packages of a workspace importable, before everything else."""
    python, prefix = python_folder(workspace), BUILT / workspace / "install"
    folders = {"AMENT_PREFIX_PATH": prefix, "LD_LIBRARY_PATH": prefix / "lib", "PYTHONPATH": python}
    return {name: f"{folder}:{os.environ.get(name, '')}" for name, folder in folders.items()}


def python_folder(workspace: str) -> Path:
    """The folder of the Python packages of a workspace."""
    prefix = BUILT / workspace / "install"
    if not prefix.is_dir():
        pytest.fail(f"the messages of {workspace} are not built: run `scripts/setup.sh test`")
    [python] = prefix.glob("**/*-packages")
    return python
