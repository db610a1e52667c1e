"""The faults of a soak, drawn from a seed. Equal seeds give equal plans."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

NODES = ("head", "source", "recorder", "display", "actuators")
REST = ("mute", "idle", "sleep")
PORTRAITS = ("ada", "amara", "astronaut", "henrik", "kofi", "leo", "mei", "robot")
PARAMETERS: dict[str, tuple[object, ...]] = {
    "framing": ("bust", "head"),
    "background": ("keep", "#203040", "transparent", "white"),
    "mirror": (True, False),
    "rotation": (0, 180),
    "jpeg_quality": (60, 85),
    "image_width": (192, 256),
    "nod_rate": (0.0, 1.0, 3.0),
    "blink_rate": (0.5, 1.0),
    "smile_size": (0.0, 1.0, 2.0),
    "articulation_size": (0.8, 1.0),
    "seed": (1, 2, 3),
    # These are refused; the face must not change, and nothing must stop.
    "portrait": ("/no/such.face", "/dev/null", "x" * 3000),
    "image_height": (-3, "tall"),
}
_FIRST = 15.0  # s without faults at the start
QUIET = 7.0  # s between the end of a fault and the next: the time in which recovery is looked for
# Share of the run after which the head and the source are not killed: growth is judged within one life.
_LAST_KILL = 0.45
_WEIGHTS = {
    "kill": 4, "suspend": 4, "voices_stop": 2, "voices_restart": 2, "voices_jump": 3, "voices_flood": 3,
    "interrupt": 3, "reset": 2, "portrait": 3, "parameter": 4, "look_at": 2, "expression": 2, "gesture": 2, "rest": 2,
    "cycle": 1, "busy": 2,
}  # fmt: skip
# Faults that may happen together with another one.
_LIGHT = ("portrait", "parameter", "look_at", "expression", "gesture", "interrupt", "voices_restart", "busy")


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        at: seconds from the start of the plan.
        seconds: from its begin to its end; 0 for a fault of one instant.
        target: the node of `kill` and `suspend`, the service, portrait or parameter of others.
        value: of a parameter; a number of others.
    """

    kind: str
    at: float
    seconds: float = 0.0
    target: str = ""
    value: object = None
    companions: "tuple[Fault, ...]" = field(default=())

    @property
    def end(self) -> float:
        """Seconds from the start of the plan to the end of the fault and its companions."""
        return max([self.at + self.seconds, *(each.end for each in self.companions)])

    def __str__(self) -> str:
        value = "" if self.value is None else f"={str(self.value)[:24]}"
        own = f"{self.kind} {self.target[:24]}{value}".strip() + (f" {self.seconds:.1f} s" if self.seconds else "")
        return " + ".join([own, *map(str, self.companions)])


def plan(seed: int, seconds: float, nodes: tuple[str, ...] = NODES) -> list[Fault]:
    """Faults one after the other, some with a companion; the last one ends `QUIET` seconds before the end.

    Args:
        nodes: that run, and may be killed and suspended.
    """
    random = np.random.default_rng(seed)
    faults: list[Fault] = []
    kinds = _kinds(random)
    now = _FIRST
    while True:
        fault = _fault(next(kinds), now, seconds, nodes, random)
        if fault.kind not in ("kill", "suspend", "cycle") and random.random() < 0.25:
            companion = _fault(str(random.choice(_LIGHT)), now, seconds, nodes, random)
            if companion.kind != fault.kind:
                fault = Fault(fault.kind, now, fault.seconds, fault.target, fault.value, (companion,))
        if fault.end + QUIET > seconds:
            return faults
        faults.append(fault)
        now = fault.end + QUIET + random.exponential(1.0)


def _kinds(random: np.random.Generator) -> Iterator[str]:
    """Each kind as often as its weight, in random order, over and over: no kind is missing in a long run."""
    deck = [kind for kind, weight in _WEIGHTS.items() for _ in range(weight)]
    while True:
        yield from random.permutation(deck).tolist()


def _fault(kind: str, at: float, whole: float, nodes: tuple[str, ...], random: np.random.Generator) -> Fault:
    def lasting(low: float, high: float) -> float:
        """Log-uniform: most are short, a few long."""
        return round(float(np.exp(random.uniform(np.log(low), np.log(high)))), 1)

    if kind == "kill":
        late = [node for node in nodes if node not in ("head", "source")]
        return Fault(kind, at, lasting(1.0, 60.0), str(random.choice(nodes if at < _LAST_KILL * whole else late)))
    if kind == "suspend":
        return Fault(kind, at, lasting(1.0, 60.0), str(random.choice(nodes)))
    if kind == "voices_stop":
        return Fault(kind, at, lasting(1.0, 15.0))
    if kind == "voices_jump":
        target = str(random.choice(("stamp", "index", "both")))
        return Fault(kind, at, lasting(1.0, 5.0), target, float(random.choice((-3600.0, -1.0, 0.7, 30.0, 3.2e8))))
    if kind == "voices_flood":
        return Fault(kind, at, lasting(1.0, 3.0), str(random.choice(("garbage", "tiny", "repeated", "foreign"))))
    if kind == "portrait":
        return Fault(kind, at, 0.0, str(random.choice(PORTRAITS)))
    if kind == "parameter":
        name = str(random.choice(list(PARAMETERS)))
        values = PARAMETERS[name]
        return Fault(kind, at, 0.0, name, values[random.integers(len(values))])
    if kind == "rest":
        return Fault(kind, at, lasting(1.0, 8.0), str(random.choice(REST)))
    if kind == "busy":
        return Fault(kind, at, lasting(3.0, 20.0), "", int(random.integers(1, 5)))
    if kind in ("look_at", "expression", "gesture"):
        return Fault(kind, at, lasting(1.0, 4.0), "", int(random.integers(1_000_000)))
    return Fault(kind, at)
