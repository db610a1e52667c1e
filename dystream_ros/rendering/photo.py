"""Reads photos for portraits: common formats, turned as the camera noted, with clear errors."""

from pathlib import Path

import cv2
import numpy as np

from dystream_ros.rendering.portrait import PortraitError

SMALLEST_SIDE, MOST_PIXELS = 128, 64_000_000
LARGEST_SIDE = 2400  # pixels that are worked on; a portrait keeps fewer
KINDS = {b"\xff\xd8\xff": "JPEG", b"\x89PNG": "PNG", b"RIFF": "WebP"}


def read_photo(path: Path) -> np.ndarray:
    """BGR uint8 (h, w, 3) of a JPEG, PNG or WebP file: grey becomes colour, what is transparent becomes white, EXIF
    orientation is applied, photos larger than `LARGEST_SIDE` are reduced. Raises `PortraitError`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PortraitError(f"{path} can not be read ({error.strerror})") from error
    if not any(data.startswith(start) for start in KINDS):
        raise PortraitError(f"{path} is not a JPEG, PNG or WebP photo")
    size = _declared_size(data)
    if size and size[0] * size[1] > MOST_PIXELS:
        raise PortraitError(
            f"{path} has {size[0]} x {size[1]} pixels, at most {MOST_PIXELS // 1_000_000} megapixels are accepted"
        )
    buffer = np.frombuffer(data, np.uint8)
    image = cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED)
    if image is None:
        raise PortraitError(f"{path} is damaged: its picture can not be decoded")
    # Only IMREAD_COLOR applies the orientation of EXIF, and makes 8-bit colour of anything but transparency.
    transparent = image.ndim == 3 and image.shape[2] == 4
    image = _on_white(image) if transparent else cv2.imdecode(buffer, cv2.IMREAD_COLOR)
    height, width = image.shape[:2]
    if min(height, width) < SMALLEST_SIDE:
        raise PortraitError(
            f"{path} has {width} x {height} pixels; a portrait needs at least {SMALLEST_SIDE} on each side"
        )
    ratio = LARGEST_SIDE / max(height, width)
    return cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA) if ratio < 1 else image


def _on_white(image: np.ndarray) -> np.ndarray:
    top = np.iinfo(image.dtype).max
    share = image[..., 3:].astype(np.float32) / top
    return ((image[..., :3] * share + top * (1 - share)) * (255 / top)).round().astype(np.uint8)


def _declared_size(data: bytes) -> tuple[int, int] | None:
    """Width and height that a PNG or JPEG declares, before anything is decoded; None where they are not found."""
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    at = 2
    while data.startswith(b"\xff\xd8") and at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + length
    return None
