"""Reads JPEG, PNG and WebP pictures in bounded memory, rotated by their EXIF orientation."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from dystream_ros.rendering.portrait import Picture, PortraitError

SMALLEST_SIDE, MOST_PIXELS, MOST_BYTES = 128, 64_000_000, 256_000_000
LARGEST_SIDE = 2400  # pixels; larger pictures are reduced
HEADER_BYTES = 1 << 20  # a camera may write previews and colour profiles before the size
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
        image = cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
    return _on_white(image) if image.ndim == 3 and image.shape[2] == 4 else _of_8_bits(image)


@dataclass(frozen=True)
class Header:
    """The header of a picture file, read without decoding.

    Attributes:
        kind: "JPEG", "PNG" or "WebP".
        width, height: pixels.
        alpha: whether the picture may be transparent.
        body: byte at which the compressed picture begins.
    """

    kind: str
    width: int
    height: int
    alpha: bool
    body: int


def check_picture(path: Path) -> Header:
    """The header of a JPEG, PNG or WebP file.

    Raises:
        PortraitError: the file cannot be read, is of another kind, damaged, or too large to be decoded.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            data = file.read(HEADER_BYTES)
    except OSError as error:
        raise PortraitError(f"{path} cannot be read ({error.strerror})") from error
    start = next((start for start in _HEADERS if data.startswith(start)), None)
    if start is None or (start == b"RIFF" and data[8:12] != b"WEBP"):
        raise PortraitError(f"{path} is not a JPEG, PNG or WebP picture")
    header = _HEADERS[start](data)
    if header is None:
        raise PortraitError(f"{path} is damaged: the size of its picture is missing")
    if header.width * header.height > MOST_PIXELS:
        raise PortraitError(
            f"{path} has {header.width} x {header.height} pixels, "
            f"at most {MOST_PIXELS // 1_000_000} megapixels are accepted"
        )
    if size > MOST_BYTES:
        raise PortraitError(f"{path} has {size // 1_000_000} MB, at most {MOST_BYTES // 1_000_000} are accepted")
    return header


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
    return Header("JPEG", *size, alpha=False, body=at) if size else None


def _png(data: bytes) -> Header | None:
    if len(data) < 33 or data[12:16] != b"IHDR":
        return None
    size = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    palette_or_mask = b"tRNS" in data[: max(data.find(b"IDAT"), 0)]
    return Header("PNG", *size, alpha=data[25] in (4, 6) or palette_or_mask, body=33)


def _webp(data: bytes) -> Header | None:
    kind, little = data[12:16], lambda start, end: int.from_bytes(data[start:end], "little")
    if len(data) < 30:
        return None
    if kind == b"VP8X":
        return Header("WebP", little(24, 27) + 1, little(27, 30) + 1, alpha=bool(data[20] & 0x10), body=30)
    if kind == b"VP8L":
        bits = little(21, 25)
        return Header("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, alpha=bool(bits >> 28 & 1), body=20)
    return Header("WebP", little(26, 28) & 0x3FFF, little(28, 30) & 0x3FFF, alpha=False, body=20)


_HEADERS = {b"\xff\xd8\xff": _jpeg, b"\x89PNG\r\n\x1a\n": _png, b"RIFF": _webp}


def _complete(data: bytes, header: Header) -> bool:
    """Whether the file holds the end of the picture; decoders fill a missing end with grey."""
    if header.kind == "JPEG":
        return data.find(b"\xff\xd9", header.body) >= 0
    if header.kind == "PNG":
        return data.find(b"IEND", header.body) >= 0
    return int.from_bytes(data[4:8], "little") <= len(data) - 8 + 1  # an odd length may lack its padding


def _on_white(image: np.ndarray) -> Picture:
    """A picture (h, w, 4) of 8 or 16 bits laid on white."""
    top = np.iinfo(image.dtype).max
    share = image[..., 3:].astype(np.float32) / top
    return ((image[..., :3] * share + top * (1 - share)) * (255 / top)).round().astype(np.uint8)


def _of_8_bits(image: np.ndarray) -> Picture:
    """A BGR picture of 8 bits from a picture without alpha: grey or colour, of 8 or 16 bits."""
    if image.dtype == np.uint16:
        image = (image / 257).round().astype(np.uint8)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image, np.uint8)
