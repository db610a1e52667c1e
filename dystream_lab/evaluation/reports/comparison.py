"""The lips of several rows on several sets: one table a set, with thresholds that were chosen on validation voices."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dystream_lab.evaluation.measures import lips
from dystream_lab.evaluation.measures.intervals import Summary, bootstrap
from dystream_lab.evaluation.rows.catalogue import Row
from dystream_lab.evaluation.sets.target import target_of
from dystream_lab.evaluation.sets.utterance import Utterance

STEERING = "valid"  # the set that thresholds are chosen on

# What the shipped weights should reach on voices they never heard: synthetic, real. Contacts at the cap on the set's
# own curve, and at thresholds that were fixed beforehand on STEERING, which is stricter.
BARS = {
    "synthetic": {
        "P B M at 0.5 /s": ">= 0.93", "F V at 0.5 /s": ">= 0.88",
        "P B M capped": ">= 0.93", "false P B M capped /s": "<= 0.5", "F V capped": ">= 0.88",
        "false F V capped /s": "<= 0.5",
        "rounding AUC": ">= 0.90", "gain": "0.8 to 1.2", "correlation": ">= 0.88",
        "lag ms": "within 15",
    },
    "real": {
        "P B M at 0.5 /s": ">= 0.85", "F V at 0.5 /s": ">= 0.75",
        "P B M capped": ">= 0.85", "false P B M capped /s": "<= 0.5", "F V capped": ">= 0.75",
        "false F V capped /s": "<= 0.5",
        "rounding AUC": ">= 0.93", "gain": "0.8 to 1.2", "correlation": ">= 0.85",
        "lag ms": "within 15",
    },
}  # fmt: skip


@dataclass(frozen=True)
class LipResult:
    """What one row scored on one set.

    Attributes:
        summary: the measures with their intervals.
        voices: the measures of each voice by itself.
        curves: for each contact "threshold", "reached", "false": the whole operating curve of the set.
        thresholds: those that "capped" measures used, by contact.
        motions: of each utterance, the motion of seed 0.
    """

    summary: Summary
    voices: dict[str, dict[str, float]]
    curves: dict[str, dict[str, list[float]]]
    thresholds: dict[str, float]
    motions: list[np.ndarray] = field(repr=False, default_factory=list)

    def as_json(self) -> dict:
        """All but the motions, without numbers that JSON lacks."""
        kept = {name: value for name, value in self.summary.items() if not np.isnan(value).any()}
        voices = {
            voice: {name: value for name, value in measures.items() if not np.isnan(value)}
            for voice, measures in self.voices.items()
        }
        return {"summary": kept, "voices": voices, "curves": self.curves, "thresholds": self.thresholds}


def compare(rows: Sequence[Row], sets: Mapping[str, Sequence[Utterance]]) -> Iterator[tuple[str, dict[str, LipResult]]]:
    """Yields (set, result by row) as each set is done, `STEERING` first; without it there are no "capped" measures."""
    thresholds: dict[str, dict[str, float]] = {}
    for group in sorted(sets, key=lambda group: group != STEERING):
        utterances = sets[group]
        targets = [target_of(utterance) for utterance in utterances]
        results = {}
        for row in rows:
            made = [row.motions(utterances, seed) for seed in range(row.seeds)]
            tallies = np.array([[lips.tally(*pair) for pair in zip(targets, motions)] for motions in made])
            if group == STEERING:
                thresholds[row.name] = lips.operating_thresholds(tallies.sum((0, 1)))
            results[row.name] = _result(utterances, tallies, thresholds.get(row.name, {}), made[0])
        yield group, results


def _result(
    utterances: Sequence[Utterance], tallies: np.ndarray, thresholds: dict[str, float], motions: list[np.ndarray]
) -> LipResult:
    def measures(sums: np.ndarray) -> Mapping[str, np.ndarray]:
        return lips.measures(sums, thresholds)

    voices = {}
    for voice in dict.fromkeys(utterance.voice for utterance in utterances):
        own = [number for number, utterance in enumerate(utterances) if utterance.voice == voice]
        found = measures(tallies[:, own].sum((0, 1)))
        voices[voice] = {name: float(value) for name, value in found.items()}
    return LipResult(bootstrap(tallies, measures), voices, _curves(tallies.sum((0, 1))), thresholds, motions)


def _curves(sums: np.ndarray) -> dict[str, dict[str, list[float]]]:
    """Operating curves up to twice the threshold at which lips count as closed."""
    count = 2 * round(lips.CLOSED / lips.STEP) + 1
    curves = {}
    for contact in lips.CONTACTS:
        reached, false = lips.contact_rates(sums, contact)
        curves[contact] = {
            "threshold": [round(place * lips.STEP, 4) for place in range(count)],
            "reached": [round(float(value), 4) for value in reached[:count]],
            "false": [round(float(value), 4) for value in false[:count]],
        }
    return curves
