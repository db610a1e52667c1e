"""What the renderer draws of coefficients and head poses."""

import numpy as np
import pytest
from motions import NEUTRAL, STILL, motion

from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.portraits.gallery import coefficients
from dystream_ros.rendering.animation import Animation
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.opengl_renderer import OpenGLRenderer
from dystream_ros.rendering.view import View


def place(portrait, point, size=320):
    """Pixel of a point of the portrait in an image of `size`."""
    return Camera(*portrait.camera.tolist()).project(np.asarray(point)[None])[0] * size / len(portrait.image)


def around(image, at, half):
    x, y = np.round(at).astype(int)
    return image[y - half : y + half, x - half : x + half].astype(int)


def change(renderer, values, pose=STILL):
    return np.abs(renderer.render(motion(values, pose)).astype(int) - renderer.render(motion())).sum(axis=2)


def test_the_same_frame_is_drawn_with_the_same_bytes(renderer):
    values = coefficients({"jawOpen": 0.4, "mouthSmile": 0.5, "eyeBlink": 0.3})
    first = renderer.render(motion(values))
    renderer.render(motion(NEUTRAL, np.full(6, 0.1, np.float32)))
    assert np.array_equal(renderer.render(motion(values)), first)


def test_another_renderer_draws_the_same_bytes(renderer, portrait):
    values = coefficients({"jawOpen": 0.4})
    first = renderer.render(motion(values))
    with OpenGLRenderer(portrait, View(320, 320)) as other:
        assert np.array_equal(other.render(motion(values)), first)


def test_renderers_of_one_thread_take_turns(renderer, portrait):
    values = coefficients({"jawOpen": 0.4})
    first = renderer.render(motion(values))
    with OpenGLRenderer(portrait, View(96, 64)) as other:
        small = other.render(motion())
        assert np.array_equal(renderer.render(motion(values)), first)
        assert np.array_equal(other.render(motion()), small)
    assert np.array_equal(renderer.render(motion(values)), first)


def test_an_image_belongs_to_its_caller(renderer):
    first = renderer.render(motion())
    kept = first.copy()
    renderer.render(motion(coefficients({"jawOpen": 1.0})))
    assert first.dtype == np.uint8
    assert first.shape == (320, 320, 3)
    assert np.array_equal(first, kept)


def test_the_background_keeps_the_colours_of_the_photo_with_the_top_row_first(renderer, portrait):
    image = renderer.render(motion())
    share = len(portrait.image) // 16
    for row, rows in ((slice(0, 20), slice(0, share)), (slice(300, 320), slice(15 * share, None))):
        expected = portrait.image[rows].reshape(-1, 3).mean(axis=0)
        assert image[row].reshape(-1, 3).mean(axis=0) == pytest.approx(expected, abs=6)


@pytest.mark.parametrize("name", ARKIT_NAMES)
def test_every_coefficient_changes_the_face_and_more_so_the_larger_it_is(renderer, name):
    base = {"jawOpen": 0.6} if name in ("mouthClose", "tongueOut") else {}
    values = [coefficients(base | {name: amount}) for amount in (0.0, 0.25, 0.55)]
    rest, half, full = (renderer.render(motion(value)).astype(int) for value in values)
    assert np.abs(half - rest).sum() > 500
    assert np.abs(full - rest).sum() > 1.15 * np.abs(half - rest).sum()


def test_a_tongue_put_out_covers_the_lower_lip(photo_renderer, photo):
    at = place(photo, photo.mouth + np.array([0, -0.013, 0.008]))
    for jaw in (0.0, 0.3):
        lip, tongue = (
            around(photo_renderer.render(motion(coefficients({"jawOpen": jaw, "tongueOut": out}))), at, 2).mean((0, 1))
            for out in (0.0, 1.0)
        )
        assert tongue[2] - tongue[1] > lip[2] - lip[1] + 20


