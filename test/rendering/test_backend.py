"""Drawing with OpenGL, without it, and the choice between the two."""

import numpy as np
import pytest

from dystream_ros.portraits.gallery import coefficients
from dystream_ros.rendering import RenderingUnavailable, gl, open_renderer

STILL = np.zeros(6, np.float32)


@pytest.fixture
def no_opengl(monkeypatch):
    def refuse(**_):
        raise OSError("libEGL.so.1: cannot open shared object file")

    monkeypatch.setattr(gl.moderngl, "create_context", refuse)


@pytest.mark.usefixtures("no_opengl")
def test_without_opengl_the_error_names_the_packages(portrait):
    with pytest.raises(RenderingUnavailable, match=r"libEGL.*apt install libegl1 libgl1 libgl1-mesa-dri"):
        open_renderer(portrait, backend="opengl")


@pytest.mark.usefixtures("no_opengl")
def test_without_opengl_auto_falls_back(portrait):
    assert open_renderer(portrait, 64, 64).name == "fallback"


def test_an_unknown_backend_is_refused(portrait):
    with pytest.raises(ValueError, match=r"auto, opengl, fallback; got 'vulkan'"):
        open_renderer(portrait, backend="vulkan")


def test_a_renderer_opens_by_the_name_of_a_portrait():
    assert open_renderer("astronaut", 64, 48, "fallback").render(np.zeros(52), STILL).shape == (48, 64, 3)


@pytest.mark.parametrize("named", [{"jawOpen": 0.6}, {"eyeBlink": 1.0}, {"mouthSmile": 0.8}, {"browInnerUp": 1.0}])
def test_the_fallback_moves_the_face(portrait, named):
    renderer = open_renderer(portrait, 256, 256, "fallback")
    rest = renderer.render(np.zeros(52), STILL).astype(int)
    changed = np.abs(renderer.render(coefficients(named), STILL) - rest).sum(axis=2)
    assert (changed > 30).sum() > 40
    assert changed[-20:].max() < 10


def test_the_fallback_turns_the_head_and_repeats_itself(portrait):
    renderer = open_renderer(portrait, 256, 256, "fallback")
    turned = np.array([0, 0, 0.2, 0, 0, 0], np.float32)
    first = renderer.render(np.zeros(52), turned)
    assert np.abs(first.astype(int) - renderer.render(np.zeros(52), STILL)).mean() > 3
    assert np.array_equal(renderer.render(np.zeros(52), turned), first)
