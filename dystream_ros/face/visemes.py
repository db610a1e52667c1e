"""The 15 visemes of the Oculus set, from the coefficients of a mouth.

A viseme is a mouth shape that several phones share. Set and order: Oculus (Meta), Lipsync, Viseme Reference (2016),
after those of MPEG-4 (ISO/IEC 14496-2); which phones look alike: Jeffers and Barley, Speechreading (1971).

Derivation. Each viseme has a typical mouth: the mean of the targets of its phones that the model was taught
(`dystream_lab.teacher.articulation`). The weight of a viseme is its share among Gaussian kernels around the typical
mouths, in units of `_SCALES`: the probability of the viseme, if mouths scatter normally around them. So weights are 0
to 1, add up to 1, change smoothly, and a mouth at rest is `sil`.

What a mouth does not show cannot be told apart: D, K and N differ behind the teeth. `DD`, `kk` and `nn` therefore share
their weight about evenly, whichever was said.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.arkit import ARKIT_INDEX

VISEMES: tuple[str, ...] = (
    "sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou"
)  # fmt: skip
SILENCE = 0
# Features of a mouth, and the coefficients of which each is the mean.
_FEATURES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("jaw", ("jawOpen",)),
    ("close", ("mouthClose",)),
    ("pucker", ("mouthPucker",)),
    ("funnel", ("mouthFunnel",)),
    ("spread", ("mouthStretchLeft", "mouthStretchRight")),
    ("lower", ("mouthLowerDownLeft", "mouthLowerDownRight")),
    ("upper", ("mouthUpperUpLeft", "mouthUpperUpRight")),
    ("tongue", ("tongueOut",)),
    ("roll", ("mouthRollLower",)),
    ("press", ("mouthPressLeft", "mouthPressRight")),
)
# Usual scatter of each around a typical mouth, by eye.
_SCALES = {
    "jaw": 0.09, "close": 0.05, "pucker": 0.10, "funnel": 0.09, "spread": 0.07, "lower": 0.07, "upper": 0.05,
    "tongue": 0.06, "roll": 0.10, "press": 0.06,
}  # fmt: skip
# Typical mouths; what is not named is 0.
_TYPICAL: dict[str, Mapping[str, float]] = {
    "sil": {},
    "PP": {"jaw": 0.125, "close": 0.125, "roll": 0.14, "press": 0.16},
    "FF": {"jaw": 0.07, "roll": 0.42, "upper": 0.13},
    "TH": {"jaw": 0.20, "lower": 0.11, "upper": 0.055, "tongue": 0.19},
    "DD": {"jaw": 0.19, "lower": 0.14, "upper": 0.04},
    "kk": {"jaw": 0.20, "lower": 0.08},
    "CH": {"jaw": 0.11, "pucker": 0.175, "funnel": 0.45, "lower": 0.30, "upper": 0.16},
    "SS": {"jaw": 0.16, "spread": 0.135, "lower": 0.30, "upper": 0.16},
    "nn": {"jaw": 0.21, "lower": 0.125, "upper": 0.045},
    "RR": {"jaw": 0.20, "pucker": 0.30, "funnel": 0.23, "lower": 0.03},
    "aa": {"jaw": 0.45, "spread": 0.05, "lower": 0.17, "upper": 0.08},
    "E": {"jaw": 0.37, "spread": 0.14, "lower": 0.18, "upper": 0.075},
    "ih": {"jaw": 0.235, "spread": 0.195, "lower": 0.15, "upper": 0.07},
    "oh": {"jaw": 0.40, "pucker": 0.28, "funnel": 0.29, "lower": 0.04},
    "ou": {"jaw": 0.23, "pucker": 0.56, "funnel": 0.16},
}
_KEPT = 1.3  # a viseme gives way to one with so many times its weight


def _matrix() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Features per coefficient (52, F), and typical mouths (15, F), both in units of the scales."""
    of_coefficients = np.zeros((len(ARKIT_INDEX), len(_FEATURES)))
    typical = np.zeros((len(VISEMES), len(_FEATURES)))
    for place, (feature, names) in enumerate(_FEATURES):
        for name in names:
            of_coefficients[ARKIT_INDEX[name], place] = 1.0 / len(names) / _SCALES[feature]
        for row, viseme in enumerate(VISEMES):
            typical[row, place] = _TYPICAL[viseme].get(feature, 0.0) / _SCALES[feature]
    return of_coefficients, typical


_OF_COEFFICIENTS, _MOUTHS = _matrix()


def viseme_weights(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """The weight of each viseme (15,), 0 to 1, which add up to 1, for coefficients (52,) of `ARKIT_NAMES`."""
    distances = ((values @ _OF_COEFFICIENTS - _MOUTHS) ** 2).sum(axis=1)
    kernels = np.exp(-0.5 * (distances - distances.min()))
    return kernels / kernels.sum()


class ShownViseme:
    """The one viseme of each frame; a nearly equal other one does not replace it, so that it does not flicker."""

    def __init__(self) -> None:
        self.index = SILENCE

    def step(self, weights: NDArray[np.float64]) -> bool:
        """Take the weights (15,) of the next frame; returns whether another viseme is shown from now on."""
        best = int(np.argmax(weights))
        changes = best != self.index and weights[best] > _KEPT * weights[self.index]
        if changes:
            self.index = best
        return bool(changes)
