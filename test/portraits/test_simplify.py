"""A simplified portrait has fewer vertices and the same pictures."""

import numpy as np
import pytest

from dystream_lab.characters.character import Character
from dystream_lab.characters.drawn import portrait as drawn
from dystream_ros.face.motion import MotionFrame
from dystream_ros.portraits.gallery import coefficients
from dystream_ros.portraits.simplify import simplified
from dystream_ros.rendering.opengl_renderer import OpenGLRenderer
from dystream_ros.rendering.portrait import LAYERS
from dystream_ros.rendering.view import View

SHOWN = (({}, 0.0), ({"jawOpen": 0.6, "mouthSmile": 0.5}, 0.2), ({"eyeBlink": 1.0, "browInnerUp": 1.0}, -0.2))


@pytest.fixture(scope="module")
def pair():
    whole = []

    def keep(portrait):
        whole.append(portrait)
        return simplified(portrait)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dystream_lab.characters.assembly.simplified", keep)
        made = drawn.make_drawn(Character(material="puppet"))
    return whole[0], made


def test_a_third_of_the_triangles_is_left_out_with_their_vertices(pair):
    whole, fewer = pair
    for name in ("skin", "sheet"):
        before, after = (getattr(portrait, f"triangles_{name}") for portrait in pair)
        assert len(after) < 0.75 * len(before)
    unused = [
        len(portrait.vertices)
        - len(np.unique(np.concatenate([getattr(portrait, f"triangles_{name}").ravel() for name in LAYERS])))
        for portrait in pair
    ]
    assert unused[0] == unused[1]
    assert np.array_equal(fewer.vertices[fewer.lips], whole.vertices[whole.lips])
    assert np.array_equal(fewer.vertices[fewer.lids], whole.vertices[whole.lids])
    moved = np.flatnonzero(np.isin(fewer.shape_rows, fewer.lips))
    kept = np.flatnonzero(np.isin(whole.shape_rows, whole.lips))
    assert np.array_equal(fewer.shapes[:, moved], whole.shapes[:, kept])


def test_pictures_stay_the_same_to_the_eye(pair):
    pictures = []
    for portrait in pair:
        with OpenGLRenderer(portrait, View(256, 256)) as renderer:
            pictures.append(
                [
                    renderer.render(MotionFrame(0, coefficients(named), np.array([0, 0, yaw, 0, 0, 0], np.float32)))
                    for named, yaw in SHOWN
                ]
            )
    for one, other in zip(*pictures, strict=True):
        differs = np.abs(one.astype(int) - other).max(axis=2)
        assert (differs > 12).mean() < 0.002
        assert differs.mean() < 0.3


def test_no_further_triangle_turns_over(pair):
    turned = []
    for portrait in pair:
        corners = portrait.vertices[portrait.triangles_sheet, :2].astype(float)
        one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        turned.append(int((one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0] < 0).sum()))
    assert turned[1] <= turned[0]
