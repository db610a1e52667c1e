"""Photos of any kind and state."""

import os
import struct

import cv2
import numpy as np
import pytest

from dystream_ros.rendering.photo import LARGEST_SIDE, MOST_BYTES, check_picture, read_photo, read_picture
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


# What undoes each orientation of EXIF: turns to the left (np.rot90), then whether left and right are swapped.
ORIENTATIONS = {
    1: (0, False),
    2: (0, True),
    3: (2, False),
    4: (2, True),
    5: (3, True),
    6: (3, False),
    7: (1, True),
    8: (1, False),
}


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_photo_is_turned_as_the_camera_noted(tmp_path, picture, orientation):
    picture[:40] = 255
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    # One entry of the TIFF directory: orientation (0x0112), a short.
    tiff = b"MM\x00\x2a\x00\x00\x00\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    exif = b"Exif\x00\x00" + tiff
    path = tmp_path / "turned.jpg"
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:])
    turns, swapped = ORIENTATIONS[orientation]
    expected = np.rot90(picture, turns)
    expected = expected[:, ::-1] if swapped else expected
    image = read_photo(path)
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).mean() < 4


def test_a_picture_is_limited_by_the_bytes_of_its_pixels(tmp_path):
    # 8000 x 8000 with 16 bits and alpha: half a megabyte in the file, 512 MB decoded.
    size = struct.pack(">II", 8000, 8000)
    path = tmp_path / "deep.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 13, b"IHDR") + size + bytes([16, 6, 0, 0, 0]) + bytes(99)
    )
    with pytest.raises(PortraitError, match="8000 x 8000 pixels of 8 bytes, at most 256 MB are accepted"):
        check_picture(path)


def test_a_tall_transparent_picture_is_laid_on_white_everywhere(tmp_path):
    clear = np.zeros((700, 130, 4), np.uint8)
    clear[..., 1], clear[..., 3] = 100, np.linspace(0, 255, 700).astype(np.uint8)[:, None]
    image = read_photo(written(tmp_path / "tall.png", clear))
    share = clear[..., 3:] / 255
    assert np.abs(image - (clear[..., :3] * share + 255 * (1 - share))).max() <= 1


def test_a_pipe_is_no_picture(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(PortraitError, match="is no regular file"):
        check_picture(tmp_path / "pipe.png")


def test_large_photos_are_reduced(tmp_path):
    image = read_photo(written(tmp_path / "large.jpg", np.zeros((3000, 4000, 3), np.uint8)))
    assert image.shape == (LARGEST_SIDE * 3 // 4, LARGEST_SIDE, 3)


PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 60_000, 50_000)
JPEG = b"\xff\xd8\xff\xe0" + struct.pack(">H", 4) + b"  \xff\xff\xc0" + struct.pack(">HBHH", 17, 8, 50_000, 60_000)
WEBP = {
    "webp": b"RIFF\x64\x00\x00\x00WEBPVP8 " + bytes(10) + struct.pack("<HH", 16_000, 16_000),
    "lossless.webp": b"RIFF\x64\x00\x00\x00WEBPVP8L" + bytes(4) + b"\x2f" + struct.pack("<I", 15_999 | 15_999 << 14),
    "extended.webp": b"RIFF\x64\x00\x00\x00WEBPVP8X" + bytes(8) + (15_999).to_bytes(3, "little") * 2,
}


@pytest.mark.parametrize(
    ("name", "header", "size"),
    [("huge.png", PNG, "60000 x 50000"), ("huge.jpg", JPEG, "60000 x 50000")]
    + [(name, header, "16000 x 16000") for name, header in WEBP.items()],
)
def test_an_enormous_photo_is_refused_before_it_is_decoded(tmp_path, monkeypatch, name, header, size):
    monkeypatch.setattr(cv2, "imdecode", None)
    (tmp_path / name).write_bytes(header + bytes(100))
    with pytest.raises(PortraitError, match=f"{size} pixels, at most 64 megapixels"):
        read_photo(tmp_path / name)


def test_a_strip_keeps_its_short_side(tmp_path):
    path = tmp_path / "strip.png"
    cv2.imwrite(str(path), np.zeros((2, 20_000, 3), np.uint8))
    assert read_picture(path).shape == (1, 2400, 3)


def test_an_enormous_file_is_refused_before_it_is_read(tmp_path, picture):
    path = written(tmp_path / "long.jpg", picture)
    with path.open("r+b") as file:
        file.truncate(MOST_BYTES + 1)  # sparse: it takes no room on the disk
    with pytest.raises(PortraitError, match="256 MB, at most 256 are accepted"):
        read_photo(path)


def test_a_chunk_that_claims_gigabytes_is_not_reserved(tmp_path):
    path = written(tmp_path / "claims.png", np.zeros((150, 200, 3), np.uint8))
    data = path.read_bytes()
    path.write_bytes(data[:33] + b"\xff\x00\x20\x00" + data[37:])  # the length of the first chunk after the header
    with pytest.raises(PortraitError, match="is damaged"):
        read_photo(path)


@pytest.mark.parametrize("kind", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.97])
def test_a_photo_that_was_cut_off_is_damaged(tmp_path, kind, share):
    speckled = np.random.default_rng(0).integers(0, 255, (150, 200, 3), np.uint8)
    path = written(tmp_path / f"cut{kind}", speckled)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(PortraitError, match="is damaged"):
        read_photo(path)


def test_transparency_counts_also_in_webp_and_palettes(tmp_path):
    image = np.zeros((150, 200, 4), np.uint8)
    image[:, 100:] = 255
    for kind in (".webp", ".png"):
        read = read_photo(written(tmp_path / f"half{kind}", image))
        assert (read == 255).all()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"hello", "not a JPEG, PNG or WebP"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC or AVIF photo.*save it as JPEG"),
        (b"", "not a JPEG, PNG or WebP"),
        (b"\xff\xd8\xff\xe0 and then nothing", "damaged"),
    ],
)
def test_what_is_no_photo_is_refused(tmp_path, content, text):
    (tmp_path / "photo.jpg").write_bytes(content)
    with pytest.raises(PortraitError, match=text):
        read_photo(tmp_path / "photo.jpg")


def test_a_photo_that_is_not_there_or_too_small_is_refused(tmp_path, picture):
    with pytest.raises(PortraitError, match="cannot be read"):
        read_photo(tmp_path / "none.jpg")
    with pytest.raises(PortraitError, match="100 x 150 pixels"):
        read_photo(written(tmp_path / "small.png", picture[:, :100]))


def test_a_jpeg_of_many_scans_is_refused_before_it_is_decoded(tmp_path):
    """Each scan of some bytes passes over all pixels again."""
    flat = np.full((1000, 1000), 200, np.uint8)
    data = cv2.imencode(".jpg", flat, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    assert read_photo(path).shape == (1000, 1000, 3)  # a progressive picture of its own is read
    last = data[data.rindex(b"\xff\xda") : -2]
    path.write_bytes(data[:-2] + last * 400 + data[-2:])
    with pytest.raises(PortraitError, match="has 406 scans, at most 50 are accepted"):
        read_photo(path)
