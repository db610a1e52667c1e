"""Characters: heads from words, pictures of them, and their files."""

from dataclasses import replace

import numpy as np
import pytest
from motions import motion

from dystream_lab.characters.cast import CAST
from dystream_lab.characters.character import Character, ancestry_shares, shape_of
from dystream_lab.characters.colours import background_colours, eye_colour, hair_colour, skin_colour, style_of
from dystream_lab.characters.figure import make_figure
from dystream_lab.characters.raster import draw, subdivide
from dystream_ros.cli import main
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.portraits.head import load_head
from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.portrait import PortraitError, find_portrait, load_portrait


@pytest.mark.parametrize("name", CAST)
def test_each_character_ships_as_a_small_file(name):
    assert find_portrait(name).stat().st_size < 400_000


@pytest.mark.parametrize("name", CAST)
def test_each_character_speaks_and_blinks(name):
    portrait = load_portrait(name)
    with open_renderer(portrait, 128, 128) as renderer:
        neutral = renderer.render(motion()).astype(int)
        for coefficient in ("jawOpen", "eyeBlinkLeft", "mouthSmileRight"):
            values = np.zeros(52, np.float32)
            values[ARKIT_INDEX[coefficient]] = 1
            changed = np.abs(renderer.render(motion(values)).astype(int) - neutral).max(axis=2) > 20
            assert changed.sum() > 8, coefficient


@pytest.mark.parametrize("name", CAST)
def test_a_character_is_cut_out_of_its_background(name):
    portrait = load_portrait(name)
    assert portrait.matte[:20, :20].max() == 0
    height, width = portrait.matte.shape
    assert portrait.matte[height // 2, width // 2] == 255


def test_the_same_words_make_the_same_head_and_another_seed_another():
    character = Character(age=40, seed=3)
    first, again, other = (shape_of(c)[0] for c in (character, character, replace(character, seed=4)))
    assert np.array_equal(first, again)
    assert np.abs(first - other).max() > 0.001


def test_heads_grow_up():
    child, adult = (np.ptp(shape_of(Character(age=age))[0][load_head().landmark_vertices[:, 0], 1]) for age in (10, 30))
    assert child < 0.97 * adult


def test_shares_of_ancestry_add_up():
    assert ancestry_shares("asian:1,caucasian:3") == pytest.approx([0, 0.25, 0.75])


@pytest.mark.parametrize("text", ["martian", "asian:x", "asian:-1", "asian:0", ""])
def test_an_ancestry_that_is_not_known_is_refused(text):
    with pytest.raises(PortraitError, match="ancestry"):
        Character(ancestry=text)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"sex": "x"}, "female, male"), ({"age": 4}, "10 to"), ({"hair": "mohawk"}, "buzz"), ({"weight": 2}, "-1 to 1")],
)  # fmt: skip
def test_what_is_out_of_range_is_refused_with_what_is_accepted(wrong, named):
    with pytest.raises(PortraitError, match=named):
        Character(**wrong)


@pytest.mark.parametrize(
    ("colour_of", "field"), [(skin_colour, "skin"), (hair_colour, "hair_colour"), (eye_colour, "eyes")]
)
def test_colours_are_names_or_hexadecimal(colour_of, field):
    assert colour_of(Character(**{field: "#336699"})) == pytest.approx([0.2, 0.4, 0.6])
    with pytest.raises(PortraitError, match="'ultraviolet'"):
        colour_of(Character(**{field: "ultraviolet"}))


def test_a_background_is_one_colour_or_a_gradient():
    top, low = background_colours(Character(background="#000000,#ffffff"))
    assert (top.max(), low.min()) == (0, 1)
    assert np.array_equal(*background_colours(Character(background="green screen")))


@pytest.mark.parametrize("hair", ["bald", "long", "cap"])
def test_hair_stays_out_of_the_face(hair):
    figure = make_figure(Character(hair=hair, seed=2), load_head(), 256)
    assert style_of(Character(hair=hair)) == hair
    if hair == "bald":
        assert len(figure.strands) == 0
        return
    assert len(figure.strands) > 1000
    nose, chin, brow = figure.landmarks[4], figure.landmarks[152], figure.landmarks[9]
    points = figure.strands.reshape(-1, 3)
    before = (points[:, 2] > figure.landmarks[33, 2]) & (points[:, 1] < brow[1]) & (points[:, 1] > chin[1])
    within = np.abs(points[:, 0] - nose[0]) < 0.045
    assert (before & within).mean() < 0.001


def test_a_bust_shows_more_than_a_head():
    head, bust = (make_figure(Character(framing=f, hair="bald"), load_head(), 256).fit.camera for f in ("head", "bust"))
    assert bust.scale < head.scale


def test_a_finer_ball_is_rounder():
    corners = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], float)
    faces = [(0, 2, 4), (2, 1, 4), (1, 3, 4), (3, 0, 4), (2, 0, 5), (1, 2, 5), (3, 1, 5), (0, 3, 5)]
    fine, triangles = subdivide(corners, np.array(faces))
    assert len(triangles) == 4 * len(faces)
    flat = np.linalg.norm((corners[0] + corners[2]) / 2)
    assert np.linalg.norm(fine[len(corners) :], axis=1).min() > flat + 0.1


def test_the_nearest_triangle_is_drawn():
    camera = make_figure(Character(hair="bald"), load_head(), 64).fit.camera
    square = np.array(
        [[-0.05, -0.05, 0], [0.05, -0.05, 0], [0, 0.08, 0], [-0.05, -0.05, 0.02], [0.05, -0.05, 0.02], [0, 0.08, 0.02]]
    )
    shown = draw(square, np.array([[0, 1, 2], [3, 4, 5]]), camera, 64)
    assert shown.depth.max() == pytest.approx(0.02, abs=1e-5)
    assert set(np.unique(shown.triangle)) == {-1, 1}
    assert shown.spread(square)[shown.triangle >= 0][:, 2] == pytest.approx(0.02, abs=1e-5)


def test_the_command_lists_characters_and_colours(capsys):
    assert main(["character", "list"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in (*CAST, "auburn", "porcelain"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "me.png"], "written to a .face file"), (["-o", "me.face", "--like", "nobody"], "no character 'nobody'"),
        (["-o", "me.face", "--age", "3"], "10 to 85"), (["-o", "me.face", "--seed", "-1"], "seed"),
    ],
)  # fmt: skip
def test_the_command_says_what_is_wrong(words, said, capsys):
    assert main(["character", "new", *words]) == 2
    assert said in capsys.readouterr().err


def test_the_command_makes_a_portrait(tmp_path, capsys):
    path = tmp_path / "me.face"
    assert (
        main(["character", "new", "--like", "robot", "--eyes", "amber", "--background", "#00ff00", "-o", str(path)])
        == 0
    )
    portrait = load_portrait(path)
    assert portrait.background[0, 0].astype(int) == pytest.approx([0, 255, 0], abs=3)
    assert portrait.colours[0, 0] > portrait.colours[0, 2]
