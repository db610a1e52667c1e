"""Photos of turned heads: hair that hangs, and what shows beside the person."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from motions import motion

from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.portraits.gallery import coefficients
from dystream_ros.portraits.hair import hanging_hair
from dystream_ros.portraits.landmarks import Face
from dystream_ros.portraits.prepare import make_portrait
from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.portrait import load_portrait

STRANDS = ((170, 225), (515, 570))  # columns of the photo
ENDS = 600  # row where they end; the chin is at 470
TILT = np.array([np.radians(12), 0, 0, 0, 0, 0], np.float32)


@pytest.fixture(scope="module")
def photo():
    return load_portrait("astronaut").image


@pytest.fixture(scope="module")
def matte():
    return load_portrait("astronaut").matte / np.float32(255)


@pytest.fixture(scope="module")
def face():
    with np.load(Path(__file__).parent.parent / "data" / "astronaut_landmarks.npz") as data:
        return Face(data["landmarks"].astype(float), dict(zip(ARKIT_NAMES, data["scores"].tolist(), strict=True)))


@pytest.fixture(scope="module")
def long_hair(photo, matte):
    """The photo with two strands that hang from the hair, and its matte."""
    grown, cover = photo.copy(), matte.copy()
    hair = np.median(photo[60:130, 330:460].reshape(-1, 3), axis=0)
    for left, right in STRANDS:
        noise = np.random.default_rng(0).normal(0, 6, (ENDS - 250, right - left, 1))
        grown[250:ENDS, left:right] = np.clip(hair + noise, 0, 255)
        cover[250:ENDS, left:right] = 1
    return grown, cover


def test_hair_that_hangs_is_found_and_short_hair_is_not(photo, matte, long_hair, face):
    assert hanging_hair(photo, matte, face.landmarks) is None
    hair = cv2.resize(hanging_hair(*long_hair, face.landmarks), photo.shape[1::-1])
    for left, right in STRANDS:
        assert hair[300 : ENDS - 40, (left + right) // 2].min() > 0.7
    assert hair[540:ENDS, 330:420].max() < 0.3  # collar


def bend(portrait, image):
    """Degrees between the directions of a strand, drawn as a line in `image`, of a tilted head."""
    with open_renderer(replace(portrait, image=image), 512, 512) as renderer:
        shown = renderer.render(motion(coefficients({}), TILT)).astype(int)
    green = shown[..., 1] - shown[..., [0, 2]].max(axis=2) > 90
    rows = np.flatnonzero(green.any(axis=1))
    middle = np.array([np.flatnonzero(green[row]).mean() for row in rows])
    step = 24
    assert len(rows) > 6 * step
    directions = np.degrees(np.arctan((middle[step:] - middle[:-step]) / (rows[step:] - rows[:-step])))
    return float(np.ptp(directions))


def test_hair_that_hangs_swings_with_a_tilted_head_instead_of_bending_at_the_chin(long_hair, face):
    image, matte = long_hair
    portrait = make_portrait(image, face.landmarks, face.scores, matte=matte)
    lined = image.copy()
    left, right = STRANDS[0]
    lined[260 : ENDS - 10, (left + right) // 2 - 4 : (left + right) // 2 + 4] = (0, 255, 0)
    assert bend(portrait, lined) < 31


def test_what_is_filled_beside_the_person_holds_nothing_of_their_clothes(photo, matte, face):
    matte = np.clip(2 * matte - 1, 0, 1)  # a sharp edge
    share = matte[..., None]
    plain = (photo * share + np.array((220, 190, 170)) * (1 - share)).astype(np.uint8)
    portrait = make_portrait(plain, face.landmarks, face.scores, matte=matte)
    beside = matte < 0.02
    apart = np.abs(portrait.background.astype(float) - (220, 190, 170)).max(axis=2)[beside]
    assert apart.max() < 15
