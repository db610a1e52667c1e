"""Behaviour as dials: how often and how much a face moves, relative to what its model learned."""

import math
from dataclasses import dataclass, fields
from typing import Any

MOST = 3.0


def _check(dials: Any) -> None:
    for field in fields(dials):
        value = getattr(dials, field.name)
        most = 2.0 if field.name.startswith("eye_contact") else MOST
        if isinstance(value, float | int) and not (math.isfinite(value) and 0.0 <= value <= most):
            raise ValueError(f"{field.name} is {value}; accepted is 0 to {most:g}")


@dataclass(frozen=True)
class EventRates:
    """Rates of the events that a model draws, relative to the learned ones: 0 none, 1 as learned.

    Attributes:
        nod, gaze_shift, blink, brow_raise: 0 to 3.
    """

    nod: float = 1.0
    gaze_shift: float = 1.0
    blink: float = 1.0
    brow_raise: float = 1.0

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class Dials:
    """Behaviour of a face; 1 is as learned, 0 is none.

    Attributes:
        rates: of events.
        smiles, head_motion, articulation: factors of the size, 0 to 3.
        eye_contact_speaking, eye_contact_listening: time of eye contact while self speaks, and otherwise: 0 never, 1 as
            learned, 2 always.
    """

    rates: EventRates = EventRates()
    smiles: float = 1.0
    head_motion: float = 1.0
    articulation: float = 1.0
    eye_contact_speaking: float = 1.0
    eye_contact_listening: float = 1.0

    def __post_init__(self) -> None:
        _check(self)
