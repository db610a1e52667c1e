"""The layers that a picture is drawn of: each triangle is drawn once, and shortcuts leave the picture as it is."""

import numpy as np
import pytest
from motions import NEUTRAL, STILL, motion

from dystream_ros.portraits.gallery import coefficients
from dystream_ros.rendering import layers, opengl_renderer
from dystream_ros.rendering.opengl_renderer import OpenGLRenderer
from dystream_ros.rendering.portrait import load_portrait
from dystream_ros.rendering.scene import make_scene
from dystream_ros.rendering.view import View

TALKING = {"jawOpen": 0.4, "mouthSmile": 0.3, "mouthDimple": 0.5, "eyeBlink": 0.3}
MOTIONS = [
    motion(),
    motion(coefficients(TALKING), np.array([0.1, 0.1, -0.15, 0, 0, 0], np.float32)),
    motion(coefficients({"jawOpen": 0.5, "tongueOut": 1.0}), np.array([0, -0.15, 0.2, 0, 0, 0], np.float32)),
    motion(coefficients({"jawOpen": 1.0, "eyeWide": 1.0}), np.array([-0.2, 0.1, 0.1, 0.02, 0, 0.02], np.float32)),
]


@pytest.mark.parametrize("background", ["keep", "transparent"])
@pytest.mark.parametrize("name", ["lumi", "astronaut", "mei"])
def test_a_head_that_faces_the_lens_is_drawn_as_one_that_may_fold(monkeypatch, name, background):
    # A turned head is drawn without the shortcuts: its sheet in one layer, the inside of mouth and eyes everywhere.
    with OpenGLRenderer(load_portrait(name), View(256, 256, background=background)) as renderer:
        short = [renderer.render(each).astype(int) for each in MOTIONS]
        monkeypatch.setattr(opengl_renderer, "LITTLE", (0, 0, 0))
        for quick, each in zip(short, MOTIONS, strict=True):
            differs = np.abs(renderer.render(each) - quick).max(axis=2)
            assert (differs > 2).sum() <= 4  # pixels where two layers meet


def as_set(*triangles):
    return {tuple(sorted(corners)) for layer in triangles for corners in layer.tolist()}


def test_what_shows_the_person_is_drawn_once(portrait):
    solid_matte = np.full_like(portrait.matte, 255)
    found = layers.sheet_layers(portrait, solid_matte)
    assert len(found["edge"]) == 0
    assert len(found["solid"]) + len(found["still"]) == len(portrait.triangles_sheet)
    found = layers.sheet_layers(portrait, portrait.matte)
    assert as_set(found["sheet"]) == as_set(found["solid"], found["edge"])
    assert len(found["sheet"]) == len(found["solid"]) + len(found["edge"])
    left_out = as_set(portrait.triangles_sheet) - as_set(found["sheet"], found["still"])
    assert left_out
    height, width = portrait.matte.shape
    for corners in left_out:
        x, y = (portrait.texture[list(corners)] * (width, height)).astype(int).clip(0, width - 1).T
        assert not portrait.matte[y.min() : y.max() + 1, x.min() : x.max() + 1].any()
    assert not layers.sheet_layers(portrait, 0 * portrait.matte)["sheet"].size


def test_a_dimple_is_drawn_on_skin_that_can_show_it(portrait):
    found = layers.skin_layers(portrait, portrait.triangles_skin, layers.rim(portrait))
    for names in (("plain", "skin"), ("firm", "fading", "skin"), ("firm", "cheeks", "fading", "tinted")):
        assert as_set(*(found[name] for name in names)) == as_set(portrait.triangles_skin)
        assert sum(len(found[name]) for name in names) == len(portrait.triangles_skin)
    assert len(found["firm"]) + len(found["cheeks"]) > 0.3 * len(portrait.triangles_skin)
    with OpenGLRenderer(portrait, View(320, 320)) as renderer:
        # Beside the mouth, where the dimple is darkest, and nowhere with a visible edge to undimpled skin.
        flat, dimpled = (
            renderer.render(motion(coefficients(named))).astype(int) for named in ({}, {"mouthDimple": 1.0})
        )
    assert (flat - dimpled).max() > 15


def test_every_layer_has_rows_of_its_own_and_shows_the_same_vertices(portrait):
    scene = make_scene(portrait, View(64, 64))
    groups = [scene.triangles, *scene.openings]
    used = [np.unique(triangles) for group in groups for triangles in group.values() if len(triangles)]
    assert np.array_equal(np.sort(np.concatenate(used)), np.arange(len(scene.rows)))
    assert all(np.array_equal(rows, np.arange(rows[0], rows[-1] + 1)) for rows in used)
    whole = layers.skin_layers(portrait, portrait.triangles_skin, layers.rim(portrait))
    for name in whole:
        assert np.array_equal(scene.rows[scene.triangles[name]], whole[name])
    inside = [scene.rows[opening["inside"]] for opening in scene.openings]
    assert as_set(*inside) == as_set(portrait.triangles_inside)
    assert sum(map(len, inside)) == len(portrait.triangles_inside)
    assert np.array_equal(scene.attributes[:, :2], portrait.texture[scene.rows])


def test_the_first_picture_of_a_renderer_is_like_all_others(portrait):
    with OpenGLRenderer(portrait, View(96, 96)) as one, OpenGLRenderer(portrait, View(96, 96)) as other:
        other.render(motion(coefficients(TALKING), np.full(6, 0.1, np.float32)))
        assert np.array_equal(one.render(motion(NEUTRAL, STILL)), other.render(motion(NEUTRAL, STILL)))
