"""Photos of any kind and state."""

import struct

import cv2
import numpy as np
import pytest

from dystream_ros.rendering.photo import LARGEST_SIDE, read_photo
from dystream_ros.rendering.portrait import PortraitError


@pytest.fixture
def picture():
    """BGR (150, 200, 3): blue at the left, red at the right."""
    image = np.zeros((150, 200, 3), np.uint8)
    image[:, :100, 0] = image[:, 100:, 2] = 200
    return image


def written(path, image):
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
    return path


@pytest.mark.parametrize("kind", [".jpg", ".png", ".webp"])
def test_common_formats_are_read(tmp_path, picture, kind):
    image = read_photo(written(tmp_path / f"photo{kind}", picture))
    assert image.shape == (150, 200, 3)
    assert image[75, 50, 0] > 180
    assert image[75, 150, 2] > 180


def test_grey_and_16_bit_become_colour_of_8(tmp_path):
    grey = written(tmp_path / "grey.png", np.full((150, 200), 40_000, np.uint16))
    image = read_photo(grey)
    assert image.shape == (150, 200, 3)
    assert image.dtype == np.uint8
    assert abs(int(image[0, 0, 0]) - 156) <= 1


def test_what_is_transparent_becomes_white(tmp_path, picture):
    clear = np.dstack([picture, np.zeros(picture.shape[:2], np.uint8)])
    assert (read_photo(written(tmp_path / "clear.png", clear)) == 255).all()


def test_a_photo_is_turned_as_the_camera_noted(tmp_path, picture):
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    # One entry of the TIFF directory: orientation (0x0112), a short, 6: to be turned clockwise.
    tiff = b"MM\x00\x2a\x00\x00\x00\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, 6, 0, 0)
    exif = b"Exif\x00\x00" + tiff
    path = tmp_path / "turned.jpg"
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:])
    image = read_photo(path)
    assert image.shape == (200, 150, 3)
    assert image[50, 75, 0] > 180  # what was left is on top


def test_large_photos_are_reduced(tmp_path):
    image = read_photo(written(tmp_path / "large.jpg", np.zeros((3000, 4000, 3), np.uint8)))
    assert image.shape == (LARGEST_SIDE * 3 // 4, LARGEST_SIDE, 3)


def test_an_enormous_photo_is_refused_before_it_is_decoded(tmp_path):
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 60_000, 50_000)
    (tmp_path / "huge.png").write_bytes(header + bytes(100))
    with pytest.raises(PortraitError, match="60000 x 50000 pixels"):
        read_photo(tmp_path / "huge.png")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"hello", "not a JPEG, PNG or WebP"),
        (b"", "not a JPEG, PNG or WebP"),
        (b"\xff\xd8\xff\xe0 and then nothing", "damaged"),
    ],
)
def test_what_is_no_photo_is_refused(tmp_path, content, text):
    (tmp_path / "photo.jpg").write_bytes(content)
    with pytest.raises(PortraitError, match=text):
        read_photo(tmp_path / "photo.jpg")


def test_a_photo_that_is_not_there_or_too_small_is_refused(tmp_path, picture):
    with pytest.raises(PortraitError, match="can not be read"):
        read_photo(tmp_path / "none.jpg")
    with pytest.raises(PortraitError, match="100 x 150 pixels"):
        read_photo(written(tmp_path / "small.png", picture[:, :100]))
