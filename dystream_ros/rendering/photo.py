"""Reads JPEG, PNG and WebP pictures in bounded memory, rotated by their EXIF orientation."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from dystream_ros.rendering.portrait import Picture, PortraitError

SMALLEST_SIDE, MOST_PIXELS, MOST_BYTES = 128, 64_000_000, 256_000_000
MOST_DECODED = 256_000_000  # bytes of the pixels: 64 megapixels with alpha, half as many with 16 bits per channel
MOST_SCANS = 50  # of a JPEG: each passes over all pixels again. A progressive picture has about 10
_BAND = 256  # rows that are converted at once, so that the intermediate numbers take little memory
LARGEST_SIDE = 2400  # pixels; larger pictures are reduced
HEADER_BYTES = 1 << 20  # a camera may write previews and colour profiles before the size
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
# Decoded at an eighth, a quarter or a half, a JPEG of 50 megapixels takes a fraction of the time and of the memory.
REDUCED = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}


def read_photo(path: Path) -> Picture:
    """A picture for a portrait, as from `read_picture`. Raises `PortraitError` also if it is too small."""
    image = read_picture(path)
    height, width = image.shape[:2]
    if min(height, width) < SMALLEST_SIDE:
        raise PortraitError(
            f"{path} has {width} x {height} pixels; a portrait needs at least {SMALLEST_SIDE} on each side"
        )
    return image


def read_picture(path: Path) -> Picture:
    """A JPEG, PNG or WebP file as uint8 (h, w, 3), BGR.

    Grey becomes colour, transparency becomes white, the EXIF orientation is applied, and a picture larger than
    `LARGEST_SIDE` is reduced.

    Raises:
        PortraitError: the file cannot be read, is of another kind, too large or damaged.
    """
    header = check_picture(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PortraitError(f"{path} cannot be read ({error.strerror})") from error
    if (scans := scans_of(data, header)) > MOST_SCANS:
        raise PortraitError(f"{path} has {scans} scans, at most {MOST_SCANS} are accepted; save it again as JPEG")
    image = None
    if _complete(data, header):
        flag = cv2.IMREAD_UNCHANGED if header.alpha else cv2.IMREAD_COLOR
        if header.kind == "JPEG":
            excess = max(header.width, header.height) / LARGEST_SIDE
            flag = next((flag for factor, flag in REDUCED.items() if factor <= excess), flag)
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    if image is None:
        raise PortraitError(f"{path} is damaged: its picture cannot be decoded")
    del data
    ratio = LARGEST_SIDE / max(image.shape[:2])
    if ratio < 1:
        height, width = (max(1, round(ratio * side)) for side in image.shape[:2])  # a strip keeps its side of one pixel
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return _on_white(image) if image.ndim == 3 and image.shape[2] == 4 else _of_8_bits(image)


@dataclass(frozen=True)
class Header:
    """The header of a picture file, read without decoding.

    Attributes:
        kind: "JPEG", "PNG" or "WebP".
        width, height: pixels.
        depth: bytes of a decoded pixel.
        alpha: whether the picture may be transparent.
        body: byte at which the compressed picture begins.
    """

    kind: str
    width: int
    height: int
    depth: int
    alpha: bool
    body: int


def check_picture(path: Path) -> Header:
    """The header of a JPEG, PNG or WebP file.

    Raises:
        PortraitError: the file cannot be read, is of another kind, damaged, or too large to be decoded.
    """
    if "\0" in str(path):
        raise PortraitError(f"{path} is no path; give a JPEG, PNG or WebP picture")
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise PortraitError(f"{path} is no regular file; give a JPEG, PNG or WebP picture")
        with path.open("rb") as file:
            data = file.read(HEADER_BYTES)
    except OSError as error:
        raise PortraitError(f"{path} cannot be read ({error.strerror})") from error
    start = next((start for start in _HEADERS if data.startswith(start)), None)
    if start is None or (start == b"RIFF" and data[8:12] != b"WEBP"):
        if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
            raise PortraitError(
                f"{path} is a HEIC or AVIF photo, as telephones take them; save it as JPEG, for example with "
                "`heif-convert photo.heic photo.jpg`"
            )
        raise PortraitError(f"{path} is not a JPEG, PNG or WebP picture")
    header = header_of(data)
    if header is None:
        raise PortraitError(f"{path} is damaged: the size of its picture is missing")
    if header.width * header.height > MOST_PIXELS:
        raise PortraitError(
            f"{path} has {header.width} x {header.height} pixels, "
            f"at most {MOST_PIXELS // 1_000_000} megapixels are accepted"
        )
    decoded = header.width * header.height * header.depth
    if header.kind != "JPEG" and decoded > MOST_DECODED:  # a large JPEG is decoded at a smaller size
        raise PortraitError(
            f"{path} has {header.width} x {header.height} pixels of {header.depth} bytes, "
            f"at most {MOST_DECODED // 1_000_000} MB are accepted; reduce its size, or save it with 8 bits per channel"
        )
    if size > MOST_BYTES:
        raise PortraitError(f"{path} has {size // 1_000_000} MB, at most {MOST_BYTES // 1_000_000} are accepted")
    return header


def header_of(data: bytes) -> Header | None:
    """The header of a picture from the beginning of its file; None if it has none, or is of another kind."""
    start = next((start for start in _HEADERS if data.startswith(start)), None)
    return None if start is None else _HEADERS[start](data)


def _jpeg(data: bytes) -> Header | None:
    size, at = None, 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xFF:  # a fill byte before the marker
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            size = int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        if marker == 0xDA:
            break
        at += 2 + length
    return Header("JPEG", *size, depth=3, alpha=False, body=at) if size else None


def _png(data: bytes) -> Header | None:
    if len(data) < 33 or data[12:16] != b"IHDR":
        return None
    size = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    palette_or_mask = b"tRNS" in data[: max(data.find(b"IDAT"), 0)]
    alpha = data[25] in (4, 6) or palette_or_mask
    # Without alpha, 16 bits are decoded to 8.
    depth = 4 * max(1, data[24] // 8) if alpha else 3
    return Header("PNG", *size, depth=depth, alpha=alpha, body=33)


def _webp(data: bytes) -> Header | None:
    kind, little = data[12:16], lambda start, end: int.from_bytes(data[start:end], "little")
    if len(data) < 30:
        return None
    if kind == b"VP8X":
        return Header("WebP", little(24, 27) + 1, little(27, 30) + 1, depth=4, alpha=bool(data[20] & 0x10), body=30)
    if kind == b"VP8L":
        bits = little(21, 25)
        return Header(
            "WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, depth=4, alpha=bool(bits >> 28 & 1), body=20
        )
    return Header("WebP", little(26, 28) & 0x3FFF, little(28, 30) & 0x3FFF, depth=3, alpha=False, body=20)


_HEADERS = {b"\xff\xd8\xff": _jpeg, b"\x89PNG\r\n\x1a\n": _png, b"RIFF": _webp}


def _complete(data: bytes, header: Header) -> bool:
    """Whether the file holds the end of the picture; decoders fill a missing end with grey."""
    if header.kind == "JPEG":
        return data.find(b"\xff\xd9", header.body) >= 0
    if header.kind == "PNG":
        return png_ends(data)
    return int.from_bytes(data[4:8], "little") <= len(data) - 8 + 1  # an odd length may lack its padding


def scans_of(data: bytes, header: Header) -> int:
    """Scans of a JPEG, those of embedded previews included; 0 for other kinds.

    300 kB with 400 scans of 64 megapixels keep a core busy for half a minute.
    """
    return data.count(b"\xff\xda") if header.kind == "JPEG" else 0


def png_ends(data: bytes) -> bool:
    """Whether the chunks of a PNG file lie within it, up to the last one.

    OpenCV reserves what the length of a chunk claims before it reads: up to 4 GB for a file of 100 bytes.
    """
    place = 8
    while place + 12 <= len(data):
        length, name = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        place += 12 + length
        if name == b"IEND":
            return place <= len(data)
    return False


def _on_white(image: np.ndarray) -> Picture:
    """A picture (h, w, 4) of 8 or 16 bits laid on white."""
    top = np.iinfo(image.dtype).max
    result = np.empty((*image.shape[:2], 3), np.uint8)
    for first in range(0, len(image), _BAND):
        band = image[first : first + _BAND]
        share = band[..., 3:].astype(np.float32) / top
        result[first : first + _BAND] = ((band[..., :3] * share + top * (1 - share)) * (255 / top)).round()
    return result


def _of_8_bits(image: np.ndarray) -> Picture:
    """A BGR picture of 8 bits from a picture without alpha: grey or colour, of 8 or 16 bits."""
    if image.dtype == np.uint16:
        image = (image / 257).round().astype(np.uint8)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image, np.uint8)
