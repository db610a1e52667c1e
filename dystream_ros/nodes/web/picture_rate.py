"""How many pictures a browser gets: all, or every second one, so that it does not fall behind. Needs no ROS.

A browser that decodes more slowly than pictures arrive shows them later and later, and its sound with them. It reports
once per second how long its pictures take; fewer of them arrive in time.
"""

_FRAME_NS = 40_000_000
_SLOW_MS, _QUICK_MS = 140.0, 90.0  # from encoder to screen
_SLOW_REPORTS, _SHORTEST_TRIAL, _LONGEST_TRIAL = 2, 15, 240  # reports, one per second
MOST = 2  # the longest interval; a third was tried and helped no more


class PictureRate:
    """Chooses the pictures for one browser.

    More pictures are tried again after 15 quick reports in a row. Each trial that fails doubles this number, up to 240:
    a machine that is slow for good is disturbed once in four minutes.

    Attributes:
        interval: every such picture is sent; 1: all.
    """

    def __init__(self) -> None:
        self.interval = 1
        self._last_ns: int | None = None
        self._slow = self._quick = 0
        self._wait = _SHORTEST_TRIAL
        self._trial = False

    def takes(self, stamp_ns: int) -> bool:
        """Whether the picture of this time is sent."""
        if self._last_ns is not None:
            passed = stamp_ns - self._last_ns
            if 0 <= passed < self.interval * _FRAME_NS - _FRAME_NS // 2:
                return False
        self._last_ns = stamp_ns
        return True

    def report(self, milliseconds: float) -> None:
        """The browser's pictures took so long lately, from encoder to screen; once per second."""
        self._slow = self._slow + 1 if milliseconds > _SLOW_MS else 0
        self._quick = self._quick + 1 if milliseconds < _QUICK_MS else 0
        if self._slow >= _SLOW_REPORTS and self.interval < MOST:
            if self._trial:
                self._wait = min(2 * self._wait, _LONGEST_TRIAL)
            self.interval += 1
            self._slow, self._trial = -_SLOW_REPORTS, False  # what waits in the browser is shown first
        elif self._quick >= self._wait and self.interval > 1:
            self.interval -= 1
            self._quick, self._trial = 0, True
        elif self._trial and self._quick >= _SHORTEST_TRIAL:
            self._trial, self._wait = False, _SHORTEST_TRIAL
