"""The portrait that every test of rendering draws, and a renderer of it."""

import pytest

from dystream_ros.rendering.opengl_renderer import OpenGLRenderer
from dystream_ros.rendering.portrait import load_portrait
from dystream_ros.rendering.view import View


@pytest.fixture(scope="session")
def portrait():
    return load_portrait()


@pytest.fixture(scope="session")
def photo():
    """The face of a photo, whose proportions are a person's."""
    return load_portrait("astronaut")


@pytest.fixture(scope="session")
def photo_renderer(photo):
    with OpenGLRenderer(photo, View(320, 320)) as opened:
        yield opened


@pytest.fixture(scope="session")
def renderer(portrait):
    with OpenGLRenderer(portrait, View(320, 320)) as opened:
        yield opened
