"""Where a block belongs on the media clock: the rules of live, queued and driven audio, as pure functions.

A block names its place twice, by its stamp and by its running index, and its arrival is a third witness. Each rule
returns a `Placement`: continue the running index, or anchor the block anew at a position. Positions and durations are
16 kHz samples of the media clock.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dystream_ros.audio.resample import MEDIA_RATE

REORDER = MEDIA_RATE // 4  # blocks that overtake one another do so within 250 ms
STAMP_NOISE = 0.030 * MEDIA_RATE  # stamps of one stream wander by less
LATE_MARGIN = 0.010 * MEDIA_RATE  # how far a source that was too late is moved beyond what would just do
LATEST_START = 0.25 * MEDIA_RATE  # a new stream that would lose more than this to being late is heard from its arrival
PLAUSIBLE_LATE = 0.5 * MEDIA_RATE
PLAUSIBLE_EARLY = 1.0 * MEDIA_RATE
DRIVEN_GAP = 3600 * MEDIA_RATE  # stamps further ahead are taken for wrong
DRIVEN_NOISE = 1.0 * MEDIA_RATE
INDEX_GAP = 10.0 * MEDIA_RATE  # an index that leaps further, with no stamp to confirm it, is a restart


@dataclass(frozen=True)
class Facts:
    """What is known of a block when it comes.

    Attributes:
        duration: of the block.
        by_stamp: position its stamp says; None without a stamp.
        by_index: position its running index says; None for the first block of a stream.
        ahead: media samples by which its index is ahead of the last one seen; negative when it goes back.
        stream_end: position after the last audio of this party.
        cursor: position up to which audio has been heard.
        arrival: media clock when it came; None in driven time.
        starved: too much of this stream came too late of late.
        budget: media samples by which audio may come after its time and still be heard.
        queue_limit: media samples that may wait.
    """

    duration: float
    by_stamp: float | None
    by_index: float | None
    ahead: float
    stream_end: float
    cursor: float
    arrival: float | None
    starved: bool
    budget: float
    queue_limit: float


@dataclass(frozen=True)
class Placement:
    """Position to anchor at, or None to go on by index; `reason` is the short name of anything unusual."""

    anchor: float | None = None
    reason: str = ""


Rule = Callable[[Facts], Placement]
CONTINUE = Placement()


def repeats_or_fills(facts: Facts) -> bool:
    """Whether a block whose index goes back is a duplicate or out of order, not from a restarted source."""
    return facts.ahead >= -(REORDER + facts.duration)


def place_live(facts: Facts) -> Placement:
    """A microphone: the stamp says when; a stamp that contradicts the arrival is not believed.

    The first sample of a chunk comes a whole chunk after its time. When that is more than the jitter budget, the
    stream is heard later by the difference, so that nothing of it is lost. Nor is the beginning of a stream lost when
    frames have gone on without it, or when the one before it was heard later and still is.
    """
    in_time = max(facts.arrival - facts.budget, facts.cursor)
    if facts.stream_end <= in_time + LATEST_START:
        in_time = max(in_time, facts.stream_end)
    at_arrival = max(facts.arrival - facts.duration, in_time)

    def plausible(position: float | None) -> bool:
        return (
            position is not None
            and position + facts.duration >= facts.cursor - PLAUSIBLE_LATE
            and position <= max(facts.arrival, facts.cursor) + PLAUSIBLE_EARLY
        )

    if facts.by_index is None:
        if plausible(facts.by_stamp) and facts.by_stamp >= facts.cursor - LATEST_START:
            return Placement(max(facts.by_stamp, in_time))
        return Placement(at_arrival, "stamp_far" if facts.by_stamp is not None else "")
    if facts.starved:
        return Placement(in_time + LATE_MARGIN, "too_late")
    if facts.by_stamp is None:
        return CONTINUE if plausible(facts.by_index) else Placement(at_arrival, "index_jump")
    error = facts.by_stamp - facts.by_index
    if not (plausible(facts.by_index) or plausible(facts.by_stamp)):
        return Placement(at_arrival, "restart" if facts.ahead < 0 else "stamp_far")
    if abs(error) <= STAMP_NOISE:
        return CONTINUE
    if not plausible(facts.by_stamp):
        return Placement(None, "clock_jump")
    index_miss = abs(facts.by_index + facts.duration - facts.arrival)
    stamp_miss = abs(facts.by_stamp + facts.duration - facts.arrival)
    if plausible(facts.by_index) and index_miss <= stamp_miss:
        return Placement(None, "clock_jump")
    return Placement(facts.by_stamp, "index_jump" if abs(facts.ahead) > STAMP_NOISE else "stamps_apart")


def place_queued(facts: Facts) -> Placement:
    """Speech ahead of time: it follows what waits already, never before its stamp, and never too late to be heard."""
    earliest = max(facts.stream_end, facts.cursor)
    stamp = facts.by_stamp
    believed = stamp is not None and facts.cursor - PLAUSIBLE_LATE <= stamp <= facts.arrival + facts.queue_limit
    reason = "stamp_far" if stamp is not None and not believed else ""
    if facts.by_index is None:
        return Placement(max(earliest, stamp) if believed else earliest, reason)
    if facts.ahead < 0:
        return CONTINUE if repeats_or_fills(facts) else Placement(earliest, "restart")
    if facts.by_index >= facts.cursor:
        if believed and abs(stamp - facts.by_index) <= STAMP_NOISE:
            return CONTINUE
        if facts.ahead <= REORDER and not (believed and stamp > facts.by_index):
            return CONTINUE
    underrun = facts.ahead == 0 and facts.by_index < facts.cursor
    unusual = "underrun" if underrun and not believed else "index_jump" if facts.ahead > REORDER else ""
    return Placement(max(earliest, stamp) if believed else earliest, unusual)


def place_driven(facts: Facts) -> Placement:
    """A bag or a file: the index says when; nothing here depends on when a block arrived."""
    earliest = max(facts.stream_end, facts.cursor)
    stamp = facts.by_stamp
    believed = stamp is not None and stamp <= earliest + DRIVEN_GAP
    if facts.by_index is None:
        if believed and stamp >= facts.cursor - LATEST_START:
            return Placement(stamp)
        return Placement(earliest, "stamp_far" if stamp is not None else "")
    if facts.ahead < 0:
        if repeats_or_fills(facts):
            return CONTINUE
        return Placement(max(earliest, stamp) if believed else earliest, "restart")
    if stamp is not None and abs(stamp - facts.by_index) <= DRIVEN_NOISE:
        return CONTINUE
    if believed and stamp > facts.by_index:
        return Placement(stamp, "pause" if facts.ahead == 0 else "index_jump")
    if facts.ahead <= INDEX_GAP:
        return CONTINUE
    return Placement(earliest, "index_jump")


# Reasons after which the stamps of a source are read with another shift.
STAMPS_WRONG = frozenset({"stamp_far", "clock_jump", "too_late", "restart"})

RULES: dict[str, Rule] = {"live": place_live, "queued": place_queued, "driven": place_driven}


# What the unusual reasons of placement mean, for the log.
MEANING = {
    "stamp_far": "its stamp is far from now; heard at its arrival",
    "too_late": "its audio came too late again and again; heard later from here on",
    "index_jump": "the running index leapt; the audio is placed anew",
    "stamps_apart": "its stamps leave its running index: it lost samples uncounted, or its rate or channels are wrong",
    "restart": "the running index went back; taken for a restarted source",
    "clock_jump": "the clock of its stamps jumped; the running index is followed",
    "underrun": "the queue ran empty in mid-stream; the speech goes on where it can be heard",
    "pause": "the stamps leapt ahead while the index went on; heard as a pause",
}
