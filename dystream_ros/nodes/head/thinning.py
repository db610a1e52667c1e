"""Which frames are shown by a sink that is too slow for all of them: every second, every third ..., evenly."""

# Weight of the newest duration in the average: a change of the load is followed within about three pictures.
_WEIGHT = 0.3
# The interval grows when showing takes longer than the interval by this share, and shrinks when it would fit into the
# shorter interval with this share to spare. In between one waiting frame evens out single long durations.
_TOO_LONG, _FITS = 1.1, 0.85
# Weight of the newest frame in the share of late motion frames: half a second of them.
_LATE_WEIGHT = 0.08
LONGEST_INTERVAL = 6  # frames; a freeze of a quarter of a second is the longest that is chosen


class Thinning:
    """Chooses the frames to show, so that they are evenly spaced in time and leave processor time for motion.

    `takes` belongs to the thread that makes the frames, `shown` to the thread that shows them.

    Attributes:
        interval: every such frame is shown; 1 shows all.
    """

    def __init__(self) -> None:
        self.interval = 1
        self._fitting = 1  # interval by the duration of showing
        self._average_ns = 0.0
        self._late = 0.0
        self._last: int | None = None

    def takes(self, frame: int, period_ns: int, processing_ns: int = 0) -> bool:
        """Whether a frame is to be shown.

        Args:
            frame: its number; a smaller one than before begins a new count.
            period_ns: duration of a frame.
            processing_ns: how long its motion took; more than a period is late, and late motion thins the pictures.
        """
        ratio = self._average_ns / period_ns
        if ratio > _TOO_LONG * self._fitting:
            self._fitting = min(self._fitting + 1, LONGEST_INTERVAL)
        while self._fitting > 1 and ratio < _FITS * (self._fitting - 1):
            self._fitting -= 1
        self._late += _LATE_WEIGHT * ((processing_ns > period_ns) - self._late)
        self.interval = max(self._fitting, 1 + round(self._late * (LONGEST_INTERVAL - 1)))
        if self._last is not None and 0 <= frame - self._last < self.interval:
            return False
        self._last = frame
        return True

    def shown(self, nanoseconds: int) -> None:
        """Record how long it took to show a frame, with all waits for the processor."""
        self._average_ns += _WEIGHT * (nanoseconds - self._average_ns)
