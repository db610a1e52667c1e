"""Converts the stamps of a party to media positions; a shift corrects a wrong clock or the jump of a clock."""

from dataclasses import replace

from dystream_ros.audio.timeline.placement import Facts, Placement, Rule
from dystream_ros.audio.timeline.segment import NS_PER_SAMPLE


class Stamps:
    """The stamps of one party.

    Attributes:
        epoch_ns: stamp of media sample 0.
        shift_ns: added to this party's stamps.
        other: stamps of the other party; its shift is tried too, so that two streams of one wrong clock stay aligned.
    """

    def __init__(self) -> None:
        self.epoch_ns = 0
        self.shift_ns = 0
        self.other: Stamps | None = None

    def position(self, stamp_ns: int, shift_ns: int | None = None) -> float:
        """Media position of a stamp."""
        return (stamp_ns - self.epoch_ns + (self.shift_ns if shift_ns is None else shift_ns)) / NS_PER_SAMPLE

    def align(self, stamp_ns: int, position: int) -> None:
        """Set the shift so that this stamp has this media position."""
        self.shift_ns = self.epoch_ns + position * NS_PER_SAMPLE - stamp_ns

    def place(self, rule: Rule, facts: Facts, stamp_ns: int | None) -> tuple[Facts, Placement]:
        """Apply a rule with each known shift of the stamps, and keep the most plausible shift.

        The first choice is a placement without a reason, the second one at the stamp, the last the present shift.

        Args:
            rule: of the audio's mode.
            facts: everything except `by_stamp`.
            stamp_ns: of the block, None or 0 when it has none.

        Returns:
            The facts with `by_stamp`, and the placement.
        """
        if not stamp_ns:
            return facts, rule(facts)
        other_ns = self.other.shift_ns if self.other is not None else 0
        # The clock of a new stream may be right again.
        shifts = (0, other_ns, self.shift_ns) if facts.by_index is None else (self.shift_ns, 0, other_ns)
        tried = []
        for shift in shifts:
            reading = replace(facts, by_stamp=self.position(stamp_ns, shift))
            placement = rule(reading)
            if not placement.reason:  # the usual case: the other shifts are not tried
                self.shift_ns = shift
                return reading, placement
            tried.append((reading, placement))
        followed = [place.anchor is not None and place.anchor == read.by_stamp for read, place in tried]
        best = followed.index(True) if True in followed else shifts.index(self.shift_ns)
        self.shift_ns = shifts[best]
        return tried[best]
