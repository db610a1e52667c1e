"""Pictures with time stamps as a video of constant frame rate."""

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Picture = TypeVar("Picture")
_SECOND_NS = 1_000_000_000


class PictureTrack(Generic[Picture]):
    """Returns the picture of each frame of the video; a missing picture is replaced by the one before it.

    Attributes:
        repeated: frames without a picture of their own.

    Args:
        start_ns: time of the first frame of the video.
        frame_rate: frames per second.
    """

    def __init__(self, start_ns: int, frame_rate: int) -> None:
        self.repeated = 0
        self._start_ns = start_ns
        self._frame_rate = frame_rate
        self._next_frame = 0
        self._waiting: deque[tuple[int, Picture]] = deque()
        self._shown: Picture | None = None

    @property
    def waiting(self) -> int:
        """Pictures that were pushed and not shown yet."""
        return len(self._waiting)

    def instant(self, position: int) -> int:
        """Time of a waiting picture, 0 for the oldest."""
        return self._waiting[position][0]

    def push(self, stamp_ns: int, picture: Picture) -> None:
        """Add a picture; pictures may arrive out of order."""
        position = len(self._waiting)
        while position and self._waiting[position - 1][0] > stamp_ns:
            position -= 1
        self._waiting.insert(position, (stamp_ns, picture))

    def take_until(self, end_ns: int) -> Iterator[Picture]:
        """The pictures of the frames that start before `end_ns` and were not taken yet; none before the first push."""
        while (time_ns := self._start_ns + self._next_frame * _SECOND_NS // self._frame_rate) < end_ns:
            # Half a period of tolerance: the stamps need not lie on the grid of the video.
            fresh = False
            while self._waiting and self._waiting[0][0] <= time_ns + _SECOND_NS // 2 // self._frame_rate:
                self._shown = self._waiting.popleft()[1]
                fresh = True
            picture = self._shown
            if picture is None:
                if not self._waiting:
                    return
                # The video starts before its first picture, which is shown from the start.
                picture = self._waiting[0][1]
            self.repeated += not fresh
            self._next_frame += 1
            yield picture
