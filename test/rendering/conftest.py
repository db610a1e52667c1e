"""The portrait that every test of rendering draws, and a renderer of it."""

import pytest

from dystream_ros.rendering import Renderer, load_portrait


@pytest.fixture(scope="session")
def portrait():
    return load_portrait()


@pytest.fixture(scope="session")
def renderer(portrait):
    with Renderer(portrait, 320, 320) as opened:
        yield opened
