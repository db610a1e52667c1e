"""The choice between OpenGL and the fallback, and what the fallback draws."""

import logging
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest
from motions import NEUTRAL, motion
from patience import PATIENCE

from dystream_ros.portraits.gallery import coefficients
from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.interfaces import RenderingUnavailable
from dystream_ros.rendering.opengl_renderer import OpenGLRenderer
from dystream_ros.rendering.portrait import PortraitError
from dystream_ros.rendering.view import View
from dystream_ros.rendering.warp_renderer import WarpRenderer

INSTALL = "on Debian or Ubuntu install it with `apt install libegl1 libgl1 libgl1-mesa-dri`"
NO_LIBRARY = f"OpenGL 3.3 through EGL is not available (libEGL-absent.so not loaded); {INSTALL}"
POSE = np.array([0, 0, 0.2, 0, 0, 0], np.float32)


@pytest.fixture
def no_opengl(monkeypatch):
    """The OpenGL loader looks for a library that is not installed."""
    monkeypatch.setenv("GLCONTEXT_LINUX_LIBEGL", "libEGL-absent.so")


@pytest.mark.usefixtures("no_opengl")
def test_opengl_that_is_requested_and_missing_is_an_error_that_names_the_packages(portrait):
    with pytest.raises(RenderingUnavailable) as refused:
        open_renderer(portrait, backend="opengl")
    assert str(refused.value) == NO_LIBRARY


@pytest.mark.usefixtures("no_opengl")
def test_auto_without_opengl_gives_the_reason_and_draws_what_the_fallback_draws(portrait):
    reasons = []
    with open_renderer(portrait, 64, 48, on_fallback=reasons.append, mirror=True) as renderer:
        assert isinstance(renderer, WarpRenderer)
        drawn = renderer.render(motion())
    assert [str(reason) for reason in reasons] == [NO_LIBRARY]
    with open_renderer(portrait, 64, 48, "fallback", mirror=True) as fallback:
        assert np.array_equal(drawn, fallback.render(motion()))


def test_a_user_without_opengl_reads_one_line_that_names_the_packages():
    # The libraries are there, but no driver: `libgl1-mesa-dri` is missing.
    script = (
        "from dystream_ros.rendering.backend import open_renderer\n"
        "print(*(open_renderer('robot', 64, 64).name for _ in range(2)))"
    )
    environment = os.environ | {"__EGL_VENDOR_LIBRARY_DIRS": "/nonexistent"}
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert ended.stdout == "fallback fallback\n"
    [line] = ended.stderr.splitlines()
    assert line.startswith("the fallback renderer warps the photo")
    assert line.endswith(INSTALL)


def test_auto_with_opengl_draws_with_opengl_and_warns_of_nothing(portrait, caplog):
    with caplog.at_level(logging.WARNING), open_renderer(portrait, 64, 48) as renderer:
        assert isinstance(renderer, OpenGLRenderer)
        drawn = renderer.render(motion())
        assert renderer.device
    assert caplog.records == []
    with OpenGLRenderer(portrait, View(64, 48)) as opengl:
        assert np.array_equal(drawn, opengl.render(motion()))


def test_an_unknown_backend_is_refused(portrait):
    with pytest.raises(ValueError, match=r"^a rendering backend is one of auto, opengl, fallback; got 'vulkan'$"):
        open_renderer(portrait, backend="vulkan")


def test_a_renderer_opens_by_the_name_of_a_portrait(portrait):
    with open_renderer("lumi", 64, 48, "fallback") as named, WarpRenderer(portrait, View(64, 48)) as given:
        assert np.array_equal(named.render(motion()), given.render(motion()))
    with pytest.raises(PortraitError, match="portrait 'nobody' is neither a file nor one of those shipped"):
        open_renderer("nobody")


@pytest.mark.parametrize("named", [{"jawOpen": 0.6}, {"eyeBlink": 1.0}, {"mouthSmile": 0.8}, {"browInnerUp": 1.0}])
def test_the_fallback_moves_the_face(photo, named):
    renderer = open_renderer(photo, 256, 256, "fallback")
    rest = renderer.render(motion()).astype(int)
    changed = np.abs(renderer.render(motion(coefficients(named))) - rest).sum(axis=2)
    assert (changed > 30).sum() > 40
    assert changed[-20:].max() < 10


def test_the_fallback_turns_the_head_and_repeats_itself(portrait):
    renderer = open_renderer(portrait, 256, 256, "fallback")
    first = renderer.render(motion(NEUTRAL, POSE))
    rest, left, right = (renderer.render(motion(NEUTRAL, share * POSE)) for share in (0, 1, -1))
    assert np.array_equal(left, first)
    # A positive yaw turns to the head's left, which is the right of the picture.
    moved = [cv2.phaseCorrelate(middle(rest), middle(turned))[0][0] for turned in (left, right)]
    assert moved[0] > 2
    assert moved[1] < -2


def middle(picture):
    """The face without hair and shoulders, grey, float32."""
    return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)[90:170, 90:160].astype(np.float32)
