"""The edges of lids and lips are smooth, and their strips show nowhere else."""

from unittest import mock

import numpy as np
import pytest
from motions import motion

from dystream_ros.portraits.gallery import coefficients
from dystream_ros.rendering.margins import LIP_RINGS, margins_of
from dystream_ros.rendering.opengl_renderer import OpenGLRenderer
from dystream_ros.rendering.view import View

SIZE = 320
NOTHING = mock.Mock()


def box_of(renderer, opening):
    left, top, width, height = renderer._openings.boxes()[opening]
    return slice(top, top + height), slice(left, left + width)


@pytest.mark.parametrize("opening", [0, 1, 2])
def test_the_edges_of_eyes_and_mouth_are_close_to_those_of_a_finer_picture(portrait, opening):
    open_face = motion(coefficients({"mouthFunnel": 0.7}))
    with (
        OpenGLRenderer(portrait, View(SIZE, SIZE)) as renderer,
        OpenGLRenderer(portrait, View(4 * SIZE, 4 * SIZE)) as fine,
    ):
        shown = renderer.render(open_face).astype(int)
        box = box_of(renderer, opening)
        wanted = fine.render(open_face).reshape(SIZE, 4, SIZE, 4, 3).mean(axis=(1, 3))
        renderer._margins = NOTHING
        rough = renderer.render(open_face).astype(int)
    errors = [np.sort(np.abs(picture - wanted).max(axis=2)[box], axis=None) for picture in (shown, rough)]
    smooth, jagged = (np.sqrt((error[-error.size // 10 :] ** 2).mean()) for error in errors)
    assert smooth < 0.95 * jagged


def test_strips_lie_along_both_eyes_and_four_loops_of_the_lips(photo):
    margins = margins_of(photo)
    before, at, after = margins.rows.reshape(-1, 3).T
    count = 2 * photo.lids.size + 2 * LIP_RINGS * len(photo.lips)
    assert len(at) == count == len(margins.attributes)
    edges = {tuple(sorted(edge)) for t in photo.triangles_skin.tolist() for edge in zip(t, t[1:] + t[:1], strict=True)}
    assert all(tuple(sorted(pair)) in edges for pair in zip(before.tolist(), at.tolist(), strict=True))
    assert np.array_equal(np.sort(before), np.sort(after))


def test_closed_lips_show_no_strip(photo_renderer, monkeypatch):
    shown = photo_renderer.render(motion()).astype(int)
    box = box_of(photo_renderer, 2)
    monkeypatch.setattr(photo_renderer, "_margins", NOTHING)
    without = photo_renderer.render(motion()).astype(int)
    assert np.abs(shown - without).max(axis=2)[box].max() <= 2
