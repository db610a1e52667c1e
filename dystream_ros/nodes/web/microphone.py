"""The microphone of a page: sound from the network as blocks with steady stamps, and a voice that breaks in."""

import secrets
from collections.abc import Callable

import numpy as np
import soxr
from numpy.typing import NDArray

from dystream_ros.audio.activity import VoiceActivity
from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.nodes.web.stamping import SECOND, ArrivalStamps

# Voice within the last tenth of a second for at least half of it: a click or a breath is none.
_WINDOW = MEDIA_RATE // 10
_RESAMPLED = {"dtype": "float32", "quality": "LQ"}
_LONGEST_GAP = SECOND


class Voice:
    """Whether a voice has begun, from sound as it arrives.

    Args:
        rate: Hz.
    """

    def __init__(self, rate: int) -> None:
        self._activity = VoiceActivity()
        self._resampler = soxr.ResampleStream(rate, MEDIA_RATE, 1, **_RESAMPLED)
        self._count = 0

    def heard(self, samples: NDArray[np.int16]) -> bool:
        """Add (n,) samples; whether a voice has been heard for about 80 ms."""
        heard = self._resampler.resample_chunk(samples.astype(np.float32) / 32768)
        self._activity.add(heard)
        self._count += heard.size
        return self._count >= _WINDOW and self._activity.speaking(self._count - _WINDOW, self._count)


class Microphone:
    """One opening of a microphone: one stream, or a further one after an outage.

    Args:
        publish: takes each block.
        rate: Hz.

    Attributes:
        jitter_ms: 95th percentile of the lateness of chunks over the last ten seconds.
    """

    def __init__(self, publish: Callable[[AudioBlock], None], rate: int) -> None:
        self.rate = rate
        self.voice = Voice(rate)
        self.jitter_ms = 0.0
        self._publish = publish
        self._stamps = ArrivalStamps()
        self._stream_id = secrets.randbits(63)
        self._next: int | None = None
        self._skipped = 0
        self._origin = 0  # of the present stream

    def add(self, samples: NDArray[np.int16], first_sample: int, now_ns: int) -> bool:
        """Publish mono samples; returns whether a voice is heard in them.

        Sound that was lost on the way leaves a gap; what comes twice or too late is left out. After a jump of the
        numbers by more than a second the stream goes on without a gap.

        Args:
            samples: int16 (n,).
            first_sample: index of the first one, as the page counts.
            now_ns: ROS time of the arrival.
        """
        first = first_sample - self._skipped
        if self._next is None or abs(first - self._next) * SECOND > _LONGEST_GAP * self.rate:
            self._skipped += first - (self._next or 0)
            first = self._next or 0
        if self._next is not None and first < self._next:
            samples = samples[self._next - first :]
            first = self._next
        if not samples.size:
            return False
        self._next = first + samples.size
        stamp_ns = self._stamps.stamp(first * SECOND // self.rate, samples.size * SECOND // self.rate, now_ns)
        self.jitter_ms = self._stamps.jitter_ns / 1e6
        if self._stamps.jumped:  # a stream whose stamps jump would be placed by its first stamps
            self._end(first)
            self._stream_id, self._origin = secrets.randbits(63), first
        first -= self._origin
        self._publish(AudioBlock(self._stream_id, first, self.rate, 1, stamp_ns, samples))
        return self.voice.heard(samples)

    def close(self) -> None:
        """End the stream, so that nobody waits for more."""
        if self._next is not None:
            self._end(self._next)
            self._next = None

    def _end(self, position: int) -> None:
        first, nothing = position - self._origin, np.zeros(0, np.int16)
        self._publish(AudioBlock(self._stream_id, first, self.rate, 1, None, nothing, end_of_stream=True))