@pytest.mark.parametrize(("side", "aside"), [("Left", 1), ("Right", -1)])
def test_a_dimple_darkens_the_cheek_beside_the_corner(portrait, side, aside):
    animation = Animation(portrait)
    animation.pose(coefficients({f"mouthDimple{side}": 1.0}), STILL)
    left, right = animation.dimples(coefficients({f"mouthDimple{side}": 1.0}))
    pit, other = (left, right) if side == "Left" else (right, left)
    lips = animation.vertices[portrait.lips]
    assert pit[3] > 0.2
    assert other[3] == 0
    assert 0.003 < aside * pit[0] - (aside * lips[:, 0]).max() < 0.010


@pytest.mark.parametrize("side", ["Left", "Right"])
def test_left_is_the_left_of_the_head_and_the_right_of_the_image(renderer, portrait, side):
    middle = place(portrait, portrait.mouth)[0]
    for name in ("eyeBlink", "browOuterUp", "eyeLookOut"):
        changed = change(renderer, coefficients({name + side: 1.0}))
        centre = (changed.sum(axis=0) * np.arange(320)).sum() / changed.sum()
        assert (centre > middle) == (side == "Left"), name


def test_a_blink_hides_the_eyes(renderer, portrait):
    shut = renderer.render(motion(coefficients({"eyeBlink": 1.0})))
    seen = renderer.render(motion())
    for centre in portrait.eye_centres:
        at = place(portrait, centre + np.array([0, 0, 0.011]))
        pupil = around(seen, at, 2).mean()
        assert around(shut, at, 2).mean() > pupil + 40
        # No white of the eye and no pupil: a closed lid has one colour, but for its line of lashes below.
        assert np.ptp(around(shut, at - [0, 2], 2).sum(axis=2)) < 150


def test_a_closed_lid_stays_closed_whatever_else_the_eye_does(renderer):
    shut = renderer.render(motion(coefficients({"eyeBlink": 1.0}))).astype(int)
    for name in ("eyeLookUp", "eyeLookDown", "eyeWide", "eyeSquint"):
        also = renderer.render(motion(coefficients({"eyeBlink": 1.0, name: 1.0})))
        assert np.abs(also - shut).max() < 12, name


@pytest.mark.parametrize(("name", "axis", "sign"), [("eyeLookUp", 1, -1), ("eyeLookDown", 1, 1)])
def test_the_eyes_look_up_and_down(renderer, portrait, name, axis, sign):
    assert (sign * iris_shift(renderer, portrait, {name: 0.5})[:, axis] > 0.5).all()


def test_both_eyes_look_to_the_left_of_the_head(renderer, portrait):
    assert (iris_shift(renderer, portrait, {"eyeLookOutLeft": 0.7, "eyeLookInRight": 0.7})[:, 0] > 1.0).all()


def iris_shift(renderer, portrait, named):
    """By how many pixels (2, 2) the dark of each eye moves."""
    centres = []
    for values in (NEUTRAL, coefficients(named)):
        image = renderer.render(motion(values))
        for centre in portrait.eye_centres:
            x, y = np.round(place(portrait, centre + np.array([0, 0, portrait.eyes[0, 0]]))).astype(int)
            window = image[y - 12 : y + 13, x - 12 : x + 13].sum(axis=2)
            dark = np.clip(200 - window.astype(float), 0, None)
            rows, columns = np.mgrid[: dark.shape[0], : dark.shape[1]]
            centres.append([(dark * columns).sum() / dark.sum(), (dark * rows).sum() / dark.sum()])
    return np.array(centres[2:]) - centres[:2]


def test_an_open_jaw_shows_the_dark_of_the_mouth_and_mouth_close_seals_it(photo_renderer, photo):
    below = place(photo, photo.mouth - [0, 0.008, 0])
    closed, opened, sealed = (
        around(photo_renderer.render(motion(coefficients(named))), below, 2).mean()
        for named in ({}, {"jawOpen": 0.6}, {"jawOpen": 0.6, "mouthClose": 0.6})
    )
    assert opened < closed - 35
    assert abs(sealed - closed) < 25


