"""Image messages as arrays."""

import numpy as np
from sensor_msgs.msg import CompressedImage, Image

# Encoding: channels, and where B, G and R are among them.
_ENCODINGS = {
    "bgr8": (3, (0, 1, 2)),
    "rgb8": (3, (2, 1, 0)),
    "bgra8": (4, (0, 1, 2)),
    "rgba8": (4, (2, 1, 0)),
    "mono8": (1, (0, 0, 0)),
}


class PictureRefused(ValueError):
    """An image message that cannot be used."""


def picture_from_image(message: Image) -> np.ndarray:
    """uint8 (height, width, 3), BGR.

    Raises:
        PictureRefused: unknown encoding, or too little data.
    """
    if message.encoding not in _ENCODINGS:
        raise PictureRefused(f"an image has the encoding '{message.encoding}'; accepted are {', '.join(_ENCODINGS)}")
    channels, order = _ENCODINGS[message.encoding]
    data = np.frombuffer(message.data, np.uint8)
    if message.step < message.width * channels or data.size < message.height * message.step:
        raise PictureRefused(f"an image of {message.width}x{message.height} came with {data.size} bytes")
    rows = data[: message.height * message.step].reshape(message.height, message.step)
    pixels = rows[:, : message.width * channels].reshape(message.height, message.width, channels)
    return np.ascontiguousarray(pixels[:, :, order])


def picture_from_compressed(message: CompressedImage) -> np.ndarray:
    """uint8 (height, width, 3), BGR.

    Raises:
        PictureRefused: the data is no picture.
    """
    import cv2

    picture = cv2.imdecode(np.frombuffer(message.data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise PictureRefused(f"a compressed image of {len(message.data)} bytes ('{message.format}') is damaged")
    return picture
