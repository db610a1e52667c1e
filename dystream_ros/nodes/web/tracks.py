"""Sound and pictures as tracks of a WebRTC connection.

The browser plays sound and pictures in step by the reports of their senders, which say when what was sent. Both tracks
therefore send what belongs together at the same time; a picture is sent as soon as it is there, and the sound waits for
it (`sound.Delay`).
"""

import asyncio
import fractions
import time
from collections.abc import Callable

import av
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from numpy.typing import NDArray

from dystream_ros.nodes.web.binary_frames import SOUND_RATE
from dystream_ros.nodes.web.pictures import TimedPicture
from dystream_ros.nodes.web.sound import BLOCK, Listener

SECOND = 1_000_000_000
_FRAME_NS = 40_000_000
_PAUSE = 0.02  # s between looks for a listener
# Sound is sent once so many blocks in a row came by at most so much (s) too late, or after so long (s), or from this
# level on (int16).
_CALM_LOOKS, _CALM_LATE, _LONGEST_CALM = 100, 0.015, 8.0
_HEARD = 330


class SoundTrack(MediaStreamTrack):
    """What a page hears; silence while it has no listener.

    Args:
        now_ns: ROS time.
    """

    kind = "audio"

    def __init__(self, now_ns: Callable[[], int]) -> None:
        super().__init__()
        self.listener: Listener | None = None
        self._now_ns = now_ns
        self._sent = 0
        self._silent_until = 0.0
        self._begun = self._looked = 0.0  # steady seconds of the first and the latest 20 ms
        self._calm = 0

    async def recv(self) -> av.AudioFrame:
        """The next 20 ms, at their time; the first ones when this process is calm."""
        samples = await self._next()
        while not self._sent and not self._begins(samples):
            samples = await self._next()
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = SOUND_RATE
        frame.pts, frame.time_base = self._sent, fractions.Fraction(1, SOUND_RATE)
        self._sent += BLOCK
        return frame

    async def _next(self) -> NDArray[np.int16]:
        """What is heard in the next 20 ms, int16 (BLOCK,), at its time."""
        listener = self.listener
        samples: NDArray[np.int16] = np.zeros(BLOCK, np.int16)
        if listener is None:
            now = time.monotonic()
            self._silent_until = max(now - _PAUSE, self._silent_until) + _PAUSE
            await asyncio.sleep(max(0.0, self._silent_until - now))
        else:
            while (left := listener.due_ns - self._now_ns()) > 0:
                await asyncio.sleep(min(left / SECOND, _PAUSE))
            _, samples = listener.read(self._now_ns())
        if self.readyState != "live":
            raise MediaStreamError
        return samples

    def _begins(self, samples: NDArray[np.int16]) -> bool:
        """Whether the sound of the connection begins: when somebody speaks, or this process keeps its times.

        Chromium remembers for minutes by how much single packets came late, and plays all sound, and the pictures with
        it, so much later. A connection begins with work for everybody.
        """
        now = time.monotonic()
        self._begun = self._begun or now
        late, self._looked = now - self._looked - _PAUSE, now
        self._calm = self._calm + 1 if late < _CALM_LATE else 0
        heard = int(np.abs(samples.astype(np.int32)).max()) > _HEARD
        return heard or self._calm >= _CALM_LOOKS or now - self._begun >= _LONGEST_CALM


class PictureTrack(MediaStreamTrack):
    """The newest picture; one that was not sent before the next one came is left out.

    Args:
        sent: called with a picture when the one before it was encoded and sent.
    """

    kind = "video"

    def __init__(self, sent: Callable[[TimedPicture], None] | None = None) -> None:
        super().__init__()
        self._sent = sent
        self._newest: TimedPicture | None = None
        self._sending: TimedPicture | None = None
        self._arrived = asyncio.Event()
        self._origin_ns: int | None = None
        self._last_ns = 0

    def put(self, picture: TimedPicture) -> None:
        """Send this picture next."""
        self._newest = picture
        self._arrived.set()

    def stop(self) -> None:
        """End the track."""
        super().stop()
        self._arrived.set()

    async def recv(self) -> av.VideoFrame:
        """The next picture; the sender asks for it when it has sent the one before."""
        if self._sending is not None and self._sent is not None:
            self._sent(self._sending)
        self._sending = None
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            if self.readyState != "live":
                raise MediaStreamError
            picture, self._newest = self._newest, None
            if picture is None or picture.stamp_ns <= self._last_ns <= picture.stamp_ns + SECOND:
                continue  # as after a short step back of the clock: time in RTP only goes forward
            if self._origin_ns is None:
                self._origin_ns = picture.stamp_ns
            elif picture.stamp_ns < self._last_ns:
                self._origin_ns += picture.stamp_ns - self._last_ns - _FRAME_NS
            self._last_ns = picture.stamp_ns
            self._sending = picture
            return picture.frame(self._origin_ns)
