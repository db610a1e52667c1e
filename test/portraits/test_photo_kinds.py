"""Photos that are cut, grey or unusual: no streaks, no colours that the photo lacks, and a verdict that says so."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from motions import motion
from scipy.spatial.transform import Rotation

from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.portraits.colours import photo_tone
from dystream_ros.portraits.crop import SIZE, Area, crop_square, square_around
from dystream_ros.portraits.fit import fit_head
from dystream_ros.portraits.gallery import coefficients
from dystream_ros.portraits.glasses import frame_share, stiffened, wears_glasses
from dystream_ros.portraits.head import load_head
from dystream_ros.portraits.landmarks import Face
from dystream_ros.portraits.matte import complete_background, cut_out
from dystream_ros.portraits.prepare import make_portrait
from dystream_ros.portraits.verdict import is_face_cut, verdict
from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.portrait import load_portrait

CUT = 100  # pixels of the top of the picture that the photo lacks; its hair begins above
NOD = np.array([0, 0.26, 0, 0, 0, 0], np.float32)


@pytest.fixture(scope="module")
def photo():
    return load_portrait("astronaut").image


@pytest.fixture(scope="module")
def face():
    with np.load(Path(__file__).parent.parent / "data" / "astronaut_landmarks.npz") as data:
        return Face(data["landmarks"].astype(float), dict(zip(ARKIT_NAMES, data["scores"].tolist(), strict=True)))


@pytest.fixture(scope="module")
def cut(photo):
    """The picture as a crop shows it of a photo without its uppermost rows: the border is repeated."""
    shown = photo.copy()
    shown[:CUT] = shown[CUT]
    return shown


def longest_streak(image):
    """Rows of the longest run of equal pixels of the person, straight up, in an image with alpha."""
    shown = image[1:, :, 3] > 128
    same = shown & (np.abs(np.diff(image[..., :3].astype(int), axis=0)).max(axis=2) <= 1)
    longest = run = np.zeros(same.shape[1], int)
    for line in same:
        run = (run + 1) * line
        longest = np.maximum(longest, run)
    return int(np.sort(longest)[-20])  # 20 columns beside each other are seen


@pytest.mark.parametrize("area", [Area(top=CUT), None])
def test_a_nod_of_a_photo_that_cuts_the_hair_shows_no_streaks(cut, face, area):
    matte = cut_out(cut, face.landmarks, area=area)
    portrait = make_portrait(cut, face.landmarks, face.scores, matte=matte, area=area)
    with open_renderer(portrait, 256, 256, background="transparent") as renderer:
        streak = longest_streak(renderer.render(motion(coefficients({}), NOD))[:90])
    # Where the border of the photo is not known, its repetition stands above the hair.
    assert streak < 8 if area else streak > 20


def test_cut_hair_does_not_bend_to_a_wave_in_a_nod(cut, face):
    matte = cut_out(cut, face.landmarks, area=Area(top=CUT))
    portrait = make_portrait(cut, face.landmarks, face.scores, matte=matte, area=Area(top=CUT))
    with open_renderer(portrait, 256, 256, background="transparent") as renderer:
        person = renderer.render(motion(coefficients({}), NOD))[..., 3] > 128
    hair = np.flatnonzero(person[CUT * 256 // 768 + 25])
    left, middle, right = (
        int(np.flatnonzero(person[:, hair[0] + round(share * np.ptp(hair))])[0]) for share in (0.2, 0.5, 0.8)
    )
    # Rows by which the middle of the hair lies lower than both sides.
    assert middle - max(left, right) < 3


def rims(image):
    """The photo with drawn glasses."""
    worn = image.copy()
    for x in (310, 442):
        cv2.ellipse(worn, (x, 290), (52, 40), 0, 0, 360, (20, 20, 20), 7, cv2.LINE_AA)
    return cv2.line(worn, (362, 285), (390, 285), (20, 20, 20), 7, cv2.LINE_AA)


def test_the_frame_of_glasses_is_found_and_stays_stiff(photo, face):
    assert wears_glasses(rims(photo), face.landmarks)
    assert not wears_glasses(photo, face.landmarks)
    head = load_head()
    soft = fit_head(head, face.landmarks, face.scores)
    stiff = stiffened(head, soft, face.landmarks)
    frame = frame_share(head, soft, face.landmarks) > 0.9
    assert frame.sum() > 60
    turn = Rotation.from_rotvec([0, 0.35, 0]).as_matrix()
    bends, pushes = [], []
    for fit in (soft, stiff):
        at, turned = (fit.camera.project(points[frame]) for points in (fit.seen, fit.seen @ turn.T))
        flat = np.hstack([at, np.ones((len(at), 1))])
        bends.append(np.abs(turned - flat @ np.linalg.lstsq(flat, turned, rcond=None)[0]).max())
        pushed = [ARKIT_NAMES.index(name) for name in ("mouthSmileLeft", "cheekSquintLeft", "browDownLeft")]
        pushes.append(np.abs(fit.shapes[pushed][:, frame]).max())
    assert bends[1] < 0.35 * bends[0]
    assert pushes[1] < 0.25 * pushes[0]
    at_rest = [fit.camera.project(fit.seen) for fit in (soft, stiff)]
    assert np.abs(at_rest[1] - at_rest[0]).max() < 0.1


def test_cut_hair_ends_in_a_round(cut, face):
    matte = cut_out(cut, face.landmarks, area=Area(top=CUT))
    assert matte[:CUT].max() == 0
    hair = np.flatnonzero(matte[CUT + 50] > 0.5)
    columns = (hair[0] + 6, (hair[0] + hair[-1]) // 2, hair[-1] - 6)
    tops = [int(np.flatnonzero(matte[:, column] > 0.5)[0]) for column in columns]
    assert tops[1] < min(tops[0], tops[2]) - 8


def test_what_is_filled_behind_the_person_holds_nothing_of_them_and_has_their_grain():
    image = np.full((256, 256, 3), 120, np.uint8) + np.random.default_rng(0).integers(-12, 13, (256, 256, 1)).astype(
        np.int8
    ).astype(np.uint8)
    matte = np.zeros((256, 256), np.float32)
    cv2.circle(matte, (128, 140), 60, 1.0, -1)
    image[matte > 0] = (10, 10, 200)
    filled = complete_background(image, cv2.erode(matte, np.ones((5, 5), np.uint8)))
    inside = filled[100:180, 90:166].astype(float)
    assert np.abs(inside.mean(axis=(0, 1)) - 120).max() < 12
    assert 2 < inside[..., 0].std() < 14


def test_a_grey_photo_gets_a_grey_mouth_and_grey_eyes(photo, face):
    grey = np.asarray(cv2.cvtColor(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    portrait = make_portrait(grey, face.landmarks, face.scores)
    with open_renderer(portrait, 256, 256) as renderer:
        picture = renderer.render(motion(coefficients({"jawOpen": 0.7, "eyeWide": 1.0}))).astype(int)
    assert (picture.max(axis=2) - picture.min(axis=2)).max() <= 12
    middle = Camera(*portrait.camera.tolist()).project(portrait.mouth[None])[0] / len(grey) * 256
    mouth = picture[int(middle[1]) : int(middle[1]) + 16, int(middle[0]) - 8 : int(middle[0]) + 8]
    assert np.ptp(mouth.mean(axis=2)) > 60  # teeth and the dark behind them


def test_a_sepia_photo_has_a_tone_and_a_photo_in_colours_has_none(photo, face):
    assert photo_tone(photo, face.landmarks) is None
    grey = cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY)[..., None]
    sepia = np.clip(grey * (0.62, 0.82, 1.0), 0, 255).astype(np.uint8)
    tone = photo_tone(sepia, face.landmarks)
    assert tone is not None
    red, green, blue = tone.of(np.array([[0.8, 0.4, 0.4]]))[0]
    assert red > green > blue


def test_a_face_cut_by_the_border_is_told_from_one_that_fills_the_photo(face):
    low, high = face.landmarks.min(axis=0), face.landmarks.max(axis=0)
    assert not is_face_cut(face, Area(*low, *high))
    for side in ({"top": low[1] + 30}, {"left": low[0] + 30}, {"bottom": high[1] - 30}):
        assert is_face_cut(face, replace(Area(), **side))


def test_the_crop_says_what_the_photo_fills_of_it(photo, face):
    part = photo[150:]
    square = square_around(part, face.landmarks - [0, 150])
    area = square.area(part)
    assert area.top > 20
    shown = crop_square(part, square)
    assert np.ptp(shown[: int(area.top) - 2].astype(int), axis=0).max() <= 2
    assert shown.shape == (SIZE, SIZE, 3)


@pytest.mark.parametrize(
    ("scores", "others", "width", "expected"),
    [
        ({}, 0, 400, None),
        ({"jawOpen": 0.6}, 0, 400, "mouth is open"),
        ({"browInnerUp": 0.9}, 0, 400, "brows are raised"),
        ({"eyeBlinkLeft": 0.9, "eyeBlinkRight": 0.9}, 0, 400, "nearly shut"),
        ({}, 2, 400, "3 faces"),
        ({}, 0, 90, "90 pixels wide"),
    ],
)
def test_the_verdict_names_what_is_unusual(photo, face, scores, others, width, expected):
    matte = load_portrait("astronaut").matte / np.float32(255)
    notes = verdict(photo, replace(face, scores=scores), matte, Area(), others, width)
    assert not notes if expected is None else (len(notes) == 1 and expected in notes[0])


def test_the_verdict_sees_sunglasses_cut_hair_and_fur(photo, face):
    matte = load_portrait("astronaut").matte / np.float32(255)
    worn, cut = photo.copy(), matte.copy()
    for x in (310, 442):
        cv2.ellipse(worn, (x, 290), (62, 48), 0, 0, 360, (20, 20, 20), -1)
    assert "eyes may be covered" in " ".join(verdict(worn, face, matte, Area(), 0, 400))
    cut[:, 250:500] = 1
    assert "hair is cut" in " ".join(verdict(photo, face, cut, Area(), 0, 400))
    fur = np.random.default_rng(0).normal(120, 45, (*photo.shape[:2], 1)).clip(0, 255).astype(np.uint8).repeat(3, 2)
    assert "not be the face of a person" in " ".join(verdict(fur, face, matte, Area(), 0, 400))
