"""Phones first, then rules: a causal phone classifier and the teacher's own rules, with the model's lookahead."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from dystream_lab.evaluation.measures import cascade
from dystream_lab.evaluation.utterance import HOP, Utterance
from dystream_lab.speech.phones import PHONES, SILENCE, Interval
from dystream_lab.speech.prosody import Prosody, levels
from dystream_lab.teacher import coarticulation
from dystream_lab.teacher.articulation import ARTICULATIONS
from dystream_lab.teacher.teacher import MOTION_NAMES, effort

_FRAME = cascade.RATE // 25  # hundredths of a second
_AHEAD = 6  # hundredths past a frame's end that are heard
_USUAL = 50  # hundredths of speech that have to be heard before its usual level is known
_SPEECH_RANGE = 20.0  # dB under the loudest so far that still are speech
_FAINTEST = -55.0  # dB of full scale below which nothing is taken for it


@dataclass(frozen=True)
class Decoding:
    """How phones are decided from chances; chosen on validation voices (docs/evaluation.md).

    Attributes:
        change: what a change of phone costs, in nats: one that lasts too short does not earn it.
        lips, teeth: what a phone with that contact costs every hundredth of a second, in nats, so that what is as
            likely another phone does not shut the mouth.
        memory: hundredths of a second of phones that a mouth is shaped by.
        unheard: latest hundredths that are left out, since too little is heard past them.
    """

    change: float = 3.0
    lips: float = 0.2
    teeth: float = 0.4
    memory: int = 70
    unheard: int = 4


class CascadeRow:
    """What the model would be if it named the phones and left the mouth to rules."""

    name = "cascade"
    seeds = 1

    def __init__(self, weights: Path = cascade.WEIGHTS, decoding: Decoding = Decoding()) -> None:
        self._classifier = cascade.load(weights)
        self._decoding = decoding
        self._costs = np.array([_cost(phone, decoding) for phone in PHONES], np.float32)

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Of each recording float32 (frames, 58), MOTION_NAMES order; frame k has heard 60 ms past its end."""
        return [self._motion(utterance) for utterance in tqdm(utterances, self.name, unit="utterance", disable=None)]

    def _motion(self, utterance: Utterance) -> np.ndarray:
        samples = np.pad(utterance.samples[: utterance.frames * HOP], (0, _AHEAD * HOP // _FRAME))
        chances = windows(self._chances(samples), utterance.frames, self._decoding.memory)
        chances = chances[:, : chances.shape[1] - self._decoding.unheard] - self._costs
        paths = likeliest(chances, self._decoding.change)
        level = levels(samples)
        motion = np.zeros((utterance.frames, len(MOTION_NAMES)), np.float32)
        middle = self._decoding.memory - 1 - _AHEAD - _FRAME // 2
        for frame, path in enumerate(paths):
            heard = (frame + 1) * _FRAME + _AHEAD
            # Levels are of the 20 ms to each side: the last two of what is heard are not known yet.
            known = np.pad(level[: heard - 1], (0, 2), mode="edge")
            loudness = effort_so_far(known, self._decoding.memory)
            curves = coarticulation.mouth_curves(intervals(path), self._decoding.memory / cascade.RATE, loudness)
            motion[frame, : curves.shape[1]] = curves[middle]
        return motion

    def _chances(self, samples: np.ndarray) -> np.ndarray:
        """Logarithms of the chance of each phone: float32 (steps, LOOKAHEADS, phones)."""
        whole = samples[: len(samples) // cascade.HOP * cascade.HOP].astype(np.float32)
        with torch.inference_mode():
            return torch.log_softmax(self._classifier(torch.from_numpy(whole[None]))[0], -1).numpy()


def _cost(phone: str, decoding: Decoding) -> float:
    contact = ARTICULATIONS[phone].contact if phone != SILENCE else ""
    return {"lips": decoding.lips, "teeth": decoding.teeth}.get(contact, 0.0)


def windows(chances: np.ndarray, frames: int, length: int) -> np.ndarray:
    """The last `length` hundredths that each frame has heard: float32 (frames, length, phones), silence before all.

    Each is as it was named with the longest lookahead of those that the frame has heard.
    """
    ahead = chances.shape[1]
    steps = ((np.arange(frames) + 1) * _FRAME + _AHEAD) // cascade.STRIDE - 1  # (frames,) the latest that is heard
    back = np.arange(length)[::-1]  # hundredths before the latest
    # What lies farther back than a step names is of an earlier step, at one of its longest lookaheads.
    earlier = np.maximum(back - ahead + cascade.STRIDE, 0) // cascade.STRIDE
    chosen = steps[:, None] - earlier
    named = chances[np.maximum(chosen, 0), back - earlier * cascade.STRIDE]
    named[cascade.STRIDE * (steps[:, None] + 1) < back] = np.where(np.array(PHONES) == SILENCE, 0.0, -20.0)
    return named


def likeliest(chances: np.ndarray, change: float) -> np.ndarray:
    """Phones int64 (n, length) of the paths with the largest sums of `chances` (n, length, phones), less `change` for
    each change of phone (Viterbi)."""
    count, length, phones = chances.shape
    rows = np.arange(count)
    best = chances[:, 0].copy()
    before = np.empty((count, length, phones), np.int64)
    for place in range(1, length):
        top = best.argmax(1)
        leap = (best[rows, top] - change)[:, None]
        before[:, place] = np.where(best >= leap, np.arange(phones), top[:, None])
        best = np.maximum(best, leap) + chances[:, place]
    path = np.empty((count, length), np.int64)
    path[:, -1] = best.argmax(1)
    for place in range(length - 1, 0, -1):
        path[:, place - 1] = before[rows, place, path[:, place]]
    return path


def intervals(phones: np.ndarray) -> list[Interval]:
    """Timed phones of a sequence of indices, each that of the instant 0, 10 ms ...; borders lie half-way between."""
    borders = np.flatnonzero(np.diff(phones)) + 1
    edges = [0, *borders.tolist(), len(phones)]
    timed = [(max(first - 0.5, 0.0), end - 0.5, PHONES[phones[first]]) for first, end in zip(edges[:-1], edges[1:])]
    return [(start / cascade.RATE, end / cascade.RATE, phone) for start, end, phone in timed if phone != SILENCE]


def effort_so_far(level: np.ndarray, length: int) -> np.ndarray:
    """The teacher's `effort` of the last `length` hundredths from levels (n,), dB, without knowing what follows.

    The usual level is the median of the speech so far; before any was heard, the effort is the usual one.
    """
    speech = level[level > max(level.max() - _SPEECH_RANGE, _FAINTEST)]
    if len(speech) < _USUAL:
        return np.ones(length)
    recent = np.pad(level[-length:] - np.median(speech), (max(0, length - len(level)), 0), mode="edge")
    nothing = np.zeros(length)
    return effort(Prosody(recent, nothing, nothing > 0), -(-length // _FRAME))[:length]
