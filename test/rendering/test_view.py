"""Framing, background, mirror and rotation, drawn with OpenGL and without."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from motions import NEUTRAL, motion

from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.opengl_renderer import OpenGLRenderer
from dystream_ros.rendering.oriented import OrientedRenderer
from dystream_ros.rendering.portrait import PortraitError, load_portrait
from dystream_ros.rendering.view import View, head_box
from dystream_ros.rendering.warp_renderer import WarpRenderer

TURNED = motion(NEUTRAL, np.array([0, 0.05, 0.2, 0, 0, 0], np.float32))
GREEN = (0, 255, 0)


@pytest.fixture(scope="module")
def robot():
    return load_portrait("robot")


@pytest.fixture(params=["opengl", "fallback"])
def draw(request):
    """draw(portrait, width, height, **look) is one image of a turned head."""

    def draw(portrait, width=160, height=160, **look):
        with open_renderer(portrait, width, height, request.param, **look) as renderer:
            return renderer.render(TURNED)

    return draw


def test_images_are_mirrored_and_then_turned_clockwise(draw, portrait):
    plain = draw(portrait, 160, 120)
    mirrored = draw(portrait, 160, 120, mirror=True)
    assert np.array_equal(mirrored, plain[:, ::-1])
    for rotation in (90, 180, 270):
        size = (120, 160) if rotation % 180 else (160, 120)
        turned = draw(portrait, *size, mirror=True, rotation=rotation)
        assert np.array_equal(turned, np.rot90(mirrored, -rotation // 90))


def test_a_head_is_larger_than_a_bust_and_stays_in_the_image(portrait):
    low, high = head_box(portrait)
    for width, height in ((512, 512), (640, 360), (360, 640)):
        (bust, _), (head, shift) = (View(width, height, framing).placed(portrait) for framing in ("bust", "head"))
        assert head >= bust
        # The photo covers the image, and the middle of the head lies in its middle third.
        assert (shift <= 0).all()
        assert (shift + head * np.array(portrait.image.shape[1::-1]) >= [width - 1e-6, height - 1e-6]).all()
        middle = (low + high) / 2 * head + shift
        assert (np.abs(middle / [width, height] - 0.5) < 0.17).all()
    assert View(512, 512, "head").placed(portrait)[0] > 1.15 * View(512, 512).placed(portrait)[0]


def test_an_overlay_laid_on_a_background_is_the_image_with_that_background(draw, robot):
    overlay = draw(robot, background="transparent")
    expected = draw(robot, background="green")
    assert overlay.shape == (160, 160, 4)
    assert not overlay[:8, :8].any()
    assert overlay[75:85, 75:85, 3].min() == 255
    share = overlay[..., 3:] / 255
    laid = share * overlay[..., :3] + (1 - share) * np.array(GREEN)
    assert np.abs(laid - expected).max() <= 4


def test_a_transparent_image_is_turned_with_its_alpha(draw, robot):
    overlay = draw(robot, background="transparent")
    assert np.array_equal(draw(robot, background="transparent", rotation=180), overlay[::-1, ::-1])


def test_colours_and_pictures_fill_what_is_behind(draw, portrait, tmp_path):
    kept = draw(portrait)
    assert (draw(portrait, background="#0a141e")[:6, :6] == (30, 20, 10)).all()
    halves = np.zeros((200, 400, 3), np.uint8)
    halves[:, 200:] = 255
    path = tmp_path / "halves.png"
    path.write_bytes(cv2.imencode(".png", halves)[1].tobytes())
    image = draw(portrait, background=str(path), framing="head")
    assert image[:6, :6].max() == 0
    assert image[:6, -6:].min() == 255
    # The person is the same before any of them.
    assert np.abs(draw(portrait, background="white").astype(int) - kept)[70:90, 70:90].max() <= 3


def test_no_colour_of_the_old_background_shines_through_at_the_edge(draw, robot):
    green = replace(robot, image=robot.image.copy())
    green.image[robot.matte < 200] = GREEN
    with_fringe = draw(green, background="black").astype(int)
    clean = draw(robot, background="black").astype(int)
    greenish = (with_fringe[..., 1] - with_fringe[..., [0, 2]].max(axis=2)) > 60
    assert greenish.sum() <= ((clean[..., 1] - clean[..., [0, 2]].max(axis=2)) > 60).sum() + 5


@pytest.mark.parametrize(
    ("look", "kind", "text"),
    [
        ({"framing": "feet"}, ValueError, "the framing is one of bust, head; got 'feet'"),
        ({"rotation": 45}, ValueError, "the rotation is one of 0, 90, 180, 270; got 45"),
        (
            {"background": "#12345"},
            PortraitError,
            "the background colour '#12345' is not of the form #rrggbb, nor one of black, white, grey, green, blue",
        ),
        (
            {"background": "nowhere.png"},
            PortraitError,
            (
                "the background 'nowhere.png' is none of keep, transparent, #rrggbb, black, white, grey, green, blue, "
                "nor a picture file that exists"
            ),
        ),
    ],
)
@pytest.mark.parametrize("backend", ["opengl", "fallback"])
def test_a_view_that_cannot_be_shown_is_refused(portrait, backend, look, kind, text):
    with pytest.raises(kind) as refused:
        open_renderer(portrait, 64, 64, backend, **look)
    assert type(refused.value) is kind
    assert str(refused.value) == text


def test_a_view_that_opengl_cannot_hold_leaves_the_one_before(portrait, robot):
    with open_renderer(portrait, 96, 96, "opengl") as renderer:
        before = renderer.render(TURNED)
        broken = replace(renderer.prepare(robot, View(64, 64)), photo=np.zeros((0, 0, 4), np.uint8))
        with pytest.raises(cv2.error, match="empty"):
            renderer.show(broken)
        assert renderer.view == View(96, 96)
        assert np.array_equal(renderer.render(TURNED), before)


def test_another_portrait_is_shown_in_the_same_renderer(draw, portrait, robot, request):
    backend = request.node.callspec.params["draw"]
    view = View(120, 96, "head", "transparent")
    expected = draw(robot, 120, 96, framing="head", background="transparent")
    with open_renderer(portrait, 160, 160, backend) as renderer:
        before = renderer.render(TURNED)
        renderer.show(renderer.prepare(robot, view))
        assert renderer.view == view
        assert np.array_equal(renderer.render(TURNED), expected)
        with pytest.raises(PortraitError, match=r"background 'nowhere\.png' is none of keep"):
            renderer.prepare(robot, View(background="nowhere.png"))
        assert np.array_equal(renderer.render(TURNED), expected)
        renderer.show(renderer.prepare(portrait, View(160, 160)))
        assert np.array_equal(renderer.render(TURNED), before)


def test_a_view_that_another_kind_of_renderer_prepared_is_refused(portrait):
    small = View(64, 64)
    with OpenGLRenderer(portrait, small) as opengl, WarpRenderer(portrait, small) as warp:
        before = [renderer.render(TURNED) for renderer in (opengl, warp)]
        with pytest.raises(TypeError, match="shows a Scene that it prepared, got WarpScene"):
            opengl.show(warp.prepare(portrait, View(32, 32)))
        with pytest.raises(TypeError, match="shows a WarpScene that it prepared, got Scene"):
            warp.show(opengl.prepare(portrait, View(32, 32)))
        for renderer, picture in zip((opengl, warp), before, strict=True):
            assert np.array_equal(renderer.render(TURNED), picture)


@pytest.fixture
def own(portrait):
    """A renderer whose pictures are 64 x 32 pixels, as a model's own would be."""
    with WarpRenderer(portrait, View(64, 32)) as renderer:
        yield renderer


