"""People among the characters: photographed skin, lids, brows and hair as meshes."""

import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest

from dystream_lab.characters.cast import CAST
from dystream_lab.characters.character import ANCESTRIES, SEXES, Character, shape_of
from dystream_lab.characters.complexion import SKINS, complexion, skin_name
from dystream_lab.characters.eyelids import LEAST, MOST, almond
from dystream_lab.characters.figure import make_figure
from dystream_lab.characters.raster import draw
from dystream_lab.characters.wig import STYLES, brows_of, wear
from dystream_ros.portraits.head import load_head
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.mesh import halves
from dystream_ros.rendering.portrait import load_portrait

PEOPLE = [name for name, character in CAST.items() if character.material == "skin"]
THREADS = 0.002  # share of the outline's pixels that may be thinner than 3 pixels
CLEAR = 0.010  # metres above the upper lids that are free of hair
HOLES = 0.0003  # share of the pixels below the chin that may be background between pixels of the person


@pytest.mark.parametrize("words", list(itertools.product(SEXES, ANCESTRIES, (12, 50, 80))))
def test_everyone_has_a_skin_of_their_sex(words):
    sex, ancestry, age = words
    name = skin_name(Character(sex=sex, ancestry=ancestry, age=age))
    assert (SKINS / f"{name}.jpg").exists()
    assert name.split("_")[2] == sex


@pytest.mark.parametrize("name", ["kofi", "henrik", "ada"])
def test_lids_are_smooth_almonds_that_are_open(name):
    head = load_head()
    lids = make_figure(replace(CAST[name], hair="bald"), head, 64).fit.neutral.astype(float)
    further = almond(head, lids)
    for loop in (head.left_eyelids, head.right_eyelids):
        assert np.abs(further[loop]).max() < 0.0003
        upper, lower = (lids[row] for row in halves(loop, head.vertices))
        width, height = np.ptp(lids[loop, 0]), (np.interp(lower[:, 0], upper[:, 0], upper[:, 1]) - lower[:, 1]).max()
        assert 0.9 * LEAST < height / width < 1.1 * MOST


@pytest.mark.parametrize("name", PEOPLE)
def test_brows_lie_between_the_eyes_and_the_hair(name):
    head, (vertices, _) = load_head(), shape_of(CAST[name])
    brows = wear(brows_of(CAST[name]), vertices).points
    lids = vertices[np.concatenate([head.left_eyelids, head.right_eyelids])]
    assert brows[:, 1].min() > lids[:, 1].max() - 0.003
    assert brows[:, 1].max() < lids[:, 1].max() + 0.030
    assert brows[:, 2].min() > lids[:, 2].min() - 0.02


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["ada", "kofi", "leo"])
def test_no_hair_hangs_before_the_eyes(style, name):
    head, (vertices, _) = load_head(), shape_of(CAST[name])
    x, y, z = wear(STYLES[style], vertices).points.T
    lids = vertices[np.concatenate([head.left_eyelids, head.right_eyelids])]
    face = (z > lids[:, 2].min()) & (np.abs(x) < np.abs(lids[:, 0]).max())
    assert not (face & (y < lids[:, 1].max() + CLEAR)).any()
    assert (y > lids[:, 1].max() + 0.05).any()


def test_skin_is_photographed_and_the_neck_has_its_tone():
    character = Character(hair="bald", age=30)
    figure = make_figure(character, load_head(), 128)
    detail = complexion(character, draw(figure.skin, figure.skin_triangles, figure.fit.camera, 128), figure)
    pixels = figure.fit.camera.project(figure.landmarks).astype(int)
    (x0, y0), (x1, y1) = pixels[[234, 10]].min(axis=0), pixels[[454, 152]].max(axis=0)
    face = detail[y0:y1, x0:x1]
    assert face.std(axis=(0, 1)).min() > 0.1
    lips = detail[pixels[13, 1] - 2 : pixels[13, 1] + 4, pixels[13, 0] - 4 : pixels[13, 0] + 5].mean(axis=(0, 1))
    assert lips[0] > 1.2 * lips[1]  # redder than the skin
    assert np.abs(detail[y1 + 8 :] - 1).max() < 0.02


# Below the ends of a bob one sees past the neck.
@pytest.mark.parametrize("name", [name for name in PEOPLE if CAST[name].hair != "bob"])
def test_no_background_shows_between_neck_and_collar(name):
    portrait = load_portrait(name)
    chin = (
        Camera(*portrait.camera.tolist()).project(portrait.vertices[portrait.triangles_skin].reshape(-1, 3))[:, 1].max()
    )
    person = portrait.matte[round(float(chin)) :] > 127
    outside = np.minimum.accumulate(~person, axis=1) | np.minimum.accumulate(~person[:, ::-1], axis=1)[:, ::-1]
    assert (~person & ~outside).sum() < HOLES * person.size


@pytest.mark.parametrize("name", ["ada", "kofi", "mei"])
def test_no_threads_stand_off_the_outline(name):
    solid = (load_portrait(name).matte > 127).astype(np.uint8)
    thin = solid - cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    outline = solid - cv2.erode(solid, np.ones((3, 3), np.uint8))
    assert thin.sum() < max(THREADS * outline.sum(), 12)
