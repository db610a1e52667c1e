"""Pictures of a head or a camera for browsers: converted once, whoever looks. Needs no ROS graph."""

import fractions
from dataclasses import dataclass

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from dystream_ros.rendering.interfaces import Picture

CLOCK_RATE = 90_000  # of video in RTP
TIME_BASE = fractions.Fraction(1, CLOCK_RATE)
SECOND = 1_000_000_000
# The mark: white, black, then bits of the frame's time in units of a frame.
MARK_BLOCK, MARK_BITS, _FRAME_NS = 16, 24, 40_000_000
_JPEG_QUALITY = 80


@dataclass(frozen=True)
class TimedPicture:
    """A picture with its instants.

    Attributes:
        stamp_ns: ROS time that it shows.
        arrival_ns: ROS time at which it reached this process.
        yuv: uint8 (3 * height / 2, width), planes of I420; width and height are even.
    """

    stamp_ns: int
    arrival_ns: int
    yuv: NDArray[np.uint8]

    def frame(self, origin_ns: int) -> av.VideoFrame:
        """For an encoder; its time counts from `origin_ns`."""
        frame = av.VideoFrame.from_ndarray(self.yuv, "yuv420p")
        frame.pts = (self.stamp_ns - origin_ns) * CLOCK_RATE // SECOND
        frame.time_base = TIME_BASE
        return frame


def timed_picture(picture: Picture, stamp_ns: int, arrival_ns: int, mark: bool, widest: int = 0) -> TimedPicture:
    """A picture as encoders take it.

    Args:
        picture: uint8 (height, width, 3), BGR.
        mark: whether it carries the time of its frame: `mark_of`.
        widest: a wider picture is reduced to this width; 0: never.
    """
    height, width = picture.shape[:2]
    if widest and width > widest:
        size = (widest, max(2, round(height * widest / width)))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    picture = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
    if mark:
        picture = picture.copy()
        draw_mark(picture, stamp_ns)
    return TimedPicture(stamp_ns, arrival_ns, np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8))


def jpeg(picture: Picture) -> bytes:
    """A picture as JPEG."""
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()


def draw_mark(picture: Picture, stamp_ns: int) -> None:
    """Draw the time of a frame into the upper left of a picture: see docs/web_protocol.md."""
    bits = [True, False, *(bool(stamp_ns // _FRAME_NS >> bit & 1) for bit in range(MARK_BITS))]
    for place, bit in enumerate(bits):
        picture[:MARK_BLOCK, place * MARK_BLOCK : (place + 1) * MARK_BLOCK] = 255 if bit else 0


def mark_of(picture: Picture) -> int | None:
    """The time that a picture carries, stamp // 40 ms modulo 2^24; None without a mark."""
    middle = MARK_BLOCK // 2
    places = middle + MARK_BLOCK * np.arange(MARK_BITS + 2)
    if picture.shape[1] <= places[-1]:
        return None
    bits = picture[middle, places].mean(axis=-1) > 127
    if not bits[0] or bits[1]:
        return None
    return int(sum(1 << int(bit) for bit in np.flatnonzero(bits[2:])))
