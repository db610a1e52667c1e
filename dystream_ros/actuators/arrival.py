"""When the motions of the head arrive, without the jitter of single messages."""

_EARLY, _LATE = 0.5, 0.05  # share of a difference that is taken over: late messages say little about the usual delay
_JUMP = 0.3  # s; a clock was set, or another head took over


class Arrival:
    """Usual time from the instant that a motion shows to its arrival."""

    def __init__(self) -> None:
        self._delay: float | None = None

    def add(self, shown: float, arrived: float) -> bool:
        """Count a motion; returns False when it begins a new time line."""
        delay = arrived - shown
        known = self._delay is not None and abs(delay - self._delay) < _JUMP
        if self._delay is None or not known:
            self._delay = delay
        else:
            self._delay += (_EARLY if delay < self._delay else _LATE) * (delay - self._delay)
        return known

    def shown_at(self, time: float) -> float:
        """The instant of the motion that usually arrives at this time; -inf before the first motion."""
        return float("-inf") if self._delay is None else time - self._delay
