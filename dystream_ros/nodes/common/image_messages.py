"""Image messages as arrays, through cv_bridge, and the topics that carry them."""

import array
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from cv_bridge import CvBridge, CvBridgeError
from sensor_msgs.msg import CompressedImage, Image

from dystream_ros.rendering.interfaces import Picture
from dystream_ros.rendering.photo import HEADER_BYTES, MOST_SCANS, header_of, png_ends, scans_of

_BRIDGE = CvBridge()
# Bytes per pixel of the encodings that a face can be published in; cv_bridge converts more than these.
_CHANNELS = {"bgr8": 3, "rgb8": 3, "bgra8": 4, "rgba8": 4, "mono8": 1}


# A decoder allocates what the header of a picture claims, up to gigabytes, before it looks for the pixels.
_MOST_PIXELS = 17_000_000


class ImageRejected(ValueError):
    """An image message that cannot be used."""


def picture_from_image(message: Image, background: int = 0) -> Picture:
    """uint8 (height, width, 3), BGR; `background` (0xRRGGBB) shows where the image is transparent.

    Raises:
        ImageRejected: the encoding is not accepted, or data is missing.
    """
    image = f"an image of {message.width}x{message.height}, encoding '{message.encoding}', {len(message.data)} bytes"
    if message.encoding not in _CHANNELS:
        raise ImageRejected(f"{image}: accepted encodings are {', '.join(_CHANNELS)}; change it in the publisher")
    least = message.width * _CHANNELS[message.encoding]
    if not message.width or not message.height or message.step < least:
        raise ImageRejected(
            f"{image}, {message.step} bytes a row: accepted are images of at least 1x1 pixels and {least} bytes a row; "
            "correct the publisher"
        )
    size = message.height * message.step
    if len(message.data) < size:
        raise ImageRejected(f"{image}: height x step is {size} bytes; correct step or data in the publisher")
    if message.step % _CHANNELS[message.encoding] or message.is_bigendian:
        message = _without_padding(message)
    try:
        transparent = _CHANNELS[message.encoding] == 4
        picture = _BRIDGE.imgmsg_to_cv2(message, "bgra8" if transparent else "bgr8")
    except (CvBridgeError, TypeError, ValueError, IndexError, cv2.error) as error:
        raise ImageRejected(f"{image}: cv_bridge cannot convert it: {error}; correct the publisher") from error
    return _composed(picture, background) if transparent else np.ascontiguousarray(picture)


def picture_from_compressed(message: CompressedImage, background: int = 0) -> Picture:
    """uint8 (height, width, 3), BGR; `background` (0xRRGGBB) shows where the image is transparent.

    Raises:
        ImageRejected: the data does not decode, or would take too long: more than `_MOST_PIXELS` or `MOST_SCANS`.
    """
    data = np.frombuffer(message.data, np.uint8)
    header = header_of(data[:HEADER_BYTES].tobytes())
    if header is not None and header.width * header.height > _MOST_PIXELS:
        raise ImageRejected(
            f"a compressed image of {len(message.data)} bytes claims {header.width}x{header.height} pixels; accepted "
            f"are {_MOST_PIXELS // 1_000_000} megapixels"
        )
    if header is not None and (scans := scans_of(data.tobytes(), header)) > MOST_SCANS:
        raise ImageRejected(
            f"a JPEG of {len(message.data)} bytes has {scans} scans; accepted are {MOST_SCANS}; change its encoder"
        )
    if header is not None and header.kind == "PNG" and not png_ends(data.tobytes()):
        raise ImageRejected(f"a PNG image of {len(message.data)} bytes is cut off: a chunk goes beyond its end")
    try:
        picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED if "png" in message.format else cv2.IMREAD_COLOR)
        if picture is not None and picture.ndim == 3 and picture.shape[2] == 4 and picture.dtype == np.uint8:
            return _composed(np.asarray(picture, np.uint8), background)
        if picture is not None and (picture.ndim == 2 or picture.dtype != np.uint8):
            picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error:  # no bytes, or more pixels than OpenCV decodes
        picture = None
    if picture is None:
        raise ImageRejected(
            f"a compressed image of {len(message.data)} bytes, format '{message.format}', cannot be decoded; accepted "
            "are JPEG and PNG"
        )
    return np.asarray(picture, np.uint8)


@dataclass(frozen=True)
class Transport:
    """One of the topics that images arrive on.

    Attributes:
        topic: its relative name.
        message: its type.
        picture: converts a message and the colour behind transparent pixels (0xRRGGBB) to uint8 (height, width, 3),
            BGR; raises `ImageRejected`.
    """

    topic: str
    message: type[Image] | type[CompressedImage]
    picture: Callable[[Image | CompressedImage, int], Picture]


TRANSPORTS: dict[str, Transport] = {
    "raw": Transport("image", Image, picture_from_image),
    "compressed": Transport("image/compressed", CompressedImage, picture_from_compressed),
}


def _composed(picture: Picture, background: int) -> Picture:
    """uint8 (height, width, 3) of a picture (height, width, 4) over a colour."""
    alpha = picture[..., 3]
    cover = cv2.merge([alpha] * 3)
    result = cv2.multiply(np.ascontiguousarray(picture[..., :3]), cover, scale=1 / 255)
    if background:
        colour = [background & 255, background >> 8 & 255, background >> 16 & 255]
        plain = np.full_like(result, colour)
        cv2.add(result, cv2.multiply(plain, cv2.bitwise_not(cover), scale=1 / 255), dst=result)
    return np.asarray(result, np.uint8)


def _without_padding(message: Image) -> Image:
    """The image with rows that end at their last pixel, and without an order of bytes: its pixels have 8 bits.

    cv_bridge 1.13 accepts padding of whole pixels only, and turns the bytes around by a method that NumPy 2 removed.
    """
    rows = np.frombuffer(message.data, np.uint8)[: message.height * message.step].reshape(message.height, message.step)
    width = message.width * _CHANNELS[message.encoding]
    data = array.array("B", rows[:, :width].tobytes())
    return Image(height=message.height, width=message.width, encoding=message.encoding, step=width, data=data)
