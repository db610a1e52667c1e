"""Images of other publishers as pictures."""

import array
import zlib

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image

from dystream_ros.nodes.common.image_messages import ImageRejected, picture_from_compressed, picture_from_image


@pytest.mark.parametrize("encoding", ["bgr8", "bgra8"])
def test_the_order_of_bytes_does_not_matter_for_pixels_of_8_bits(encoding):
    """Found by fuzzing: cv_bridge fails on it with NumPy 2."""
    channels = 3 if encoding == "bgr8" else 4
    pixels = np.full((4, 6, channels), 255, np.uint8)
    pixels[..., :3] = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    message = Image(height=4, width=6, step=6 * channels, encoding=encoding, is_bigendian=1)
    message.data = array.array("B", pixels.tobytes())
    np.testing.assert_array_equal(picture_from_image(message), pixels[..., :3])


@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_a_small_message_that_claims_a_huge_picture_is_refused_before_it_is_decoded(kind):
    """Found by fuzzing: 1 kB took 4 GB."""
    data = bytearray(cv2.imencode(f".{kind}", np.zeros((8, 8, 3), np.uint8))[1].tobytes())
    assert picture_from_compressed(CompressedImage(format=kind, data=array.array("B", data))).shape == (8, 8, 3)
    if kind == "png":
        data[16:24] = (30_000).to_bytes(4, "big") * 2
        data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    else:
        place = data.index(b"\xff\xc0") + 5
        data[place : place + 4] = (30_000).to_bytes(2, "big") * 2
    with pytest.raises(ImageRejected, match="claims 30000x30000 pixels; accepted are 17 megapixels"):
        picture_from_compressed(CompressedImage(format=kind, data=array.array("B", data)))


def test_a_message_of_many_scans_is_refused_before_it_is_decoded():
    data = cv2.imencode(".jpg", np.full((64, 64), 200, np.uint8), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    last = data[data.rindex(b"\xff\xda") : -2]
    assert picture_from_compressed(CompressedImage(format="jpeg", data=array.array("B", data))).shape == (64, 64, 3)
    message = CompressedImage(format="jpeg", data=array.array("B", data[:-2] + last * 400 + data[-2:]))
    with pytest.raises(ImageRejected, match="has 406 scans; accepted are 50"):
        picture_from_compressed(message)