def test_pictures_that_a_model_draws_itself_are_mirrored_and_rotated(own):
    view = View(32, 64, mirror=True, rotation=90)
    oriented = OrientedRenderer(own, view)
    assert (oriented.name, oriented.device, oriented.view) == (own.name, own.device, view)
    assert np.array_equal(oriented.render(TURNED), np.rot90(own.render(TURNED)[:, ::-1], -1))


@pytest.mark.parametrize(
    ("look", "text"),
    [
        ({"framing": "head"}, "the framing cannot be 'head': .* leave the framing at 'bust'"),
        ({"background": "green"}, "the background cannot be 'green': .* leave the background at 'keep'"),
    ],
)
def test_what_a_model_that_draws_itself_cannot_show_is_refused(own, portrait, look, text):
    with pytest.raises(ValueError, match=text):
        OrientedRenderer(own, View(64, 32, **look))
    with pytest.raises(ValueError, match="draws the portrait that its model file names"):
        OrientedRenderer(own, View(64, 32)).prepare(portrait, View(64, 32))


def test_closing_it_closes_the_renderer_of_the_model(portrait):
    opengl = OpenGLRenderer(portrait, View(64, 32))
    with OrientedRenderer(opengl, View(64, 32)) as oriented:
        assert oriented.render(TURNED).shape == (32, 64, 3)
    with pytest.raises(AttributeError, match="InvalidObject"):
        opengl.render(TURNED)
