"""Image messages as arrays, through cv_bridge, and the topics that carry them."""

import array
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from cv_bridge import CvBridge, CvBridgeError
from sensor_msgs.msg import CompressedImage, Image

from dystream_ros.rendering.interfaces import Picture

_BRIDGE = CvBridge()
# Bytes per pixel of the encodings that a face can be published in; cv_bridge converts more than these.
_CHANNELS = {"bgr8": 3, "rgb8": 3, "bgra8": 4, "rgba8": 4, "mono8": 1}


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
    size = message.height * message.step
    if len(message.data) < size:
        raise ImageRejected(f"{image}: height x step is {size} bytes; correct step or data in the publisher")
    if message.step % _CHANNELS[message.encoding]:
        message = _without_padding(message)
    try:
        transparent = _CHANNELS[message.encoding] == 4
        picture = _BRIDGE.imgmsg_to_cv2(message, "bgra8" if transparent else "bgr8")
    except (CvBridgeError, TypeError, ValueError, cv2.error) as error:
        raise ImageRejected(f"{image}: cv_bridge cannot convert it: {error}; correct the publisher") from error
    return _composed(picture, background) if transparent else np.ascontiguousarray(picture)


def picture_from_compressed(message: CompressedImage, background: int = 0) -> Picture:
    """uint8 (height, width, 3), BGR; `background` (0xRRGGBB) shows where the image is transparent.

    Raises:
        ImageRejected: the data does not decode.
    """
    data = np.frombuffer(message.data, np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED if "png" in message.format else cv2.IMREAD_COLOR)
    if picture is not None and picture.ndim == 3 and picture.shape[2] == 4 and picture.dtype == np.uint8:
        return _composed(np.asarray(picture, np.uint8), background)
    if picture is not None and (picture.ndim == 2 or picture.dtype != np.uint8):
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
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
    """The image with rows that end at their last pixel; cv_bridge 1.13 accepts padding of whole pixels only."""
    rows = np.frombuffer(message.data, np.uint8)[: message.height * message.step].reshape(message.height, message.step)
    width = message.width * _CHANNELS[message.encoding]
    data = array.array("B", rows[:, :width].tobytes())
    return Image(height=message.height, width=message.width, encoding=message.encoding, step=width, data=data)