def test_an_open_jaw_shows_the_teeth_and_mouth_close_seals_it(renderer, portrait):
    below = place(portrait, portrait.mouth - [0, 0.003, 0])
    closed, opened, sealed = (
        around(renderer.render(motion(coefficients(named))), below, 2).mean()
        for named in ({}, {"jawOpen": 0.6}, {"jawOpen": 0.6, "mouthClose": 0.6})
    )
    assert opened > closed + 35
    assert abs(sealed - closed) < 25


def test_mouth_close_without_an_open_jaw_changes_nothing(renderer):
    assert change(renderer, coefficients({"mouthClose": 1.0})).max() == 0


@pytest.mark.parametrize(
    ("pose", "expected"),
    [
        ((0, 0, 0.3, 0, 0, 0), (1, 0)),  # the head's left is the right of the image
        ((0, 0.2, 0, 0, 0, 0), (0, 1)),  # a nod goes down
        ((0.3, 0, 0, 0, 0, 0), (-1, 0)),  # towards the head's right shoulder: what is above the pivot goes left
        ((0, 0, 0, 0, 0.02, 0), (1, 0)),
        ((0, 0, 0, 0, 0, 0.02), (0, -1)),
    ],
)
def test_the_head_turns_as_rep_103_says(portrait, pose, expected):
    animation = Animation(portrait)
    skin = np.unique(portrait.triangles_skin)
    rest = animation.pose(NEUTRAL, STILL)[skin].copy()
    crown = rest[:, 1] > np.percentile(rest[:, 1], 90)
    moved = (animation.pose(NEUTRAL, np.array(pose, np.float32))[skin] - rest)[crown].mean(axis=0)
    step = np.array([moved[0], -moved[1]])  # pixels go down
    along = step @ expected
    assert along > 0.005
    assert along > 2 * np.abs(step - along * np.array(expected)).max()


def test_the_shoulders_stay_while_the_head_turns(renderer):
    changed = change(renderer, NEUTRAL, np.array([0, 0, 0.3, 0, 0, 0], np.float32))
    assert changed[-25:].mean() < 1
    assert changed[:200].mean() > 5


def test_coefficients_beyond_their_range_are_clipped(renderer):
    beyond = renderer.render(motion(np.full(52, 7.0, np.float32)))
    assert np.array_equal(beyond, renderer.render(motion(np.ones(52, np.float32))))


@pytest.mark.parametrize(
    ("values", "pose", "text"),
    [
        (np.zeros(51), STILL, "expected 52 coefficients"),
        (np.full(52, np.nan), STILL, "finite coefficients"),
        (NEUTRAL, np.zeros(7), "expected 6 numbers of a head pose"),
        (NEUTRAL, np.full(6, np.inf), "finite numbers of a head pose"),
    ],
)
def test_numbers_that_make_no_frame_are_refused_and_the_next_frame_is_drawn(renderer, values, pose, text):
    before = renderer.render(motion())
    with pytest.raises(ValueError, match=text):
        renderer.render(motion(values, pose))
    assert np.array_equal(renderer.render(motion()), before)


@pytest.mark.parametrize(("width", "height"), [(640, 360), (200, 400), (16, 16), (97, 61)])
def test_images_of_any_shape_show_the_middle_of_the_portrait(renderer, portrait, width, height):
    with OpenGLRenderer(portrait, View(width, height)) as other:
        image = other.render(motion())
    assert image.shape == (height, width, 3)
    assert image.std() > 10


@pytest.mark.parametrize("size", [(0, 512), (512, 15), (8193, 512)])
def test_an_image_that_is_too_small_or_too_large_is_refused(size):
    with pytest.raises(ValueError, match=f"16 to 8192 pixels wide and high, got {size[0]} x {size[1]}"):
        View(*size)
