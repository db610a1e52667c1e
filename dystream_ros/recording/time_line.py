"""The time line of a recording: stamps of pictures and sound stay on it when a clock is set or a stamp is wrong."""

import time
from collections.abc import Callable

SECOND_NS = 1_000_000_000
# A picture this much after the expected one, or before the newest, has a wrong stamp, or the clock was set.
PICTURE_TOLERANCE = 10.0  # s
# So many pictures in a row with new stamps that fit one another: the clock was set.
PICTURES_AFTER_A_JUMP = 5
# Longer times without picture and sound are left out of the video.
LONGEST_PAUSE = 60.0  # s
# Sound may wait in a queue, so its stamps are further ahead than those of pictures.
SOUND_BEFORE, SOUND_AHEAD = 15.0, 660.0  # s


class StampRefused(ValueError):
    """A picture whose stamp is too far from those of the others."""


class TimeLine:
    """Converts stamps to instants of the recording, in nanoseconds, which follow the stamps of the first picture.

    The steady clock tells a pause from a clock that was set: in a pause, stamps and steady clock advance together.

    Attributes:
        end_ns: instant of the newest picture, or of the newest sound while no pictures arrive.

    Args:
        start_ns: stamp of the first picture.
        changed: called with the reason when the video continues at other stamps, for the log.
        clock: steady clock, in seconds.
    """

    def __init__(
        self, start_ns: int, changed: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.end_ns = start_ns
        self._offset_ns = 0  # added to a stamp
        self._changed = changed
        self._clock = clock
        self._advanced_at = clock()
        self._odd: tuple[int, float, int] | None = None  # last refused stamp, its arrival, refused ones that fit it

    def now_ns(self, arrived: float | None = None) -> int:
        """The instant at which a message arrives, by the steady clock: now, or `arrived`."""
        return self.end_ns + round(((self._clock() if arrived is None else arrived) - self._advanced_at) * SECOND_NS)

    def picture(self, stamp_ns: int) -> int:
        """Instant of a picture that arrives now.

        Raises:
            StampRefused: its stamp is far from the others, and too few pictures have agreed with it so far.
        """
        now_ns, instant = self.now_ns(), stamp_ns + self._offset_ns
        tolerance = round(PICTURE_TOLERANCE * SECOND_NS)
        if not self.end_ns - tolerance <= instant <= now_ns + tolerance:
            distance = (instant - now_ns) / SECOND_NS
            if not self._clock_was_set(stamp_ns):
                raise StampRefused(
                    f"the stamp of a picture is {distance:+.1f} s from now by the stamps of the others; accepted are "
                    f"{PICTURE_TOLERANCE:g} s: correct the clock of its publisher"
                )
            self._changed(f"the stamps of the pictures jumped by {distance:+.1f} s; the video continues without a gap")
            pause_ns = min(now_ns - self.end_ns, round(LONGEST_PAUSE * SECOND_NS))
            instant = self._continue(stamp_ns, self.end_ns + pause_ns)
        elif instant - self.end_ns > LONGEST_PAUSE * SECOND_NS:
            pause = (instant - self.end_ns) / SECOND_NS
            self._changed(f"no picture and no sound for {pause:.0f} s; the video leaves this time out")
            instant = self._continue(stamp_ns, self.end_ns + SECOND_NS)
        self._odd = None
        self.advance(instant)
        return instant

    def advance(self, instant_ns: int) -> None:
        """The recording has reached this instant."""
        if instant_ns >= self.end_ns:
            self.end_ns, self._advanced_at = instant_ns, self._clock()

    def sound(self, stamp_ns: int, arrived: float) -> int | None:
        """Instant of sound; None where its stamp is too far from its arrival (steady clock) to be right."""
        instant, expected = stamp_ns + self._offset_ns, self.now_ns(arrived)
        near = -SOUND_BEFORE * SECOND_NS <= instant - expected <= SOUND_AHEAD * SECOND_NS
        return instant if near else None

    def sound_arrival(self, arrival_ns: int, arrived: float) -> int:
        """Instant of sound without a stamp, by its arrival in ROS time, or on the steady clock where that is far."""
        instant, expected = arrival_ns + self._offset_ns, self.now_ns(arrived)
        return instant if abs(instant - expected) <= PICTURE_TOLERANCE * SECOND_NS else expected

    def _clock_was_set(self, stamp_ns: int) -> bool:
        now, agreeing = self._clock(), 1
        if self._odd is not None:
            before_ns, arrived, count = self._odd
            passed = (stamp_ns - before_ns) / SECOND_NS
            if -1.0 <= passed <= now - arrived + PICTURE_TOLERANCE:
                agreeing = count + 1
        self._odd = (stamp_ns, now, agreeing)
        return agreeing >= PICTURES_AFTER_A_JUMP

    def _continue(self, stamp_ns: int, instant_ns: int) -> int:
        self._offset_ns = instant_ns - stamp_ns
        return instant_ns
