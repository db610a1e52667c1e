"""Position of a block on the media clock: the rules of live, queued and driven audio, as pure functions.

A block gives its position twice, by its stamp and by its running index; its arrival is a third source. Each rule
returns a `Placement`: continue by the running index, or anchor the block at a new position. Positions and durations are
in 16 kHz samples of the media clock.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dystream_ros.audio.resample import MEDIA_RATE

REORDER = MEDIA_RATE // 4  # blocks that overtake one another do so within 250 ms
STAMP_NOISE = 0.030 * MEDIA_RATE  # stamps of one stream vary by less
LATE_MARGIN = 0.010 * MEDIA_RATE  # a source that was too late is moved this much further than needed
LATEST_START = 0.25 * MEDIA_RATE  # a new stream of which more than this would be too late is placed at its arrival
PLAUSIBLE_LATE = 0.5 * MEDIA_RATE
PLAUSIBLE_EARLY = 1.0 * MEDIA_RATE
DRIVEN_GAP = 3600 * MEDIA_RATE  # stamps further ahead are considered wrong
DRIVEN_NOISE = 1.0 * MEDIA_RATE
INDEX_GAP = 10.0 * MEDIA_RATE  # an index that jumps further, without a stamp that confirms it, is a restart


@dataclass(frozen=True)
class Facts:
    """Input of a rule: the properties of a block at its arrival.

    Attributes:
        duration: of the block.
        by_stamp: position by its stamp; None without a stamp.
        by_index: position by its running index; None for the first block of a stream.
        ahead: media samples by which its index is ahead of the latest one; negative when it goes back.
        stream_end: position after the last audio of this party.
        cursor: position up to which audio has been read.
        arrival: media clock at its arrival; NaN in driven time, whose rule does not use it.
        starved: too much audio of this stream was late recently.
        budget: media samples by which audio may be late and still be used.
        queue_limit: media samples that may be queued.
    """

    duration: float
    by_stamp: float | None
    by_index: float | None
    ahead: float
    stream_end: float
    cursor: float
    arrival: float
    starved: bool
    budget: float
    queue_limit: float


@dataclass(frozen=True)
class Placement:
    """Position to anchor at, or None to continue by the index; `reason` is the name of an unusual event, else ""."""

    anchor: float | None = None
    reason: str = ""


Rule = Callable[[Facts], Placement]
CONTINUE = Placement()


def repeats_or_fills(facts: Facts) -> bool:
    """Whether a block whose index goes back is a duplicate or out of order, not from a restarted source."""
    return facts.ahead >= -(REORDER + facts.duration)


def place_live(facts: Facts) -> Placement:
    """Place a block of a microphone by its stamp; a stamp that contradicts the arrival is ignored.

    The first sample of a chunk arrives one chunk length after it was captured. If that exceeds the jitter budget, the
    stream is placed later by the difference, so that no audio is lost. A new stream is also placed later if frames have
    already passed its beginning, or if the audio of the previous stream extends beyond it.
    """
    stamp, index, arrival = facts.by_stamp, facts.by_index, facts.arrival
    in_time = max(arrival - facts.budget, facts.cursor)
    if facts.stream_end <= in_time + LATEST_START:
        in_time = max(in_time, facts.stream_end)
    at_arrival = max(arrival - facts.duration, in_time)

    def plausible(position: float) -> bool:
        return (
            position + facts.duration >= facts.cursor - PLAUSIBLE_LATE
            and position <= max(arrival, facts.cursor) + PLAUSIBLE_EARLY
        )

    if index is None:
        if stamp is not None and plausible(stamp) and stamp >= facts.cursor - LATEST_START:
            return Placement(max(stamp, in_time))
        return Placement(at_arrival, "stamp_far" if stamp is not None else "")
    if facts.starved:
        return Placement(in_time + LATE_MARGIN, "too_late")
    if stamp is None:
        return CONTINUE if plausible(index) else Placement(at_arrival, "index_jump")
    if not (plausible(index) or plausible(stamp)):
        return Placement(at_arrival, "restart" if facts.ahead < 0 else "stamp_far")
    if abs(stamp - index) <= STAMP_NOISE:
        return CONTINUE
    if not plausible(stamp):
        return Placement(None, "clock_jump")
    index_miss = abs(index + facts.duration - arrival)
    stamp_miss = abs(stamp + facts.duration - arrival)
    if plausible(index) and index_miss <= stamp_miss:
        return Placement(None, "clock_jump")
    return Placement(stamp, "index_jump" if abs(facts.ahead) > STAMP_NOISE else "stamps_apart")


def place_queued(facts: Facts) -> Placement:
    """Place speech ahead of time: after the queued audio, and not before its stamp or the cursor."""
    stamp, index = facts.by_stamp, facts.by_index
    earliest = max(facts.stream_end, facts.cursor)
    plausible = stamp is not None and facts.cursor - PLAUSIBLE_LATE <= stamp <= facts.arrival + facts.queue_limit
    trusted = stamp if plausible else None
    start = earliest if trusted is None else max(earliest, trusted)
    if index is None:
        return Placement(start, "stamp_far" if stamp is not None and trusted is None else "")
    if facts.ahead < 0:
        return CONTINUE if repeats_or_fills(facts) else Placement(earliest, "restart")
    if index >= facts.cursor:
        if trusted is not None and abs(trusted - index) <= STAMP_NOISE:
            return CONTINUE
        if facts.ahead <= REORDER and not (trusted is not None and trusted > index):
            return CONTINUE
    underrun = facts.ahead == 0 and index < facts.cursor
    reason = "underrun" if underrun and trusted is None else "index_jump" if facts.ahead > REORDER else ""
    return Placement(start, reason)


def place_driven(facts: Facts) -> Placement:
    """Place a block of a bag or a file by its index; the time of its arrival has no influence."""
    stamp, index = facts.by_stamp, facts.by_index
    earliest = max(facts.stream_end, facts.cursor)
    trusted = None if stamp is None or stamp > earliest + DRIVEN_GAP else stamp
    if index is None:
        if trusted is not None and trusted >= facts.cursor - LATEST_START:
            return Placement(trusted)
        return Placement(earliest, "stamp_far" if stamp is not None else "")
    if facts.ahead < 0:
        if repeats_or_fills(facts):
            return CONTINUE
        return Placement(earliest if trusted is None else max(earliest, trusted), "restart")
    if stamp is not None and abs(stamp - index) <= DRIVEN_NOISE:
        return CONTINUE
    if trusted is not None and trusted > index:
        return Placement(trusted, "pause" if facts.ahead == 0 else "index_jump")
    if facts.ahead <= INDEX_GAP:
        return CONTINUE
    return Placement(earliest, "index_jump")


# Reasons for which the stamps of a source are aligned again.
STAMPS_WRONG = frozenset({"stamp_far", "clock_jump", "too_late", "restart"})

RULES: dict[str, Rule] = {"live": place_live, "queued": place_queued, "driven": place_driven}


# Messages for the log, by reason.
MEANING = {
    "stamp_far": "its stamp is far from now; it is placed at its arrival",
    "too_late": "its audio was late repeatedly; it is placed later from here on",
    "index_jump": "first_sample jumped; the audio is placed anew",
    "stamps_apart": "its stamps and first_sample disagree: it lost samples without counting them, or its rate or "
    "channels are wrong",
    "restart": "first_sample went back; the source is considered restarted",
    "clock_jump": "the clock of its stamps jumped; first_sample is followed",
    "underrun": "the queue ran empty in the middle of a stream; the speech continues at the next frame",
    "pause": "its stamps jumped ahead while first_sample continued; silence fills the gap",
}
