"""Frames that are late: caught up after a single stall, dropped while the machine is overloaded."""

# A backlog has to shrink by a frame within this many frame periods, on average: a frame then costs at most three
# quarters of its period. Two short stalls in a row, or one during the catching up, are within the allowance.
PERIODS_PER_FRAME = 3
ALLOWANCE = 4  # frames
RECOVERY_NS = 1_000_000_000  # without a late frame for this long, the machine is no longer overloaded


class CatchUp:
    """Decides how many of the late frames are dropped.

    After a stall, late frames are computed one after the other, at most `limit` of them. A backlog that does not shrink
    means that a frame costs more than its period. From then on the late frames are dropped and the newest one that can
    be computed is computed: the delay stays small, and the frame rate is what the machine can do. Catching up is
    possible again when no frame has been late for a second.

    Args:
        limit: late frames that are kept after a stall, the next one included; 1 or more.
        period_ns: duration of a frame.

    Attributes:
        overloaded: whether the latest late frame belonged to a backlog that did not shrink.
    """

    def __init__(self, limit: int, period_ns: int) -> None:
        self._limit, self._period_ns = limit, period_ns
        self._begun_ns: int | None = None
        self._backlog = 0
        self._late_ns = 0
        self.overloaded = False

    def stale(self, backlog: int, now_ns: int) -> int:
        """Number of frames to drop now.

        Args:
            backlog: frames that can be computed now in addition to the next one, 0 or more.
            now_ns: steady instant.
        """
        self.overloaded = self.overloaded and now_ns - self._late_ns < RECOVERY_NS
        if not backlog:
            self._begun_ns = None
            return 0
        self._late_ns = now_ns
        kept = min(backlog, self._limit - 1)
        if self._begun_ns is None:
            self._begun_ns, self._backlog = now_ns, kept
        elapsed_ns = now_ns - self._begun_ns
        if kept > self._backlog + ALLOWANCE - elapsed_ns / (PERIODS_PER_FRAME * self._period_ns):
            self.overloaded = True
        if self.overloaded:
            self._begun_ns, kept = None, 0
        return backlog - kept
