"""The emotion that a face shows, from its action units.

Prototypes: Ekman and Friesen, EMFACS (1983), as listed in Ekman, Friesen and Hager, FACS Investigator's Guide (2002),
table 10-1. Valence and arousal of each: Russell, A Circumplex Model of Affect (1980).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Name of hri_msgs/Expression, valence, arousal, action units that must all be there, units that add to them.
PROTOTYPES: tuple[tuple[str, float, float, tuple[int, ...], tuple[int, ...]], ...] = (
    ("happy", 0.8, 0.4, (12,), (6, 25)),
    ("sad", -0.7, -0.4, (1, 15), (4, 17)),
    ("surprised", 0.1, 0.8, (1, 2), (5, 26)),
    ("scared", -0.6, 0.8, (1, 4, 5), (2, 20, 25)),
    ("angry", -0.6, 0.7, (4, 7), (5, 24, 17)),
    ("disgusted", -0.7, 0.3, (9,), (10, 15, 17)),
)
_NEUTRAL_BELOW = 0.15  # strength below which a face is neutral


@dataclass(frozen=True)
class Expression:
    """A name of hri_msgs/Expression; valence and arousal of -1 to 1; confidence of 0 to 1."""

    name: str
    valence: float
    arousal: float
    confidence: float


def expression_of(units: NDArray[np.floating]) -> Expression:
    """The expression of action units (99,), as `ActionUnits.intensities` makes them.

    The strength of a prototype is that of its weakest necessary unit, and up to half as much again from the others.
    """
    strengths = []
    for _, _, _, necessary, others in PROTOTYPES:
        core = min(float(units[unit]) for unit in necessary)
        more = float(np.mean([units[unit] for unit in others]))
        strengths.append(min(core * (1 + 0.5 * more), 1.0))
    best = int(np.argmax(strengths))
    strength = strengths[best]
    if strength < _NEUTRAL_BELOW:
        return Expression("neutral", 0.0, 0.0, 1.0 - strength / _NEUTRAL_BELOW)
    name, valence, arousal, _, _ = PROTOTYPES[best]
    rest = sum(strengths) - strength
    return Expression(name, valence * strength, arousal * strength, strength / (strength + rest))
