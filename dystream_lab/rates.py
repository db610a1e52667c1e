"""Rates shared by the whole lab: audio 16 kHz, motion 25 frames per second, curves 100 values per second.

The motion of frame k is that at its middle, (k + 1/2) / FRAME_RATE seconds.
"""

from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.models.compact.config import HOP

SAMPLE_RATE = MEDIA_RATE  # Hz
FRAME_RATE = SAMPLE_RATE // HOP  # frames of motion per second; HOP is their length in samples
CURVE_RATE = 100  # values per second of prosody, mouth curves and phone scores
CURVE_HOP = SAMPLE_RATE // CURVE_RATE  # samples

__all__ = ["CURVE_HOP", "CURVE_RATE", "FRAME_RATE", "HOP", "SAMPLE_RATE"]
