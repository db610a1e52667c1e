"""The figures and the verdict of a soak."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from benchmarks.soak import judging
from benchmarks.soak.chain import RAMP, Chain, Life
from benchmarks.soak.observer import Observer
from benchmarks.soak.plan import Fault
from dystream_ros.actuators.calibration_file import read_calibration
from dystream_ros.cli.measuring import quantiles
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.nodes.common.share import share_folder
from dystream_ros.nodes.common.suspension import LEASE

PASSED, FAILED, NOTHING_SAID = "passed", "failed", "not judged"
# More recoveries than this share on an overloaded machine: the run proves too little.
_UNJUDGED = 0.3
SIGNALS = ("motion", "image", "voices", "joints", "display")
SPEAKERS = ("head", "source")
_DIRECTED = {"expression", "gesture"}
_RENEWED = ("head", "display")  # nodes that start anew after a stop of more than `LEASE`


@dataclass(frozen=True)
class Injected:
    """A fault with its begin and end, s on the steady clock."""

    fault: Fault
    begin: float
    end: float


@dataclass
class Evidence:
    """What a soak has seen; times in s on the steady clock.

    Attributes:
        begun, ended: of the whole run.
        images: whether the head draws any.
        starts: s from the start of a node to its first signal on this machine before the faults, by node.
        crashed: nodes that ended by themselves.
        statuses: exit status of each node at the end.
        unplayable: recordings that cannot be read, of those that were closed.
    """

    begun: float
    ended: float
    images: bool = True
    faults: list[Injected] = field(default_factory=list)
    starts: dict[str, float] = field(default_factory=dict)
    crashed: list[str] = field(default_factory=list)
    statuses: dict[str, int | None] = field(default_factory=dict)
    unplayable: list[str] = field(default_factory=list)


def recoveries(evidence: Evidence, observer: Observer, chain: Chain) -> list[judging.Recovery]:
    """The recovery of every fault, by the signals that it concerns."""
    seen, machine = observer.seen, chain.machine
    motions = seen.motion_table()
    heard = [each["at"] for each in seen.statuses if each["other_receiving"]]
    # Node, times of the signal, and s between two of them beside what is accepted.
    signals: dict[str, tuple[str, np.ndarray, float]] = {
        "motion": ("head", motions[:, 0], 0.0),
        "image": ("head", np.frombuffer(seen.images, np.float64), 0.0),
        "voices": ("source", np.array(heard), 1.0),  # `status` comes once per second
        "joints": ("actuators", np.frombuffer(seen.previews, np.float64), RAMP),
        "display": ("display", _diagnosed(observer, "display"), 1.0),
    }
    found = []
    for place, injected in enumerate(evidence.faults):
        later = evidence.faults[place + 1].begin if place + 1 < len(evidence.faults) else evidence.ended
        again = injected.fault.target if _starts_anew(injected.fault) else ""
        for signal, (node, at, beside) in signals.items():
            if signal == "image" and not evidence.images:
                continue
            if node not in evidence.starts or (signal == "joints" and injected.fault.target not in ("head", node)):
                continue  # joints that rest are not sent
            if signal == "motion":
                seconds = judging.face_right_after(motions, injected.end, later - 1.5)
            else:
                seconds = judging.events_right_after(at, injected.end, later)
            # A node that is started again has the time of its start beside, and all wait for a head that is.
            beside += evidence.starts.get(again, 0.0) if again in (node, "head") else 0.0
            allowed = judging.RIGHT_AGAIN + beside
            reached = injected.end + min(seconds, later - injected.end)
            heavy = judging.overloaded(machine.at, machine.others, machine.steal, injected.end - 1.0, reached)
            found.append(judging.Recovery(str(injected.fault), signal, injected.end, seconds, allowed, heavy))
    return found


def judge(evidence: Evidence, observer: Observer, chain: Chain) -> dict[str, object]:
    """Verdict, findings and figures."""
    seen, ledger = observer.seen, observer.ledger
    motions, values = seen.motion_table(), seen.value_table()
    rested = _times(evidence, lambda fault: fault.kind == "rest", 2.0)
    directed = _times(evidence, lambda fault: fault.kind in _DIRECTED or fault.target in ("smile_size",), 5.0)
    down = [
        *_absences(evidence, motions[:, 0]),
        # Everything that is sent before all processes have found each other.
        (0.0, evidence.begun + 8.0),
        # What the end cuts off.
        (evidence.ended - 1.0, np.inf),
    ]
    # A source that is killed takes along what it has not delivered. Of what waits for a process that is suspended the
    # middleware keeps the newest messages, and after 20 s it forgets the process: what that sends before it is found
    # again is lost on the way.
    undelivered = [
        *_times(evidence, lambda fault: fault.kind == "kill" and fault.target == "source", 3.0),
        *_times(
            evidence, lambda fault: fault.kind == "suspend" and fault.seconds > 10 and fault.target in SPEAKERS, 5.0
        ),
    ]
    resets = _times(evidence, lambda fault: fault.kind == "reset", 3.0)
    lives = {node: [life for life in chain.lives if life.node == node] for node in {life.node for life in chain.lives}}
    absent = judging.absences(motions[:, 0], 1.0)
    findings = {
        "growth": [
            finding
            for life in chain.lives
            for what, series in (("memory", life.memory), ("threads", life.threads), ("files", life.files))
            if (finding := judging.growth(life.node, what, life.at, series))
        ],
        "grimace": [
            *judging.frozen(motions, values, rested),
            *judging.open_mouth(
                motions, values[:, ARKIT_NAMES.index("jawOpen")], (motions[:, 5].astype(int) & 1) > 0, directed
            ),
            *_joints(observer, absent, lives.get("actuators", []), evidence),
        ],
        "speech": [
            *judging.lost_speech(ledger.accounts, down, undelivered),
            *judging.unbalanced(seen.statuses, [*down, *resets, *undelivered]),
        ],
        "stamps": judging.wrong_stamps(
            motions, _times(evidence, lambda fault: fault.kind in ("voices_jump", "cycle", "kill"), judging.RIGHT_AGAIN)
        ),
        "services": [
            f"{what} (at {at - evidence.begun:.0f} s)"
            for at, what in seen.deaf
            if not any(begin <= at <= end for begin, end in down)
        ],
        "processes": [
            *evidence.crashed,
            *(f"{node} ended with status {status}" for node, status in evidence.statuses.items() if status),
            *evidence.unplayable,
        ],
    }
    judged = recoveries(evidence, observer, chain)
    late = [each for each in judged if each.late and not each.overloaded]
    unknown = [each for each in judged if each.late and each.overloaded]
    findings["recovery"] = [
        f"{each.fault} (at {each.end - evidence.begun:.0f} s): {each.signal} was right after {each.seconds:.1f} s, "
        f"accepted are {each.allowed:.1f} s"
        for each in late
    ]
    verdict = FAILED if any(findings.values()) else PASSED
    if verdict == PASSED and len(unknown) > _UNJUDGED * max(1, len(judged)):
        verdict = NOTHING_SAID
    return {
        "verdict": verdict,
        "findings": findings,
        "late_on_an_overloaded_machine": [f"{each.fault}: {each.signal} {each.seconds:.1f} s" for each in unknown],
        **figures(evidence, observer, chain, judged),
    }


def figures(
    evidence: Evidence, observer: Observer, chain: Chain, judged: Sequence[judging.Recovery]
) -> dict[str, object]:
    """The figures of docs/soak.md."""
    seen = observer.seen
    motions = seen.motion_table()
    accounts = observer.ledger.accounts
    kinds: dict[str, int] = {}
    for injected in evidence.faults:
        for fault in (injected.fault, *injected.fault.companions):
            name = f"{fault.kind} {fault.target}" if fault.kind in ("kill", "suspend") else fault.kind
            kinds[name] = kinds.get(name, 0) + 1
    by_signal = {}
    for signal in SIGNALS:
        times = np.array([each.seconds for each in judged if each.signal == signal and np.isfinite(each.seconds)])
        if len(times):
            by_signal[signal] = quantiles(times)
    return {
        "minutes": round((evidence.ended - evidence.begun) / 60, 1),
        "faults": dict(sorted(kinds.items())),
        "starts_s": {node: round(seconds, 2) for node, seconds in evidence.starts.items()},
        "frames": len(motions),
        "latency_ms": quantiles(motions[:, 1] * 1000) if len(motions) else {},
        "images": len(seen.images),
        "recovery_s": by_signal,
        "utterances": len(accounts),
        "speech_sent_s": round(sum(each.sent for each in accounts) / 16_000, 1),
        "speech_missing_s": round(sum(each.missing for each in accounts) / 16_000, 1),
        "utterances_interrupted": sum(each.interrupted for each in accounts),
        "refused_requests": len(seen.refusals),
        "others_share": quantiles(np.array(chain.machine.others or [0.0])),
        "steal_share": quantiles(np.array(chain.machine.steal or [0.0])),
        "lives": [_life(life, evidence.begun) for life in chain.lives],
    }


def _life(life: Life, begun: float) -> dict[str, object]:
    settled = len(life.at) // 5
    return {
        "node": life.node,
        "from_s": round(life.begun - begun),
        "to_s": None if life.ended is None else round(life.ended - begun),
        "memory_mib": _ends(life.memory[settled:]),
        "threads": _ends(life.threads[settled:]),
        "files": _ends(life.files[settled:]),
    }


def _ends(series: Sequence[float]) -> dict[str, float]:
    return {"first": series[0], "last": series[-1], "max": max(series)} if series else {}


def _times(evidence: Evidence, chosen, after: float) -> list[tuple[float, float]]:
    """Times of the faults that are chosen, from a second before their begin until `after` their end."""
    return [
        (injected.begin - 1.0, injected.end + after)
        for injected in evidence.faults
        if any(chosen(each) for each in (injected.fault, *injected.fault.companions))
    ]


def _starts_anew(fault: Fault) -> bool:
    """Whether the target is another participant afterwards: killed, or stopped until the others had forgotten it."""
    return fault.kind == "kill" or (fault.kind == "suspend" and fault.target in _RENEWED and fault.seconds > LEASE)


def _absences(evidence: Evidence, at: np.ndarray) -> list[tuple[float, float]]:
    """From a kill, a long suspension or a new configuration of the head until it is active and all have found it again.

    Args:
        at: times of the motion.
    """
    found = []
    for injected in evidence.faults:
        fault = injected.fault
        if fault.kind == "cycle" or (fault.target == "head" and _starts_anew(fault)):
            place = int(np.searchsorted(at, injected.end))
            first = float(at[place]) if place < len(at) else evidence.ended
            found.append((injected.begin - 1.0, max(injected.end + 8.0, first + 5.0)))
    return found


def _diagnosed(observer: Observer, node: str) -> np.ndarray:
    return np.frombuffer(observer.seen.diagnostics.get(f"/{node}: state", b""), np.float64)


def _joints(observer: Observer, absent: list[tuple[float, float]], lives: list[Life], evidence: Evidence) -> list[str]:
    seen = observer.seen
    if not seen.joints:
        return ["no command to a joint was seen"]
    calibration = read_calibration(share_folder() / "config" / "actuators" / "research.yaml")
    neutral = {joint.name: joint.neutral for joint in calibration.joints}
    suspended = _times(evidence, lambda fault: (fault.kind, fault.target) == ("suspend", "actuators"), 3.0)
    alive = [(life.begun + 3.0, life.ended or evidence.ended) for life in lives]
    return judging.joints_left(
        [each for each in absent if not any(a <= each[1] and each[0] <= b for a, b in suspended)],
        np.frombuffer(seen.previews, np.float64),
        np.frombuffer(seen.positions, np.float64).reshape(-1, len(seen.joints)),
        np.array([neutral[name] for name in seen.joints]),
        alive,
    )


def as_json(evidence: Evidence) -> list[dict[str, object]]:
    """The faults with their times."""
    return [
        {"begin": round(each.begin - evidence.begun, 2), "end": round(each.end - evidence.begun, 2)}
        | {"fault": str(each.fault), "kind": asdict(each.fault)["kind"]}
        for each in evidence.faults
    ]
