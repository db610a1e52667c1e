"""Framing, background, mirror and rotation, drawn with OpenGL and without."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from dystream_ros.rendering import PortraitError, View, load_portrait, open_renderer
from dystream_ros.rendering.picture import Turned
from dystream_ros.rendering.view import head_box

REST, POSE = np.zeros(52, np.float32), np.array([0, 0.05, 0.2, 0, 0, 0], np.float32)
GREEN = (0, 255, 0)


@pytest.fixture(scope="module")
def robot():
    return load_portrait("robot")


@pytest.fixture(params=["opengl", "fallback"])
def draw(request):
    """draw(portrait, width, height, **look) is one image of a turned head."""

    def draw(portrait, width=160, height=160, **look):
        with open_renderer(portrait, width, height, request.param, **look) as renderer:
            return renderer.render(REST, POSE)

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
    ("look", "text"),
    [
        ({"framing": "feet"}, "framing is one of bust, head; got 'feet'"),
        ({"rotation": 45}, "rotation is one of 0, 90, 180, 270; got 45"),
        ({"background": "#12345"}, "not of the form #rrggbb"),
        ({"background": "nowhere.png"}, "nowhere.png can not be read"),
    ],
)
def test_a_view_that_can_not_be_shown_is_refused(portrait, look, text):
    with pytest.raises(ValueError, match=text):
        open_renderer(portrait, 64, 64, "fallback", **look)


def test_a_scene_that_opengl_can_not_hold_leaves_the_one_before(portrait, robot):
    with open_renderer(portrait, 96, 96, "opengl") as renderer:
        before = renderer.render(REST, POSE)
        broken = replace(renderer.prepare(robot, View(64, 64)), photo=np.zeros((0, 0, 4), np.uint8))
        with pytest.raises(Exception, match=r".+"):
            renderer.show(broken)
        assert np.array_equal(renderer.render(REST, POSE), before)


def test_another_portrait_is_shown_in_the_same_renderer(draw, portrait, robot, request):
    backend = request.node.callspec.params["draw"]
    expected = draw(robot, 120, 96, framing="head", background="transparent")
    with open_renderer(portrait, 160, 160, backend) as renderer:
        before = renderer.render(REST, POSE)
        renderer.show(renderer.prepare(robot, View(120, 96, "head", "transparent")))
        assert np.array_equal(renderer.render(REST, POSE), expected)
        with pytest.raises(PortraitError):
            renderer.prepare(robot, View(background="nowhere.png"))
        assert np.array_equal(renderer.render(REST, POSE), expected)
        renderer.show(renderer.prepare(portrait, View(160, 160)))
        assert np.array_equal(renderer.render(REST, POSE), before)


class Painter:
    """A model's own renderer of 64 x 32 pixels."""

    name = "painter"

    def render(self, *_):
        return np.arange(32 * 64 * 3, dtype=np.uint32).astype(np.uint8).reshape(32, 64, 3)

    def close(self):
        pass


def test_pictures_that_a_model_paints_itself_are_mirrored_and_turned():
    upright = Painter().render()
    turned = Turned(Painter(), View(32, 64, mirror=True, rotation=90)).render()
    assert np.array_equal(turned, np.rot90(upright[:, ::-1], -1))


@pytest.mark.parametrize(("look", "text"), [({"framing": "head"}, "framing"), ({"background": "green"}, "background")])
def test_what_a_model_that_paints_itself_can_not_change_is_refused(look, text):
    with pytest.raises(ValueError, match=f"the {text} can not be '{look[text]}': this model paints its whole picture"):
        Turned(Painter(), View(64, 32, **look))
