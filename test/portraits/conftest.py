"""The portrait that tests of faces start from."""

import pytest

from dystream_ros.rendering.portrait import load_portrait


@pytest.fixture(scope="session")
def portrait():
    return load_portrait()
