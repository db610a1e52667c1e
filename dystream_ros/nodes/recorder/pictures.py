"""Image messages as arrays, through cv_bridge."""

import array

import cv2
import numpy as np
from cv_bridge import CvBridge, CvBridgeError
from sensor_msgs.msg import CompressedImage, Image

_BRIDGE = CvBridge()
# Of all that cv_bridge converts, what a face can be published in, and its bytes a pixel.
_CHANNELS = {"bgr8": 3, "rgb8": 3, "bgra8": 4, "rgba8": 4, "mono8": 1}


class PictureRefused(ValueError):
    """An image message that cannot be used."""


def picture_from_image(message: Image, behind: int = 0) -> np.ndarray:
    """uint8 (height, width, 3), BGR; `behind` (0xRRGGBB) shows where the image is transparent.

    Raises:
        PictureRefused: an encoding that is no colour, or too little data.
    """
    what = f"an image of {message.width}x{message.height}, encoding '{message.encoding}', {len(message.data)} bytes"
    if message.encoding not in _CHANNELS:
        raise PictureRefused(f"{what}: accepted are {', '.join(_CHANNELS)}")
    if len(message.data) < message.height * message.step:
        raise PictureRefused(f"{what}: {message.height * message.step} bytes are announced")
    if message.step % _CHANNELS[message.encoding]:
        message = _without_padding(message)
    try:
        transparent = _CHANNELS[message.encoding] == 4
        picture = _BRIDGE.imgmsg_to_cv2(message, "bgra8" if transparent else "bgr8")
    except (CvBridgeError, TypeError, ValueError, cv2.error) as error:
        raise PictureRefused(f"{what} cannot be read: {error}") from error
    return _over(picture, behind) if transparent else np.ascontiguousarray(picture)


def _over(picture: np.ndarray, behind: int) -> np.ndarray:
    alpha = picture[..., 3]
    cover = cv2.merge([alpha] * 3)
    result = cv2.multiply(np.ascontiguousarray(picture[..., :3]), cover, scale=1 / 255)
    if behind:
        colour = [behind & 255, behind >> 8 & 255, behind >> 16 & 255]
        plain = np.full_like(result, colour)
        cv2.add(result, cv2.multiply(plain, cv2.bitwise_not(cover), scale=1 / 255), dst=result)
    return result


def _without_padding(message: Image) -> Image:
    """The image with rows that end with their last pixel; cv_bridge 1.13 reads padding of whole pixels only."""
    rows = np.frombuffer(message.data, np.uint8)[: message.height * message.step].reshape(message.height, message.step)
    width = message.width * _CHANNELS[message.encoding]
    data = array.array("B", rows[:, :width].tobytes())
    return Image(height=message.height, width=message.width, encoding=message.encoding, step=width, data=data)


def picture_from_compressed(message: CompressedImage, behind: int = 0) -> np.ndarray:
    """uint8 (height, width, 3), BGR; `behind` (0xRRGGBB) shows where the image is transparent.

    Raises:
        PictureRefused: the data is no picture.
    """
    data = np.frombuffer(message.data, np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED if "png" in message.format else cv2.IMREAD_COLOR)
    if picture is not None and picture.ndim == 3 and picture.shape[2] == 4 and picture.dtype == np.uint8:
        return _over(picture, behind)
    if picture is not None and (picture.ndim == 2 or picture.dtype != np.uint8):
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if picture is None:
        raise PictureRefused(f"a compressed image of {len(message.data)} bytes ('{message.format}') is damaged")
    return picture
