"""The judgement of a soak, from what was seen: pure functions of time series, each tested with injected defects.

Times are s on the steady clock. A finding is a sentence; no finding means that the check passed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.soak.ledger import Account

RIGHT_AGAIN = 2.0  # s after the end of a fault; a node that is started again has its start beside that
# "Right" for the face: frames arrive and are on time for this long. The bounds are those that docs/nodes.md gives for
# a busy machine: at least 10 frames per second, and a latency below 250 ms.
_STEADY = 1.5  # s
_LONGEST_GAP = 0.2
_LATENCY = 0.25
# A stamp is the begin of 40 ms of audio, of which 60 ms more are heard before the motion is made: a smaller latency
# says that the stamps are wrong. Slewing of the clock may shorten it by some milliseconds.
_LEAST_LATENCY = 0.09
# A machine is overloaded by others when these take more of all cores. The chain itself needs 0.5 of two cores.
OVERLOADED = 0.4
_STOLEN = 0.1
# Growth within one life, after its first minutes: memory in MiB and share, threads and files in numbers.
_SETTLING = 120.0
_LONG_LIFE = 420.0
_GROWTH_MIB, _GROWTH_SHARE = 24.0, 0.10
_MORE_THREADS, _MORE_FILES = 3, 4
# A face that does not change although frames come, and is further from neutral than this.
_FROZEN = 2.0
_FROM_NEUTRAL = 0.1
# An open mouth without a voice and without a direction that opens it.
_OPEN, _OPEN_FOR = 0.4, 3.0
_JOINTS_AT_REST = 6.0  # s without motion: motion_neutral, neutral_ramp and the way of the slowest joint


@dataclass(frozen=True)
class Recovery:
    """How long a signal took to be right after the end of a fault.

    Attributes:
        seconds: from the end of the fault; infinite if it was not right before the next fault.
        allowed: seconds that are accepted.
        overloaded: other programs used the machine meanwhile, so that a late recovery proves nothing.
    """

    fault: str
    signal: str
    end: float
    seconds: float
    allowed: float
    overloaded: bool

    @property
    def late(self) -> bool:
        return self.seconds > self.allowed


def face_right_after(motions: NDArray[np.float64], end: float, until: float) -> float:
    """Seconds from `end` until the face is right, looked for up to `until`; infinite if it is not.

    Args:
        motions: (n, columns) with the time of arrival and the latency in the first two.
    """
    at, latency = motions[:, 0], motions[:, 1]
    begin, stop = np.searchsorted(at, (end, until + _STEADY))
    at, latency = at[begin:stop], latency[begin:stop]
    for start in (end, *at.tolist()):
        if start > until:
            break
        inside = (at >= start) & (at <= start + _STEADY)
        times = np.concatenate([[start], at[inside], [start + _STEADY]])
        in_time = (latency[inside] >= _LEAST_LATENCY) & (latency[inside] <= _LATENCY)
        if np.diff(times).max() <= _LONGEST_GAP and in_time.all():
            return max(0.0, start - end)
    return np.inf


def wrong_stamps(motions: NDArray[np.float64], excused: Sequence[tuple[float, float]] = ()) -> list[str]:
    """Findings of motion whose stamps lie in the future for longer than `RIGHT_AGAIN`.

    Args:
        motions: as of `face_right_after`.
        excused: times at which a source gave wrong stamps, and the time to be right again.
    """
    return [
        f"for {end - begin:.1f} s from {begin:.0f} s on the latency was {1000 * motions[place, 1]:.0f} ms and the "
        "like: the stamps are ahead of the sound"
        for begin, end, place in _runs(motions[:, 0], motions[:, 1] < _LEAST_LATENCY)
        if end - begin > RIGHT_AGAIN and not _within(begin, end, excused)
    ]


def events_right_after(at: NDArray[np.float64], end: float, until: float) -> float:
    """Seconds from `end` to the first event before `until`; infinite without one."""
    place = int(np.searchsorted(at, end))
    return float(at[place] - end) if place < len(at) and at[place] <= until else np.inf


def overloaded(at: Sequence[float], others: Sequence[float], steal: Sequence[float], begin: float, end: float) -> bool:
    """Whether others took so much of the machine in this time that nothing can be said about its speed."""
    times = np.asarray(at)
    inside = (times >= begin - 2.0) & (times <= end + 2.0)
    if not inside.any():
        return False
    return bool(np.asarray(others)[inside].max() > OVERLOADED or np.asarray(steal)[inside].max() > _STOLEN)


def growth(node: str, what: str, at: Sequence[float], values: Sequence[float]) -> str:
    """A finding if the values of one life grow.

    The third quarter of what follows the first two minutes is compared with the last: an allocator that fills up, a
    cache of faces or a pool of threads has reached its size by then, a leak goes on.
    """
    times, series = np.asarray(at), np.asarray(values, float)
    if len(times) < 2 or times[-1] - times[0] < _LONG_LIFE:
        return ""
    begin = times[0] + _SETTLING
    half, quarter = (begin + times[-1]) / 2, (begin + 3 * times[-1]) / 4
    middle, last = series[(times >= half) & (times < quarter)], series[times >= quarter]
    early = series[(times >= begin) & (times < half)]
    if not (len(middle) and len(last) and len(early)):
        return ""
    # The least of each part: what is used for a moment is not growth.
    grown = float(min(last.min() - middle.min(), last.min() - early.min()))
    if what == "memory":
        allowed, unit = max(_GROWTH_MIB, _GROWTH_SHARE * float(middle.min())), " MiB"
    else:
        allowed, unit = float(_MORE_THREADS if what == "threads" else _MORE_FILES), ""
    if grown <= allowed:
        return ""
    minutes = (times[-1] - times[0]) / 60
    return (
        f"{node}: {what} grew by {grown:.0f}{unit} to {last.min():.0f}{unit} within the last half of {minutes:.0f} "
        f"minutes; accepted are {allowed:.0f}{unit}"
    )


def frozen(
    motions: NDArray[np.float64], values: NDArray[np.float32], excused: Sequence[tuple[float, float]] = ()
) -> list[str]:
    """Findings of a face that stands still away from neutral while frames arrive.

    Args:
        values: (n, coefficients), neutral is 0.
        excused: times at which a still face was asked for.
    """
    if len(values) < 2:
        return []
    still = (values[1:] == values[:-1]).all(axis=1) & (np.abs(values[1:]).max(axis=1) > _FROM_NEUTRAL)
    return [
        f"the face stood still for {end - begin:.1f} s, {_worst(values[place])}, at {begin:.0f} s"
        for begin, end, place in _runs(motions[1:, 0], still)
        if end - begin > _FROZEN and not _within(begin, end, excused)
    ]


def open_mouth(
    motions: NDArray[np.float64],
    jaw: NDArray[np.float32],
    speaking: NDArray[np.bool_],
    excused: Sequence[tuple[float, float]] = (),
) -> list[str]:
    """Findings of a mouth that stays open while self is silent.

    Args:
        jaw: (n,) coefficient jawOpen.
        speaking: (n,) whether self speaks.
        excused: times of directions that open it.
    """
    return [
        f"the mouth stayed open for {end - begin:.1f} s without a voice, at {begin:.0f} s"
        for begin, end, _ in _runs(motions[:, 0], (jaw > _OPEN) & ~speaking)
        if end - begin > _OPEN_FOR and not _within(begin, end, excused)
    ]


def joints_left(
    absences: Sequence[tuple[float, float]],
    at: NDArray[np.float64],
    positions: NDArray[np.float64],
    neutral: NDArray[np.float64],
    alive: Sequence[tuple[float, float]],
    tolerance: float = 0.02,
) -> list[str]:
    """Findings of joints that were not at neutral `_JOINTS_AT_REST` s after the face was gone.

    Args:
        absences: times without any motion.
        at, positions: commands to the joints, (n,) and (n, joints) in rad; joints that rest are not sent again.
        neutral: (joints,) rad.
        alive: lives of the node of the joints.
    """
    findings = []
    for begin, end in absences:
        ran = any(first <= begin and last >= end for first, last in alive)
        if end - begin < _JOINTS_AT_REST or not ran or not len(at) or at[0] > begin:
            continue
        # Not at the end: the joints may hear the new face before the observer does.
        last = positions[max(0, int(np.searchsorted(at, begin + _JOINTS_AT_REST)) - 1)]
        away = float(np.abs(last - neutral).max())
        if away > tolerance:
            findings.append(f"{_JOINTS_AT_REST:g} s without a face, and a joint is {away:.2f} rad from neutral")
    return findings


def absences(at: NDArray[np.float64], longer: float) -> list[tuple[float, float]]:
    """Begin and end of the times without an event that are longer than this."""
    gaps = np.flatnonzero(np.diff(at) > longer)
    return [(float(at[place]), float(at[place + 1])) for place in gaps]


def lost_speech(
    accounts: Sequence[Account], down: Sequence[tuple[float, float]], undelivered: Sequence[tuple[float, float]]
) -> list[str]:
    """Findings of queued speech that was neither heard nor reported.

    Args:
        down: times in which no head accepted audio: from before it was killed until it was active again, and cycles.
        undelivered: times in which the middleware may have dropped what was sent.
    """
    findings = []
    for account in accounts:
        span = (account.first_sent - 0.5, max(account.last_sent, account.last_heard or 0.0) + 1.0)
        if account.different or (account.unknown and not _touches(span, (*down, *undelivered))):
            findings.append(
                f"utterance {account.stream_id:x}: {account.different} samples were heard with another value, "
                f"{account.unknown} were never said"
            )
        if account.repeated and not _touches(span, (*down, *undelivered)):
            findings.append(f"utterance {account.stream_id:x}: {account.repeated} samples were heard twice")
        if account.missing and not account.interrupted and not _touches(span, (*down, *undelivered)):
            findings.append(
                f"utterance {account.stream_id:x}, said at {account.first_sent:.0f} s: {account.missing} of "
                f"{account.sent} samples were not heard, and no interruption was reported"
            )
    return findings


def unbalanced(statuses: Sequence[Mapping], breaks: Sequence[tuple[float, float]]) -> list[str]:
    """Findings of accepted samples that were neither heard nor reported as dropped, by the head's own counters.

    Compared are statuses with an empty queue; between two of them as many samples were accepted as were heard or cut.

    Args:
        statuses: with at, accepted, heard, queued and counters.
        breaks: times between which the counters cannot be compared: another process, a reset, another configuration.
    """
    findings, before = [], None
    for place in range(1, len(statuses) - 1):
        # Quiet before and after: what was heard at a status may have come a moment later than what it counts.
        near = statuses[place - 1 : place + 2]
        if any(each["queued"] > 0 or each["accepted"] != near[1]["accepted"] for each in near):
            continue
        if len({each["heard"] for each in near}) > 1:
            continue
        now = near[1]
        if before is not None and not _touches((before["at"], now["at"]), breaks):
            cut = _cut(now) - _cut(before)
            left = now["accepted"] - before["accepted"] - (now["heard"] - before["heard"]) - cut
            if left:
                findings.append(
                    f"between {before['at']:.0f} and {now['at']:.0f} s the head accepted {left} samples more than were "
                    "heard or reported as cut"
                )
        before = now
    return findings


def _cut(status: Mapping) -> int:
    return int(status["counters"].get("self.interrupted_samples", 0))


def _worst(values: NDArray[np.float32]) -> str:
    from dystream_ros.face.arkit import ARKIT_NAMES

    place = int(np.abs(values).argmax())
    name = ARKIT_NAMES[place] if place < len(ARKIT_NAMES) else str(place)
    return f"{name} {values[place]:.2f}"


def _runs(at: NDArray[np.float64], held: NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    """Begin, end and first place of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], held.astype(np.int8), [0]])))
    return [(float(at[a]), float(at[b - 1]), int(a)) for a, b in zip(edges[::2], edges[1::2])]


def _within(begin: float, end: float, spans: Sequence[tuple[float, float]]) -> bool:
    return any(first <= begin and end <= last for first, last in spans)


def _touches(span: tuple[float, float], spans: Sequence[tuple[float, float]]) -> bool:
    return any(first <= span[1] and span[0] <= last for first, last in spans)
