"""A renderer that stops drawing is opened again."""

import numpy as np
import pytest
from motions import motion

from dystream_ros.rendering.opengl_renderer import OpenGLRenderer
from dystream_ros.rendering.recovering import FAILURES, RecoveringRenderer
from dystream_ros.rendering.view import View
from dystream_ros.rendering.warp_renderer import WarpRenderer

VIEW = View(96, 96)


class Lost:
    """Makes every picture of a renderer fail, as a lost context does."""

    def __init__(self, renderer):
        self.renderer = renderer

    def __getattr__(self, name):
        return getattr(self.renderer, name)

    def render(self, _):
        raise RuntimeError("the context is lost")


def test_a_lost_context_is_replaced_by_the_fallback_and_the_view_stays(portrait, caplog):
    other = View(64, 48)
    with RecoveringRenderer(Lost(OpenGLRenderer(portrait, VIEW)), portrait, WarpRenderer) as renderer:
        before = renderer.prepare(portrait, VIEW)
        renderer.show(renderer.prepare(portrait, other))
        for _ in range(FAILURES - 1):
            with pytest.raises(RuntimeError, match="the context is lost"):
                renderer.render(motion())
        picture = renderer.render(motion())
        assert renderer.name == "fallback"
        assert renderer.view == other
        with WarpRenderer(portrait, other) as plain:
            assert np.array_equal(picture, plain.render(motion()))
        # What was prepared for the renderer that is gone can still be shown.
        renderer.show(before)
        assert renderer.render(motion()).shape == (96, 96, 3)
    assert "5 pictures in a row failed (RuntimeError: the context is lost); drawing goes on" in caplog.text


def test_odd_motions_change_nothing(portrait):
    with RecoveringRenderer(WarpRenderer(portrait, VIEW), portrait, None) as renderer:
        for _ in range(2 * FAILURES):
            with pytest.raises(ValueError, match="finite"):
                renderer.render(motion(np.full(52, np.nan, np.float32)))
        assert renderer.render(motion()).shape == (96, 96, 3)
