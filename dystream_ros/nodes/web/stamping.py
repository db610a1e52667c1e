"""Stamps for sound that a network delivers unevenly. Needs no ROS."""

from bisect import bisect_left, insort
from collections import deque

SECOND = 1_000_000_000
# The head waits this long for late audio by itself (jitter_budget); what is later needs a later stamp.
_TOLERATED_NS = 20_000_000
# Jitter beyond this is an outage; all sound would be delayed for it.
_LARGEST_MARGIN_NS = 60_000_000
_WINDOW_NS = 10 * SECOND
# A pause, or a jump of the source's clock, after which the mapping begins anew.
_NEW_NS = SECOND
_OUTAGE_NS = 40_000_000  # by which sound that is no longer late is stamped earlier at once, or lasting delay later
_LARGEST_STEP = 0.002  # of the elapsed time: the mapping follows drift and jitter without a jump


class ArrivalStamps:
    """Maps positions in a stream to ROS time, from the instants at which its chunks arrive.

    A chunk cannot arrive before its last sample was taken, so the earliest arrivals of the last ten seconds show the
    delay of the way, and the other chunks are late by jitter. The stamp is the time at which the last sample of an
    early chunk arrives, plus the part of the jitter that the head does not tolerate itself.

    Attributes:
        jitter_ns: 95th percentile of the lateness of chunks over the last ten seconds.
        jumped: whether the newest stamp does not continue the ones before: the first chunks had waited for the
            connection, or the clock was set.
    """

    def __init__(self) -> None:
        self.jitter_ns = 0
        self.jumped = False
        # Arrival, and arrival minus the position of the end of the chunk, of the last ten seconds.
        self._arrivals: deque[tuple[int, int]] = deque()
        self._offsets: list[int] = []  # the second numbers of them, sorted
        self._offset: float | None = None
        self._at = 0

    def stamp(self, first_ns: int, duration_ns: int, arrival_ns: int) -> int:
        """The ROS time of the first sample of a chunk.

        Args:
            first_ns: position of its first sample in the stream.
            duration_ns: of the chunk.
            arrival_ns: ROS time at which it arrived.
        """
        self.jumped = False
        offset = arrival_ns - first_ns - duration_ns
        arrivals = self._arrivals
        if arrivals and (abs(offset - arrivals[-1][1]) > _NEW_NS or arrival_ns < arrivals[-1][0]):
            arrivals.clear()
            self._offsets.clear()
            self.jumped, self._offset = True, None
        offsets = self._offsets
        arrivals.append((arrival_ns, offset))
        insort(offsets, offset)
        while arrival_ns - arrivals[0][0] > _WINDOW_NS:
            _, old = arrivals.popleft()
            del offsets[bisect_left(offsets, old)]
        self.jitter_ns = offsets[min(len(offsets) - 1, len(offsets) * 95 // 100)] - offsets[0]
        wanted = offsets[0] + min(max(0, self.jitter_ns - _TOLERATED_NS), _LARGEST_MARGIN_NS)
        # Late for a whole window: the source lost sound without a word, and all that follows is that much later.
        lost = self._offset is not None and offsets[0] > self._offset + _OUTAGE_NS
        if self._offset is None or lost or wanted < self._offset - _OUTAGE_NS:
            self.jumped |= self._offset is not None
            self._offset = wanted
        else:
            most = _LARGEST_STEP * max(0, arrival_ns - self._at)
            self._offset += max(-most, min(most, wanted - self._offset))
        self._at = arrival_ns
        return round(first_ns + self._offset)
