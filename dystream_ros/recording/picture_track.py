"""Pictures that come with time stamps, as a video of constant rate."""

from collections import deque
from collections.abc import Iterator
from typing import Any


class PictureTrack:
    """Gives the picture of each instant; one that is missing is the one before, once more.

    Args:
        start_ns: time of the first picture of the video.
        frame_rate: pictures a second.
    """

    def __init__(self, start_ns: int, frame_rate: int) -> None:
        self._start_ns = start_ns
        self._frame_rate = frame_rate
        self._index = 0
        self._waiting: deque[tuple[int, Any]] = deque()
        self._shown: Any = None
        self.repeated = 0

    def push(self, stamp_ns: int, picture: Any) -> None:
        """Take a picture; those out of order, and those of before the start, are put where they belong or dropped."""
        position = len(self._waiting)
        while position and self._waiting[position - 1][0] > stamp_ns:
            position -= 1
        self._waiting.insert(position, (stamp_ns, picture))

    def take_until(self, end_ns: int) -> Iterator[Any]:
        """The pictures of the video up to a time, one for each 1 / frame_rate; none before the first has come."""
        while (time_ns := self._start_ns + self._index * 1_000_000_000 // self._frame_rate) < end_ns:
            # Half a period of tolerance: stamps and the grid of the video need not meet.
            fresh = False
            while self._waiting and self._waiting[0][0] <= time_ns + 500_000_000 // self._frame_rate:
                self._shown = self._waiting.popleft()[1]
                fresh = True
            first = self._shown
            if first is None:
                if not self._waiting:
                    return
                # The video begins before the first picture: show that one until its time has come.
                first = self._waiting[0][1]
            self.repeated += not fresh
            self._index += 1
            yield first
