"""Photos of every kind become portraits, or are refused in one clear sentence. Photos are made of the astronaut's."""

import subprocess
import sys
import textwrap

import cv2
import numpy as np
import pytest
from motions import NEUTRAL, motion
from patience import PATIENCE

from dystream_ros.cli import main
from dystream_ros.portraits.prepare import SIZE, find_face, prepare_portrait
from dystream_ros.rendering.opengl_renderer import OpenGLRenderer
from dystream_ros.rendering.portrait import PortraitError, load_portrait
from dystream_ros.rendering.view import View


@pytest.fixture(scope="module")
def astronaut():
    """BGR (768, 768, 3)."""
    return load_portrait("astronaut").image


@pytest.fixture
def photo(tmp_path):
    """photo(image, name) is the path of a file of this picture."""

    def write(image, name="photo.jpg"):
        path = tmp_path / name
        path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
        return path

    return write


def centre(image, face):
    """Middle of the eyes and mouth in the crop, and its mean colour around."""
    x, y = face.landmarks.mean(axis=0).astype(int)
    return (x, y), image[y - 60 : y + 60, x - 60 : x + 60].reshape(-1, 3).mean(axis=0)


def glasses(image):
    worn = image.copy()
    for x in (310, 442):
        cv2.ellipse(worn, (x, 290), (52, 40), 0, 0, 360, (20, 20, 20), 7, cv2.LINE_AA)
    return cv2.line(worn, (362, 285), (390, 285), (20, 20, 20), 7, cv2.LINE_AA)


def beard(image):
    grown = image.copy()
    noise = np.random.default_rng(0).integers(20, 70, (*image.shape[:2], 1), np.uint8).repeat(3, axis=2)
    mask = cv2.ellipse(np.zeros(image.shape[:2], np.uint8), (375, 410), (85, 95), 0, 10, 170, 255, -1)
    grown[mask > 0] = noise[mask > 0]
    return grown


def tilted(image, degrees, stretch=1.0):
    turn = cv2.getRotationMatrix2D((384, 384), degrees, 1.0)
    turn[:, :2] *= [[stretch], [1.0]]
    return cv2.warpAffine(image, turn, (768, 768), borderMode=cv2.BORDER_REPLICATE)


def aside(_):
    with OpenGLRenderer(load_portrait("astronaut"), View(640, 640)) as renderer:
        return renderer.render(motion(NEUTRAL, np.array([0.1, 0.1, 0.3, 0, 0, 0], np.float32)))


KINDS = {
    "jpeg": ("photo.jpg", lambda image: image),
    "png": ("photo.png", lambda image: image),
    "webp": ("photo.webp", lambda image: image),
    "grey": ("photo.png", lambda image: cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)),
    "16 bits": ("photo.png", lambda image: image.astype(np.uint16) * 257),
    "alpha": ("photo.png", lambda image: np.dstack([image, np.full(image.shape[:2], 255, np.uint8)])),
    "cut out": ("photo.png", lambda image: np.dstack([image, load_portrait("astronaut").matte])),
    "128 pixels": ("photo.png", lambda image: cv2.resize(image[120:540, 165:585], (128, 128))),
    "a face that fills it": ("photo.jpg", lambda image: image[150:510, 220:530]),
    "dark": ("photo.jpg", lambda image: (image * 0.35).astype(np.uint8)),
    "tilted": ("photo.jpg", lambda image: tilted(image, 20)),
    "tilted the other way": ("photo.jpg", lambda image: tilted(image, -20)),
    "turned aside": ("photo.jpg", aside),
    "glasses": ("photo.jpg", glasses),
    "beard": ("photo.jpg", beard),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_face_is_found_in_every_kind_of_photo(photo, astronaut, kind):
    name, change = KINDS[kind]
    image, face = find_face(photo(change(astronaut), name))
    assert image.shape == (SIZE, SIZE, 3)
    assert image.dtype == np.uint8
    assert face.landmarks.shape == (478, 2)
    (x, y), colour = centre(image, face)
    assert abs(x - SIZE / 2) < 0.15 * SIZE
    assert abs(y - SIZE / 2) < 0.15 * SIZE
    assert colour.std() < 2 if kind == "grey" else colour[2] > colour[0]
    assert 0.2 * SIZE < np.ptp(face.landmarks[:, 1]) < 0.65 * SIZE


