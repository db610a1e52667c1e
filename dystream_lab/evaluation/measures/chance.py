"""Variation over draws: lips should be the same in every draw, the rest should vary as much as draws of the teacher.

Forecasts are judged as in the literature on autoregressive flow matching (El-Gazzar and van Gerven 2025): many draws of
each conversation, coverage of the teacher by their central interval, spread, and the continuous ranked probability
score (CRPS, Gneiting and Raftery 2007), which rewards both.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from dystream_lab.evaluation.measures.intervals import Summary, bootstrap
from dystream_lab.evaluation.rows.streaming import stream
from dystream_lab.evaluation.sets.conversations import Conversation
from dystream_lab.teacher.teacher import PartySpeech, teach
from dystream_ros.engine.interfaces import Model
from dystream_ros.face.aperture import aperture
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES

INTERVAL = 0.8  # central share of the draws, for coverage
GROUPS = ("head", "place", "lids", "brows", "gaze")
_FACE = len(ARKIT_NAMES)
# Invisible differences: degrees for head and gaze, mm for the position of the head, coefficients for the rest.
_TOLERANCE = {"head": 0.3, "place": 0.5, "lids": 0.03, "brows": 0.02, "gaze": 1.0}
_SUMS = ("values", "covered", "spread", "reference_spread", "score", "reference_score")


def measure(model: Model, conversations: Sequence[Conversation], draws: int) -> Summary:
    """Measures of a model from `draws` samples of each conversation, against as many of the teacher."""
    tallies = []
    for index, talk in enumerate(conversations):
        own, other = (np.repeat(sound[None], draws, axis=0) for sound in (talk.self_audio, talk.other_audio))
        seeds = [1000 * index + draw for draw in range(draws)]
        made = stream(model, own, other, seeds, f"chance {index + 1}/{len(conversations)}")
        tallies.append(tally(made[:, : talk.frames], teacher_draws(talk, draws), talk.speaking))
    return bootstrap(np.array(tallies)[None], _measures)


def teacher(conversations: Sequence[Conversation], draws: int) -> Summary:
    """The same measures of other draws of the teacher: the values of a perfect model with that number of draws."""
    tallies = [
        tally(teacher_draws(talk, draws, first=10_000), teacher_draws(talk, draws), talk.speaking)
        for talk in conversations
    ]
    return bootstrap(np.array(tallies)[None], _measures)


def teacher_draws(talk: Conversation, draws: int, first: int = 0) -> np.ndarray:
    """Motion (draws, frames, 58) of the teacher for a conversation with other random numbers.

    It receives the augmented channels; the corpus was made with the clean voices.
    """
    own, partner = PartySpeech(talk.self_audio, talk.phones), PartySpeech(talk.other_audio, talk.other_phones)
    generators = [np.random.default_rng(first + draw) for draw in range(draws)]
    return np.stack([teach(own, partner, talk.frames, rng)[0] for rng in generators])


def curves(motion: np.ndarray) -> dict[str, np.ndarray]:
    """The judged values (..., k) of motion (..., 58), by group.

    Head and gaze in degrees, position of the head in mm, the rest as coefficients. Gaze is that of the left eye in the
    head; a coefficient of 1 is taken as 30 degrees.
    """

    def value(name: str) -> np.ndarray:
        return motion[..., ARKIT_INDEX[name]]

    return {
        "head": np.rad2deg(motion[..., _FACE : _FACE + 3]),
        "place": 1000.0 * motion[..., _FACE + 3 :],
        "lids": value("eyeBlinkLeft")[..., None],
        "brows": value("browInnerUp")[..., None],
        "gaze": 30.0
        * np.stack(
            [value("eyeLookOutLeft") - value("eyeLookInLeft"), value("eyeLookDownLeft") - value("eyeLookUpLeft")], -1
        ),
    }


def tally(made: np.ndarray, reference: np.ndarray, speaking: np.ndarray) -> np.ndarray:
    """Contribution of one conversation: `_SUMS` of each group, then lips.

    Args:
        made, reference: draws (n, frames, 58) of the model and the teacher.
        speaking: bool (frames,).
    """
    sums: list[float] = []
    reference_curves = curves(reference.astype(np.float64))
    for group, drawn in curves(made.astype(np.float64)).items():
        expected = reference_curves[group]
        low, high = np.quantile(drawn, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0)
        slack = _TOLERANCE[group]
        covered = ((expected >= low - slack) & (expected <= high + slack)).mean()
        sums += [
            1.0,
            covered,
            drawn.std(0).mean(),
            expected.std(0).mean(),
            _score(drawn, expected),
            _score(expected, expected),
        ]
    gap = aperture(made[:, speaking, :_FACE].astype(np.float64))
    sums += [float(gap.var(0).sum()), float(len(gap.T) * gap.mean(0).var()) if gap.size else 0.0]
    return np.array(sums)


def _score(drawn: np.ndarray, expected: np.ndarray) -> float:
    """CRPS of draws (n, ...) for values (m, ...), averaged; draws are not compared with themselves.

    The fair form, unbiased in the number of draws (Ferro 2014).
    """
    count = len(drawn)
    among = np.abs(drawn[:, None] - drawn[None]).sum((0, 1)) / (count * (count - 1))
    if drawn is expected:
        return float((among - 0.5 * among).mean())
    return float((np.abs(drawn[:, None] - expected[None]).mean((0, 1)) - 0.5 * among).mean())


def _measures(sums: np.ndarray) -> Mapping[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for index, group in enumerate(GROUPS):
            part = dict(zip(_SUMS, np.moveaxis(sums[..., index * len(_SUMS) : (index + 1) * len(_SUMS)], -1, 0)))
            found[f"{group} coverage of 80 %"] = part["covered"] / part["values"]
            found[f"{group} spread / teacher's"] = part["spread"] / part["reference_spread"]
            found[f"{group} CRPS / teacher's"] = part["score"] / part["reference_score"]
        found["lips: share of chance"] = sums[..., -2] / (sums[..., -2] + sums[..., -1])
    return found
