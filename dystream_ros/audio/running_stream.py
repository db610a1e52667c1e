"""Streams for a source whose messages have neither a stream nor a running index."""

import secrets
import time
from collections.abc import Callable, Iterator

import numpy as np

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.pcm import Samples


class RunningStream:
    """Numbers the samples of a source as one stream.

    A new stream begins when the rate or the channels change, and after a pause; the stream before it is ended first.

    Args:
        pause: seconds without audio, beyond the length of the last part, after which a new stream begins; None: never,
            for audio whose time of arrival means nothing (a bag that is played at any speed).
        clock: steady clock, in seconds.
    """

    def __init__(self, pause: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause = pause
        self._clock = clock
        self._format = (0, 0)
        self._stream_id = self._next = 0
        self._due = float("inf")

    @property
    def paused(self) -> bool:
        """Whether the next part begins a new stream because of a pause."""
        return self._pause is not None and self._clock() > self._due + self._pause

    def blocks(self, samples: Samples, sample_rate: int, channels: int, stamp_ns: int | None) -> Iterator[AudioBlock]:
        """The part as a block, after the end of the former stream where a new one begins.

        Args:
            samples: int16 or float32 (n * channels,), interleaved.
            stamp_ns: ROS time of the first sample; None without one.
        """
        new = (sample_rate, channels) != self._format
        if self._stream_id and (new or self.paused):
            rate, count = self._format
            yield AudioBlock(self._stream_id, self._next, rate, count, None, np.zeros(0, np.int16), True)
            new = True
        if new:
            self._format, self._next = (sample_rate, channels), 0
            self._stream_id = secrets.randbits(62) + 1
        block = AudioBlock(self._stream_id, self._next, sample_rate, channels, stamp_ns, samples)
        # A description that `check_block` refuses must not stop the numbering.
        frames = samples.size // max(1, channels)
        self._next += frames
        self._due = self._clock() + frames / max(1, sample_rate)
        yield block