def test_a_photo_becomes_a_portrait_that_is_drawn(photo, astronaut, tmp_path, capsys):
    path = photo(astronaut)
    assert main(["portrait", "prepare", str(path), "-o", str(tmp_path / "me.face"), "--background", "#102030"]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "me.face")]
    made = load_portrait(tmp_path / "me.face")
    assert np.abs(made.background.reshape(-1, 3).mean(axis=0) - (0x30, 0x20, 0x10)).max() < 2
    with OpenGLRenderer(made, View(256, 256)) as renderer:
        image = renderer.render(motion()).astype(int)
    seen = cv2.resize(astronaut, (256, 256), interpolation=cv2.INTER_AREA)
    # At rest the middle of the face is that of the photo.
    assert np.abs(image - seen)[100:130, 110:150].mean() < 20


def test_of_several_people_one_is_chosen(photo, astronaut):
    small = cv2.resize(astronaut, (400, 400), interpolation=cv2.INTER_AREA)
    small = cv2.copyMakeBorder(small, 184, 184, 0, 0, cv2.BORDER_REPLICATE)
    blue = astronaut[..., ::-1]
    both = photo(np.hstack([small, blue]))
    largest, left, right = (centre(*find_face(both, index))[1] for index in (None, 0, 1))
    assert left[2] > left[0]
    for chosen in (largest, right):
        assert chosen[0] > chosen[2]
    with pytest.raises(PortraitError, match=r"has 2 faces, numbered from 0 at the left; there is no face 2"):
        find_face(both, 2)


def noise(_):
    return np.random.default_rng(0).integers(0, 255, (400, 600, 3), np.uint8)


def landscape(_):
    sky = np.full((500, 700, 3), (220, 180, 120), np.uint8)
    cv2.circle(sky, (550, 100), 50, (60, 220, 250), -1)
    return cv2.fillPoly(sky, [np.array([(0, 500), (200, 220), (400, 400), (520, 300), (700, 500)])], (60, 110, 60))


def drawing(_):
    paper = np.full((500, 500, 3), 255, np.uint8)
    cv2.circle(paper, (250, 250), 180, (0, 0, 0), 5)
    for x in (190, 310):
        cv2.circle(paper, (x, 200), 18, (0, 0, 0), -1)
    return cv2.ellipse(paper, (250, 300), (90, 60), 0, 15, 165, (0, 0, 0), 6)


def from_behind(image):
    return cv2.GaussianBlur(image, (0, 0), 60)


def profile(_):
    with OpenGLRenderer(load_portrait("kofi"), View(640, 640)) as renderer:
        return renderer.render(motion(NEUTRAL, np.array([0, 0, 0.95, 0, 0, 0], np.float32)))


def far_away(image):
    field = np.full((900, 1200, 3), 180, np.uint8)
    field[400:520, 500:620] = cv2.resize(image, (120, 120), interpolation=cv2.INTER_AREA)
    return field


@pytest.mark.parametrize("make", [noise, landscape, drawing, from_behind, profile, far_away])
def test_a_photo_without_a_usable_face_is_refused_in_one_sentence(photo, astronaut, make):
    path = photo(make(astronaut))
    with pytest.raises(
        PortraitError, match=r"photo\.jpg (is|has|does|are|is turned|could)|face .* in .*photo\.jpg|no face"
    ) as refused:
        prepare_portrait(path)
    assert "\n" not in str(refused.value)


def test_transparency_is_chosen_where_the_image_is_made(photo, astronaut):
    with pytest.raises(PortraitError, match="transparent in an image, not in its file"):
        prepare_portrait(photo(astronaut), background="transparent")


@pytest.mark.parametrize("kind", [".jpg", ".png"])
def test_fifty_megapixels_are_read_in_bounded_memory(tmp_path, astronaut, kind):
    path = tmp_path / f"large{kind}"
    large = cv2.resize(astronaut, (7072, 7072), interpolation=cv2.INTER_LINEAR)
    path.write_bytes(cv2.imencode(kind, large, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes())
    script = f"""
        import resource, sys
        from pathlib import Path
        from dystream_ros.rendering.photo import read_photo
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        image = read_photo(Path({str(path)!r}))
        print(max(image.shape), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    told = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True, timeout=PATIENCE
    ).stdout.split()
    assert int(told[0]) == 2400
    # The picture itself is 150 MB; a JPEG is decoded at half of its size, a PNG whole, once.
    assert int(told[1]) / 1024 < (150 if kind == ".jpg" else 420)
