"""ROS time against the steady clock: slewed, set, or the time of a simulation that pauses or runs at another rate."""

# A larger change of ROS time against steady time means that ROS time was set, not slewed.
JUMP_NS = 250_000_000
_SLEW = 1e-3  # NTP slews by at most 500 ppm
# While ROS time runs at another rate, its steps are as long as the period of /clock times that rate.
_FOREIGN_JUMP_NS = 5_000_000_000
# Two jumps in one direction within this time show a clock that does not follow real time.
_AGAIN_NS = 30_000_000_000
# It follows real time again when the stamps move by less than this within this time.
_SETTLED_NS, _TREMBLES_NS = 2_000_000_000, 20_000_000
_NO_TIME_NS = 100_000_000  # ROS time before the first message on /clock is 0


class RosTime:
    """Follows ROS time minus steady time, and tells by how much the stamps of frames have to be moved.

    A slewed clock moves nothing: the media clock follows the stamps of the audio. A clock that is set moves them once.
    A clock that runs at another rate or stands still (`use_sim_time`) moves them with every frame, as long as it does.

    Attributes:
        set_by_ns: by how much ROS time was set, as the last `moved` found; 0 if it was not.

    Args:
        offset_ns: the offset at the beginning.
        now_ns: steady time, ns.
    """

    def __init__(self, offset_ns: int, now_ns: int) -> None:
        self.set_by_ns = 0
        self._followed_ns = offset_ns
        self._at_ns = now_ns
        self._jump: tuple[int, int] | None = None  # steady time of the last jump, and its size
        self._moves_ns, self._since_ns = 0, now_ns  # sum of the changes since this steady time
        self._rate: float | None = None
        self._ros_ns = offset_ns + now_ns

    @property
    def foreign(self) -> bool:
        """Whether ROS time does not follow real time at present."""
        return self._rate is not None

    def moved(self, offset_ns: int, now_ns: int) -> int:
        """Nanoseconds by which stamps move, at a steady time and the offset of this time."""
        self._ros_ns = offset_ns + now_ns
        change, self.set_by_ns = offset_ns - self._followed_ns, 0
        # Audio is passed on later than it arrived: its time may lie before that of the last frame.
        elapsed, self._at_ns = max(0, now_ns - self._at_ns), max(now_ns, self._at_ns)
        if self.foreign:
            self._followed_ns = offset_ns
            if abs(change) > _FOREIGN_JUMP_NS:
                self.set_by_ns = change
                return change
            self._moves_ns += change
            if now_ns - self._since_ns >= _SETTLED_NS:
                self._rate = self._measured(now_ns)
            return change
        allowed = round(_SLEW * elapsed)
        if abs(change) <= JUMP_NS:
            self._followed_ns += min(max(change, -allowed), allowed)
            return 0
        if abs(self._ros_ns) < _NO_TIME_NS:
            self._rate = 0.0
        elif self._again(change, now_ns) and self._jump is not None:
            self._rate = 1 + change / max(1, now_ns - self._jump[0])
        if self.foreign:
            self._moves_ns, self._since_ns = 0, now_ns
        else:
            self.set_by_ns = change
        self._jump, self._followed_ns = (now_ns, change), offset_ns
        return change

    def _again(self, change: int, now_ns: int) -> bool:
        """Whether this is a second jump in one direction, and too small for a clock that was set twice."""
        if self._jump is None or now_ns - self._jump[0] >= _AGAIN_NS or abs(change) > _FOREIGN_JUMP_NS:
            return False
        return (self._jump[1] > 0) == (change > 0)

    def _measured(self, now_ns: int) -> float | None:
        """Rate of ROS time over the latest seconds; None once it follows real time again."""
        span, moves = now_ns - self._since_ns, self._moves_ns
        self._moves_ns, self._since_ns = 0, now_ns
        return None if abs(moves) < _TREMBLES_NS else 1 + moves / span

    def description(self) -> str:
        """A sentence about a clock that does not follow real time; "" while it does."""
        if self._rate is None:
            return ""
        if abs(self._ros_ns) < _NO_TIME_NS:
            return "ROS time is 0: use_sim_time is set, and nothing publishes /clock; the stamps of all frames are 0"
        pace = "stands still" if abs(self._rate) < 0.02 else f"runs at {self._rate:.2g} times real time"
        return f"ROS time {pace} (use_sim_time, /clock): frames go on in real time, and their stamps follow ROS time"
