"""The portrait of a photo, from which tests of photos start."""

import pytest

from dystream_ros.rendering.portrait import load_portrait


@pytest.fixture(scope="session")
def portrait():
    return load_portrait("astronaut")
